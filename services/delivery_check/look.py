"""One look into a seed inbox: is the message there, and where. Blocks; runs in a thread."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import Final

import msgspec

from services.delivery_check.letter import Letter, folded, is_from, read_letter
from shared.net.imap_account import ImapError
from shared.net.imap_session import Folder, ImapSession
from shared.net.imap_text import folder_name, quoted
from shared.seed_inboxes import SeedInbox

INBOX: Final = "Inbox principal"
SPAM: Final = "Spam"
TABS: Final = {
    "primary": INBOX,
    "promotions": "Inbox · Promotions",
    "social": "Inbox · Social",
    "updates": "Inbox · Updates",
    "forums": "Inbox · Forums",
}
"""Gmail's categories, and the tabs it shows them under."""

_GMAIL = "X-GM-EXT-1"
_JUNK = "\\junk"
_SPAM_NAMES = frozenset(
    folder_name(name).casefold()
    for name in (
        *("junk", "spam", "junk e-mail", "junk email", "junk mail", "bulk", "bulk mail"),
        *("indésirables", "courrier indésirable", "pourriel", "pourriels"),
    )
)
"""What servers without special-use flags call it, those of France included."""
_NEWEST = 25
"""Messages looked at in a folder: those of the domain alone, the newest first."""
_A_DAY = timedelta(days=1)


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """The message that is looked for."""

    domain: str
    """Of the sender; hosts below it count too."""
    subject_filter: str
    """Part of the subject; empty: any will do."""
    not_before: datetime
    """What the inbox received earlier does not count."""


class Sighting(msgspec.Struct, frozen=True, kw_only=True):
    """The message, found."""

    letter: Letter
    received_at: datetime
    placement: str


class _Hit(msgspec.Struct, frozen=True):
    uid: int
    letter: Letter
    received_at: datetime


def look(session: ImapSession, inbox: SeedInbox, wanted: Wanted) -> Sighting | None:
    """The newest message that is wanted, in the inbox or in spam; None: it is not there yet. Raises ImapError."""
    finder: _Gmail | _Folders = _Gmail(session, wanted) if session.has(_GMAIL) else _Folders(session, wanted)
    if inbox.kind == "gmail" and isinstance(finder, _Folders):
        raise ImapError("imap_protocol", f"{inbox.host} is not Gmail's: it knows no tabs.")
    spam = _spam_folder(session.folders(), inbox)
    in_spam = _newest(session, spam, finder, wanted) if spam else None
    in_inbox = _newest(session, "INBOX", finder, wanted)
    if in_inbox and (in_spam is None or in_inbox.received_at >= in_spam.received_at):
        return _sighting(in_inbox, finder.placement(in_inbox.uid))
    return _sighting(in_spam, SPAM) if in_spam else None


class _Gmail:
    """Searches as its own interface does; only that knows the tabs."""

    def __init__(self, session: ImapSession, wanted: Wanted) -> None:
        self._session = session
        self._query = f"from:{wanted.domain} newer_than:3d"

    def search(self, subject: str = "") -> list[int]:
        phrase = subject.replace('"', " ")  # there is no way to quote a quote
        return self._find(f'subject:"{phrase}"' if phrase else "")

    def placement(self, uid: int) -> str:
        """The tab of a message of the open INBOX. One that no tab claims is shown in the first."""
        claims = (tab for category, tab in TABS.items() if uid in self._find(f"category:{category}"))
        return next(claims, INBOX)

    def _find(self, more: str) -> list[int]:
        return self._session.search("X-GM-RAW", last=f"{self._query} {more}".strip())


class _Folders:
    """Searches as every IMAP server can."""

    def __init__(self, session: ImapSession, wanted: Wanted) -> None:
        self._session = session
        # SINCE knows days alone, in the server's own time zone.
        day, month, year = format_datetime(wanted.not_before - _A_DAY).split()[1:4]
        self._keys = ("SINCE", f"{day}-{month}-{year}", "FROM", quoted(wanted.domain))

    def search(self, subject: str = "") -> list[int]:
        if not subject:
            return self._session.search(*self._keys)
        try:
            return self._session.search(*self._keys, "SUBJECT", last=subject)
        except ImapError as error:
            if error.code == "imap_refused" and not subject.isascii():
                return []  # a server without UTF-8: BADCHARSET
            raise

    def placement(self, _: int) -> str:
        return INBOX


def _candidates(finder: _Gmail | _Folders, subject: str) -> list[int]:
    """What the server takes for it, and the newest of the domain: Gmail knows whole words alone, others no accents."""
    by_subject = finder.search(subject)[-_NEWEST:] if subject else []
    return sorted({*by_subject, *finder.search()[-_NEWEST:]})


def _newest(session: ImapSession, folder: str, finder: _Gmail | _Folders, wanted: Wanted) -> _Hit | None:
    """Opens the folder, and leaves it open."""
    session.examine(folder)
    found = session.letters(_candidates(finder, wanted.subject_filter))
    hits = (_Hit(one.uid, read_letter(one.header), one.received_at) for one in found)
    return max((hit for hit in hits if _is_wanted(hit, wanted)), key=lambda hit: hit.received_at, default=None)


def _is_wanted(hit: _Hit, wanted: Wanted) -> bool:
    """A search is only the server's guess: it knows no times, and takes words for names."""
    return (
        hit.received_at >= wanted.not_before
        and is_from(hit.letter.sender, wanted.domain)
        and folded(wanted.subject_filter) in folded(hit.letter.subject)
    )


def _sighting(hit: _Hit, placement: str) -> Sighting:
    return Sighting(letter=hit.letter, received_at=hit.received_at, placement=placement)


def _spam_folder(folders: Sequence[Folder], inbox: SeedInbox) -> str:
    """Its name on the wire; names are in the mailbox's language, the flag \\Junk is not. Empty: there is none."""
    if inbox.spam_folder:
        return folder_name(inbox.spam_folder)
    flagged = (folder.name for folder in folders if _JUNK in folder.flags)
    named = (folder.name for folder in folders if _last_part(folder.name) in _SPAM_NAMES)
    return next(flagged, None) or next(named, "")


def _last_part(name: str) -> str:
    return re.split(r"[/.]", name)[-1].casefold()
