"""What can be read of a mailbox, and answers of IMAP as data (RFC 3501).

Nothing here can change a mailbox: folders are opened with EXAMINE, messages read with PEEK.
"""

from __future__ import annotations

import imaplib
import re
from collections.abc import Sequence
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final, NamedTuple

from shared.net.imap_account import ImapError
from shared.net.imap_text import is_astring, quoted

MAX_HEADER: Final = 64 * 1024
"""Bytes read of a message's header; what real servers add at its top is a tenth of that."""
_LISTED = re.compile(rb'\((?P<flags>[^()]*)\) (?:"(?:\\.|[^"\\])*"|NIL) (?P<name>.*)', re.DOTALL)
_UID = re.compile(rb"\bUID (\d{1,10})\b")
_DATE = re.compile(rb'\bINTERNALDATE "([^"]{1,40})"')


class Folder(NamedTuple):
    """A mailbox as LIST shows it."""

    name: str
    """As on the wire: modified UTF-7."""
    flags: frozenset[str]
    """In lower case, among them special uses such as junk, each after a backslash."""


class Letter(NamedTuple):
    """A message's header and when the server received it."""

    uid: int
    received_at: datetime
    header: bytes


class ImapSession:
    """What can be read of an account while one is logged in. Blocks; every method raises ImapError."""

    def __init__(self, client: imaplib.IMAP4) -> None:
        self._client = client
        self._capabilities = frozenset(_words(self._ok(client.capability())[-1]))

    def has(self, capability: str) -> bool:
        return capability.upper() in self._capabilities

    def folders(self) -> list[Folder]:
        """All of them; with special-use flags (RFC 6154) where the server knows them."""
        asked = self.has("SPECIAL-USE") and self.has("LIST-EXTENDED")
        pattern = '"*" RETURN (SPECIAL-USE)' if asked else '"*"'
        return [folder for line in _joined(self._ok(self._client.list('""', pattern))) if (folder := _folder(line))]

    def examine(self, folder: str) -> None:
        """Open a folder, by its name on the wire, to read it alone."""
        self._ok(self._client.select(quoted(folder), readonly=True))

    def search(self, *keys: str, last: str = "") -> list[int]:
        """UIDs of the open folder, ascending. `keys` are IMAP as they are; `last`, any text, is their last argument.

        It is sent as a quoted string, or as a UTF-8 literal if it is no ASCII: no text can say more than it is.
        """
        client, arguments = self._client, list(keys)
        if last.isascii():
            arguments += [quoted(last)] if last else []
        elif is_astring(last):
            arguments = ["CHARSET", "UTF-8", *arguments]
            client.literal = last.encode()  # type: ignore[assignment]
        else:
            raise ValueError("a search may not have control characters")
        found = self._ok(client.uid("SEARCH", *arguments))
        return sorted(int(word) for line in found if line for word in line.split() if word.isdigit())

    def letters(self, uids: Sequence[int]) -> list[Letter]:
        """The headers of these messages of the open folder; what is gone meanwhile is left out."""
        if not uids:
            return []
        wanted = f"(UID INTERNALDATE BODY.PEEK[HEADER]<0.{MAX_HEADER}>)"
        data = self._ok(self._client.uid("FETCH", ",".join(map(str, uids)), wanted))
        found = (_letter(data, index) for index, part in enumerate(data) if isinstance(part, tuple))
        return [letter for letter in found if letter is not None]

    def _ok(self, answer: tuple[str, list[Any]]) -> list[Any]:
        kind, data = answer
        if kind != "OK":
            raise ImapError("imap_refused", f"The mail server {self._client.host} refuses a request.")
        return data


def _words(line: Any) -> list[str]:
    return line.decode("ascii", "replace").upper().split() if isinstance(line, bytes) else []


def _joined(data: list[Any]) -> list[bytes]:
    """The lines of an answer; a literal in one is put back as the quoted string it could have been."""
    lines: list[bytes] = []
    for part in data:
        if isinstance(part, tuple):
            start, literal = part
            escaped = literal.replace(b"\\", b"\\\\").replace(b'"', b'\\"')
            lines.append(start[: start.rindex(b"{")] + b'"' + escaped + b'"')
        elif part:
            lines.append(part)
    return lines


def _folder(line: bytes) -> Folder | None:
    listed = _LISTED.fullmatch(line)
    if listed is None or not line.isascii():
        return None
    name = listed["name"].strip()
    if name.startswith(b'"'):
        name = re.sub(rb"\\(.)", rb"\1", name[1:-1], flags=re.DOTALL)
    return Folder(name.decode("ascii"), frozenset(listed["flags"].decode("ascii").lower().split()))


def _letter(data: list[Any], index: int) -> Letter | None:
    """From `(… {size}, header)` and what follows it: a server says UID and date before the header or after."""
    start, header = data[index]
    end = data[index + 1] if index + 1 < len(data) and isinstance(data[index + 1], bytes) else b""
    said = start + b" " + end
    uid, date = _UID.search(said), _DATE.search(said)
    if uid is None or date is None:
        return None
    try:
        received_at = parsedate_to_datetime(date[1].decode("ascii").strip())
    except (ValueError, TypeError):
        return None
    return Letter(int(uid[1]), received_at, header) if received_at.tzinfo else None
