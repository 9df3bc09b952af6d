"""Who we say we are to mail servers."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit

import idna
import msgspec

from shared.settings import Settings, SettingsError


class Identity(msgspec.Struct, frozen=True):
    """What stands in EHLO and in MAIL FROM."""

    ehlo: str
    """A host name, or where there is none the address literal that RFC 5321 section 4.1.3 wants instead."""
    sender: str
    """An address; empty: nobody, as in notices of failed delivery (section 4.5.5)."""


def identity(settings: Settings) -> Identity:
    """From the settings, the general ones where the module's own are empty. Raises SettingsError."""
    ehlo = settings.verify_ehlo or _public_name(urlsplit(settings.public_url).hostname or "") or "[127.0.0.1]"
    sender = settings.verify_mail_from
    if not sender:
        _, _, domain = settings.mail_from.rpartition("@")
        sender = settings.mail_from if _public_name(domain) else ""
    for variable, value in (("OUTSEND_VERIFY_EHLO", ehlo), ("OUTSEND_VERIFY_MAIL_FROM", sender)):
        if not value.isascii() or any(character <= " " or character in "<>\x7f" for character in value):
            raise SettingsError(f"{variable}={value!r} cannot be said to a mail server")
    return Identity(ehlo, sender)


def _public_name(host: str) -> str:
    try:
        ip_address(host)
    except ValueError:
        pass
    else:
        return ""
    try:
        return idna.encode(host, uts46=True).decode() if "." in host else ""
    except idna.IDNAError:
        return ""
