"""E-mail addresses as people type them: what is accepted, and when two are the same."""

from __future__ import annotations

import re

import idna

from shared.identity.errors import InvalidInput

_LOCAL_PART = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
"""RFC 5321 dot-atom; quoted local parts are refused: nobody has one, and they carry header injections."""


def parse_address(text: str) -> str:
    """The address with its domain in the form mail servers know (IDNA 2008, UTS 46). Raises InvalidInput."""
    local, at, domain = text.strip().rpartition("@")
    try:
        domain = idna.encode(domain, uts46=True).decode() if "." in domain else ""
    except idna.IDNAError:
        domain = ""
    address = f"{local}@{domain}"
    if not (at and domain) or len(local) > 64 or len(address) > 254 or not _LOCAL_PART.fullmatch(local):
        raise InvalidInput("email", "This is not a valid e-mail address.")
    return address


def same_address(text: str) -> str:
    """The form in which two spellings of one mailbox are equal; works on any text and raises nothing."""
    try:
        return parse_address(text).lower()
    except InvalidInput:
        return text.strip().lower()
