"""Whose mailbox is read, and how that fails."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

ImapFailure = Literal[
    "imap_unreachable",  # DNS, refused, reset, closed
    "imap_timeout",
    "imap_tls",  # the handshake or the certificate failed
    "imap_auth",  # the server does not accept the user and the password
    "imap_busy",  # too many connections, or it asks to come back later
    "imap_refused",  # NO to a command
    "imap_protocol",  # not IMAP, or not as we need it
]


class ImapError(Exception):
    """A visit failed. The message names the server, and never what it said, a user or a password."""

    def __init__(self, code: ImapFailure, message: str) -> None:
        super().__init__(message)
        self.code: ImapFailure = code
        self.message = message


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """A server and who logs in there."""

    host: str
    port: int
    tls: Literal["implicit", "starttls", "none"]
    user: str
    password: str

    def __repr__(self) -> str:
        return f"Account({self.host!r}, {self.port})"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return [("host", self.host), ("port", self.port)]
