"""An account: its folders, the letters in them, and when each comes in."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from email.header import decode_header, make_header
from email.parser import BytesHeaderParser
from email.utils import format_datetime

import msgspec

SPAM = "[Gmail]/Skr&AOQ-ppost"
"""As a Swedish Gmail calls it: only its flag tells."""
_PARSER = BytesHeaderParser()


def letter(
    subject: str, *, sender: str = "Outsend <hello@example.com>", headers: str = "", server: str = "mx.google.com"
) -> bytes:
    """A letter with the headers of its way; `headers` stand where the sender could have written them."""
    now = format_datetime(datetime.now(UTC))
    return (
        f"Delivered-To: seed@gmail.com\r\n"
        f"Received: by 2002:a05:6402:1234:b0:5c0 with SMTP id x1csp1; {now}\r\n"
        f"Authentication-Results: {server};\r\n"
        f"       dkim=pass header.i=@example.com header.s=s1 header.b=AbCdEf;\r\n"
        f"       spf=pass (google.com: domain of b@mail.example.com designates 192.0.2.1 as permitted sender)\r\n"
        f"        smtp.mailfrom=b@mail.example.com;\r\n"
        f"       dmarc=pass (p=REJECT sp=REJECT dis=NONE) header.from=example.com\r\n"
        f"Received: from mail.example.com by {server} with ESMTPS id a1; {now}\r\n"
        f"From: {sender}\r\nTo: seed@gmail.com\r\nSubject: {subject}\r\nDate: {now}\r\n"
        f"List-Unsubscribe: <mailto:stop@example.com>, <https://example.com/stop?u=1>\r\n"
        f"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n{headers}\r\n"
        "Bonjour\r\n"
    ).encode()


class Mail(msgspec.Struct):
    """A letter and its fate."""

    raw: bytes
    folder: str = "INBOX"
    category: str = "primary"
    after: int = 0
    """How many visits its owner has had when it comes."""
    age: float = 0.0
    """Seconds ago, when it comes."""
    uid: int = 0
    received_at: datetime | None = None
    seen: bool = False

    def header(self, name: str) -> str:
        """Decoded; empty when there is none."""
        return str(make_header(decode_header(str(_PARSER.parsebytes(self.raw).get(name, "")))))


class Mailbox(msgspec.Struct):
    """One user of a server."""

    user: str
    password: str = "abcd efgh ijkl mnop"
    """As Gmail's app passwords look."""
    gmail: bool = True
    folders: dict[str, str] = msgspec.field(
        default_factory=lambda: {
            "INBOX": "\\HasNoChildren",
            "[Gmail]/Alla mail": "\\All",
            SPAM: "\\HasNoChildren \\Junk",
        }
    )
    mails: list[Mail] = []
    visits: int = 0
    _next_uid: int = 1

    def arrive(self) -> None:
        """A visit begins: what was to come by now is there."""
        for mail in self.mails:
            if mail.received_at is None and self.visits >= mail.after:
                mail.uid, self._next_uid = self._next_uid, self._next_uid + 1
                mail.received_at = datetime.now(UTC) - timedelta(seconds=mail.age)
        self.visits += 1

    def there(self, folder: str) -> list[Mail]:
        """What a folder has now."""
        return [mail for mail in self.mails if mail.folder == folder and mail.received_at is not None]


class QueryError(ValueError):
    """A search says what no reader of test messages would ask."""


_TERM = re.compile(r'(from|subject|newer_than|category):("[^"]*"|[^\s"]+)(?: |$)')


def gmail_finds(query: str, mail: Mail) -> bool:
    """Gmail's search syntax, of which four operators are known here. Raises QueryError for any other word."""
    if "".join(match[0] for match in _TERM.finditer(query)) != query:
        raise QueryError(query)
    return all(_holds(match[1], match[2].strip('"'), mail) for match in _TERM.finditer(query))


def _holds(operator: str, value: str, mail: Mail) -> bool:
    match operator:
        case "from":
            return value.lower() in mail.header("From").lower()
        case "subject":  # words, whatever stands between them
            return f" {' '.join(_words(value))} " in f" {' '.join(_words(mail.header('Subject')))} "
        case "category":
            return mail.category == value
        case _:
            assert mail.received_at is not None
            return mail.received_at > datetime.now(UTC) - timedelta(days=int(value.removesuffix("d")))


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())
