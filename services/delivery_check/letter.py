"""A message's header, read: who sent it, what about, and what it says of itself."""

from __future__ import annotations

import re
import unicodedata
from email.header import decode_header
from email.message import Message
from email.parser import Parser
from email.policy import compat32
from email.utils import getaddresses, parsedate_to_datetime

import idna
import msgspec

from services.delivery_check.authentication import Header

_MAX_SUBJECT = 300
_LINK = re.compile(r"<\s*((?:https?|mailto):[^<>\s]{1,2000})\s*>", re.IGNORECASE)
_ONE_CLICK = "list-unsubscribe=one-click"


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """What the check needs of a message."""

    sender: str
    """The domain of the From address, lower case and ASCII; empty: none can be read."""
    subject: str
    sent_at: str | None
    """Its Date, RFC 3339."""
    unsubscribe: list[str]
    """The links of List-Unsubscribe, in order."""
    one_click: bool
    """A click unsubscribes, nothing more is asked (RFC 8058)."""
    headers: list[Header]


def read_letter(header: bytes) -> Letter:
    """Never raises, whatever a sender put into it."""
    message = Parser(policy=compat32).parsestr(_text(header), headersonly=True)
    links = [link for value in _values(message, "List-Unsubscribe") for link in _LINK.findall(value)]
    post = "".join(_values(message, "List-Unsubscribe-Post")).replace(" ", "").lower()
    return Letter(
        sender=_domain(_first(message, "From")),
        subject=_subject(_first(message, "Subject")),
        sent_at=_date(_first(message, "Date")),
        unsubscribe=links,
        one_click=post == _ONE_CLICK and any(link.lower().startswith("https:") for link in links),
        headers=[(name.lower(), _unfolded(str(value))) for name, value in message.items()],
    )


def folded(text: str) -> str:
    """As two subjects are compared: whatever their capitals, spaces and composition."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def is_from(sender: str, domain: str) -> bool:
    """Whether a sender's domain is this one or below it."""
    return sender == domain or sender.endswith(f".{domain}")


def _text(header: bytes) -> str:
    """UTF-8, as RFC 6532 has it, or what old programs send."""
    try:
        return header.decode("utf-8")
    except UnicodeDecodeError:
        return header.decode("latin-1")


def _values(message: Message, name: str) -> list[str]:
    return [_unfolded(str(value)) for value in message.get_all(name, [])]


def _first(message: Message, name: str) -> str:
    return next(iter(_values(message, name)), "")


def _unfolded(value: str) -> str:
    return re.sub(r"[\r\n]+[ \t]*", " ", value).strip()


def _domain(value: str) -> str:
    addresses = [address for _, address in getaddresses([value]) if "@" in address]
    host = addresses[0].rpartition("@")[2].strip(" .>").lower() if addresses else ""
    if host.isascii():
        return host
    try:
        return idna.encode(host, uts46=True).decode("ascii")
    except (idna.IDNAError, UnicodeError):
        return ""


def _subject(value: str) -> str:
    try:
        parts = decode_header(value)
    except (ValueError, LookupError):
        parts = [(value, None)]
    text = "".join(part if isinstance(part, str) else _decoded(part, charset) for part, charset in parts)
    kept = "".join(" " if unicodedata.category(sign) in ("Cc", "Cs") else sign for sign in text)
    return " ".join(kept.split())[:_MAX_SUBJECT]


def _decoded(part: bytes, charset: str | None) -> str:
    try:
        return part.decode(charset or "utf-8", "replace")
    except (LookupError, ValueError):
        return part.decode("utf-8", "replace")


def _date(value: str) -> str | None:
    try:
        return parsedate_to_datetime(value).isoformat()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
