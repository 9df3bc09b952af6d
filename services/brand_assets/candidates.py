"""Where a picture may be: an address, or a drawing that stands in the page itself."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable
from typing import Literal
from urllib.parse import unquote_to_bytes

import msgspec

from shared.web.page import Page

Source = Literal["json_ld", "header", "header_svg", "og_logo", "apple_touch_icon", "og_image"]

_MAX_DATA = 512 * 1024


class Candidate(msgspec.Struct, frozen=True):
    """A picture that the page names. One of `url` and `body` is set."""

    source: str
    url: str | None = None
    body: bytes = b""
    """Of a drawing in the page or a data: address."""


def named(page: Page, source: str, address: str) -> Candidate | None:
    """The picture at an address as it stands in the page, data: addresses included; None: it leads nowhere."""
    if address[:5].lower() == "data:":
        body = _embedded(address)
        return Candidate(source, body=body) if body else None
    url = page.absolute(address)
    return Candidate(source, url) if url is not None and url.startswith(("http://", "https://")) else None


def distinct(candidates: Iterable[Candidate | None]) -> list[Candidate]:
    """In order, each picture once."""
    found: dict[str | bytes, Candidate] = {}
    for candidate in candidates:
        if candidate is not None:
            found.setdefault(candidate.url or candidate.body, candidate)
    return list(found.values())


def _embedded(address: str) -> bytes:
    """The bytes of a data: address (RFC 2397); empty when there are none, or they are no picture."""
    head, comma, data = address[5:].partition(",")
    kind = head.partition(";")[0].strip().lower()
    if not comma or len(data) > _MAX_DATA or not kind.startswith("image/"):
        return b""
    raw = unquote_to_bytes(data)
    if not head.lower().endswith(";base64"):
        return raw
    try:
        return base64.b64decode(b"".join(raw.split()), validate=True)
    except (binascii.Error, ValueError):
        return b""
