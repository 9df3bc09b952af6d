"""What an e-mail address is, and the address that was meant where it is plain to see."""

from __future__ import annotations

import re

import msgspec
from email_validator import EmailNotValidError, ValidatedEmail, validate_email

_MAX_LENGTH = 254
"""RFC 5321 section 4.5.3.1.3 less the angle brackets (RFC 3696 erratum 1690)."""
_MAX_LOCAL = 64
_AT = re.compile(r"\s*(?:@+|[(\[]\s*(?:at|arobase)\s*[)\]]|(?<=\s)arobase(?=\s))\s*")
_BRACKETED = re.compile(r"<\s*([^<>\s]+)\s*>\W*$")
_SCHEME = re.compile(r"^\s*mailto\s*:")
_INVISIBLE = re.compile(r"[\u00ad\u200b-\u200f\u2028-\u202e\u2060\ufeff]")
_EDGES = " \t\r\n\u00a0.,;:'\"()[]<>«»"
_DOTS = re.compile(r"\s*[.,;]+\s*")


class Mailbox(msgspec.Struct, frozen=True):
    """A well-formed address."""

    local: str
    """Before the @, in lower case: no mail server of today tells capitals apart."""
    domain: str
    """As in DNS: in lower case, international names in punycode."""

    @property
    def needs_utf8(self) -> bool:
        """Whether only a server with SMTPUTF8 (RFC 6531) can be asked."""
        return not self.local.isascii()

    def at(self, domain: str) -> str:
        """The same name at another domain."""
        return f"{self.local}@{domain}"

    def __str__(self) -> str:
        return self.at(self.domain)


class Malformed(msgspec.Struct, frozen=True):
    """What is no address."""

    reason: str
    """no_at_sign, too_long, bad_domain or bad_local_part."""
    meant: Mailbox | None = None
    """The address in it, once what does not belong there is taken away."""


def parse(given: str) -> Mailbox | Malformed:
    """Read an address (RFC 5321, 5322, 6531; quoted names and international domains included). Pure."""
    text = given.strip().lower()
    if len(text) > 4 * _MAX_LENGTH:
        return Malformed("too_long")
    return _read(text) or Malformed(_fault(text), _read(_tidied(text)))


def _read(text: str) -> Mailbox | None:
    found = _validated(text)
    if found is None or len(found.local_part.encode()) > _MAX_LOCAL or len(text.encode()) > _MAX_LENGTH:
        return None
    if found.ascii_domain.rpartition(".")[2].isdecimal():  # an IP address
        return None
    return Mailbox(found.local_part.lower(), found.ascii_domain)


def _validated(text: str) -> ValidatedEmail | None:
    try:
        # `test_environment` lets the reserved `.test` through and nothing else: whether a domain exists, DNS says.
        return validate_email(text, check_deliverability=False, allow_quoted_local=True, test_environment=True)
    except EmailNotValidError:
        return None


def _fault(text: str) -> str:
    local, at, domain = text.rpartition("@")
    if not at:
        return "no_at_sign"
    if len(text.encode()) > _MAX_LENGTH or len(local.encode()) > _MAX_LOCAL:
        return "too_long"
    return "bad_local_part" if _read(f"a@{domain}") else "bad_domain"


def _tidied(text: str) -> str:
    """Without `mailto:`, a name before it, brackets, spaces and doubled signs."""
    text = _INVISIBLE.sub("", _SCHEME.sub("", text)).partition("?")[0]
    if bracketed := _BRACKETED.search(text):
        text = bracketed[1]
    local, at, domain = _AT.sub("@", text, count=1).partition("@")
    if not at:
        return ""
    return f"{_DOTS.sub('.', local.strip(_EDGES))}@{_DOTS.sub('.', domain.strip(_EDGES)).replace(' ', '')}"
