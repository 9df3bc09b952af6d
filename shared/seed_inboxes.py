"""The seed inboxes of this deployment: whose they are, where they are, and how to get in.

A TOML file of the operator's lists them, an `[[inbox]]` each. The gateway reads from it which addresses there are, a
worker also how to log in. Passwords go nowhere else: no event, no log line and no error has one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Final, Literal

import msgspec

from shared.settings import Settings, SettingsError

Kind = Literal["gmail", "imap"]
Encryption = Literal["implicit", "starttls", "none"]

NOT_CONFIGURED: Final = (
    "No seed inbox is configured: list at least one in a TOML file and set OUTSEND_SEED_INBOXES to its path."
)

MAX_WAIT: Final = 1200.0
"""Of `delivery_wait`: a worker pauses two minutes at most between two looks, which are a tenth of the wait apart."""
MAX_GRACE: Final = 86_400.0

_GMAIL = "imap.gmail.com"
_PORTS: dict[Encryption, int] = {"implicit": 993, "starttls": 143, "none": 143}
_EMAIL = re.compile(r"[!#-?A-Z^-~]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?")
_HOST = re.compile(r"[A-Za-z0-9:](?:[A-Za-z0-9_.:-]{0,251}[A-Za-z0-9])?")
_BREAKS = frozenset("\r\n\0")


class SeedInbox(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One inbox that test messages are sent to. It never shows its password."""

    email: str
    kind: Kind
    """gmail: its placement knows the tabs."""
    host: str = ""
    """The IMAP server; may be left out for gmail."""
    port: int = 0
    """0: 993, or 143 without implicit TLS."""
    tls: Encryption = "implicit"
    """none sends the password in clear: for a server on this machine."""
    user: str = ""
    """Empty: the address."""
    password: str = ""
    password_file: str = ""
    """A file with the password instead; a relative path starts at the folder of the list."""
    spam_folder: str = ""
    """For a server that neither flags its spam folder as \\Junk nor calls it as others do."""
    authserv_id: str = ""
    """Whose Authentication-Results count (RFC 8601); empty: Gmail's own, else those of the server that received it."""

    def __repr__(self) -> str:
        return f"SeedInbox({self.email!r}, {self.kind!r})"

    def __rich_repr__(self) -> list[tuple[str, str]]:
        return [("email", self.email), ("kind", self.kind)]

    def secret(self) -> str:
        """The password. Raises SettingsError when its file cannot be read."""
        if not self.password_file:
            return self.password
        try:
            text = Path(self.password_file).read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError):
            raise SettingsError(f"The password file of {self.email} cannot be read.") from None
        if not text or _BREAKS & set(text):
            raise SettingsError(f"The password file of {self.email} does not hold one line.")
        return text


class _Listing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    inbox: list[SeedInbox] = []


def seed_inboxes(settings: Settings) -> Sequence[SeedInbox]:
    """The inboxes in the order of the file, read once in a process; none when none is configured.

    Raises SettingsError for a list, or settings about it, that cannot be used. Password files are not opened here.
    """
    _check("OUTSEND_DELIVERY_WAIT", settings.delivery_wait, MAX_WAIT)
    _check("OUTSEND_DELIVERY_GRACE", settings.delivery_grace, MAX_GRACE)
    return _read(Path(settings.seed_inboxes)) if settings.seed_inboxes else ()


@cache
def _read(path: Path) -> tuple[SeedInbox, ...]:
    try:
        listing = msgspec.toml.decode(path.read_bytes(), type=_Listing)
    except OSError as error:
        raise _refusal(path, f"it cannot be read: {error.strerror}") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise _refusal(path, str(error)) from None
    if not listing.inbox:
        raise _refusal(path, "it lists no [[inbox]]")
    known: set[str] = set()
    for inbox in listing.inbox:
        if problem := _problem(inbox, known):
            raise _refusal(path, f"inbox {inbox.email!r}: {problem}")
        known.add(inbox.email.lower())
    return tuple(_completed(inbox, path.parent) for inbox in listing.inbox)


def _problem(inbox: SeedInbox, known: set[str]) -> str:
    said = (inbox.user, inbox.password, inbox.spam_folder)
    checks = (
        (not _EMAIL.fullmatch(inbox.email), "this is no mail address"),
        (inbox.email.lower() in known, "it is listed twice"),
        (not inbox.host and inbox.kind != "gmail", "host is missing"),
        (bool(inbox.host) and not _HOST.fullmatch(inbox.host), "host is no host name"),
        (not 0 <= inbox.port < 65_536, "port must be from 1 to 65535"),
        (bool(inbox.password) == bool(inbox.password_file), "give either password or password_file"),
        (any(_BREAKS & set(text) for text in said), "user, password and spam_folder may not have line breaks"),
    )
    return next((problem for wrong, problem in checks if wrong), "")


def _completed(inbox: SeedInbox, folder: Path) -> SeedInbox:
    return msgspec.structs.replace(
        inbox,
        host=inbox.host or _GMAIL,
        port=inbox.port or _PORTS[inbox.tls],
        user=inbox.user or inbox.email,
        password_file=str(folder / inbox.password_file) if inbox.password_file else "",
    )


def _check(variable: str, value: float, most: float) -> None:
    if not 0 < value <= most:
        raise SettingsError(f"{variable}={value:g} cannot be used: it must be above 0 and at most {most:g} seconds")


def _refusal(path: Path, problem: str) -> SettingsError:
    return SettingsError(f"OUTSEND_SEED_INBOXES: {path}: {problem}")
