"""What a link to Google Maps says of the place it leads to.

Written: https://developers.google.com/maps/documentation/urls/get-started. Observed: in addresses of places `!1s` holds
the place's two numbers in hexadecimal, of which `cid` is the second, and which its id of the form ChIJ… encodes.
"""

from __future__ import annotations

import base64
import re
import struct
from urllib.parse import parse_qs, unquote_plus, urlsplit

import msgspec

_LONGEST = 4096
_GOOGLE = re.compile(r"(?:(?:www|maps|search)\.)?google\.(?:[a-z]{2,3}|com?\.[a-z]{2})")
_CONSENT = re.compile(r"consent\.google\.(?:[a-z]{2,3}|com?\.[a-z]{2})")
_SHORT = frozenset({"maps.app.goo.gl", "goo.gl", "g.page", "g.co", "share.google"})
"""Hosts whose links say nothing themselves and are redirected to one that does."""
_PLACE_ID = re.compile(r"[A-Za-z0-9_-]{10,500}")
_ID_IN_PATH = re.compile(r"!\d{1,2}s(ChIJ[A-Za-z0-9_-]{10,100})")
_NUMBERS = re.compile(r"0x([0-9a-f]{1,16}):0x([0-9a-f]{1,16})\b", re.IGNORECASE)
_PIN = re.compile(r"!3d(-?\d{1,2}\.\d{1,20})!4d(-?\d{1,3}\.\d{1,20})")
_VIEW = re.compile(r"/@(-?\d{1,2}\.\d{1,20}),(-?\d{1,3}\.\d{1,20})")
_POINT = re.compile(r"(?:^|\s)(-?\d{1,2}\.\d{1,20}),\s?\+?(-?\d{1,3}\.\d{1,20})$")
_NAMED = re.compile(r"/maps/(?:place|search)/([^/@]{1,1000})")
_IDS = ("query_place_id", "place_id", "placeid", "destination_place_id")
_WORDS = ("query", "q", "destination", "daddr")


class MapsLink(msgspec.Struct, frozen=True, kw_only=True):
    """What was found; all None of a link that leads to a map and to no place."""

    place_id: str | None = None
    cid: int | None = None
    """The place's number, which Google's own links name."""
    words: str | None = None
    """The place's name, or what to look for: perhaps an address behind a comma."""
    lat: float | None = None
    lon: float | None = None


def read_link(text: str) -> MapsLink | None:
    """What the link says; None when it leads to no map of Google's. Pure, never raises."""
    link = _address(text)
    try:
        parts = urlsplit(link)
        host = (parts.hostname or "").lower()
        query = parse_qs(parts.query, max_num_fields=50)
    except ValueError:
        return None
    if _CONSENT.fullmatch(host):
        onward = _first(query, "continue")
        return read_link(onward) if onward and not _CONSENT.search(onward) else None
    if not _GOOGLE.fullmatch(host):
        return None
    path = unquote_plus(parts.path)
    return _said(path, unquote_plus(link), query) if _is_map(host, path, query) else None


def is_short(text: str) -> bool:
    """Whether a link has to be followed to know where it leads. Pure, never raises."""
    try:
        return (urlsplit(_address(text)).hostname or "").lower() in _SHORT
    except ValueError:
        return False


def cid_of(link: str | None) -> int | None:
    """The place's number in a link of Google's own, `https://maps.google.com/?cid=…`."""
    found = read_link(link) if link else None
    return found.cid if found else None


def place_id_of(value: str) -> str | None:
    """An id that Places can be asked for: `ChIJ…`, `places/ChIJ…`, or a scrap's `google:ChIJ…`; None: another's id."""
    bare = value.strip().removeprefix("google:").removeprefix("places/")
    return bare if _PLACE_ID.fullmatch(bare) else None


def _address(text: str) -> str:
    text = text.strip()[:_LONGEST]
    return text if "://" in text else f"https://{text}"


def _is_map(host: str, path: str, query: dict[str, list[str]]) -> bool:
    return (
        host.startswith("maps.")
        or path.startswith(("/maps", "/local/"))
        or any(name in query for name in ("ludocid", "placeid"))
    )


def _said(path: str, whole: str, query: dict[str, list[str]]) -> MapsLink:
    place_id = next((place_id_of(value) for name in _IDS if (value := _first(query, name))), None)
    words = next((value for name in _WORDS if (value := _first(query, name))), None)
    if words and words.startswith("place_id:"):
        place_id, words = place_id_of(words.removeprefix("place_id:")), None
    if words is None and (named := _NAMED.search(path)):
        words = named[1]
    in_path, numbers = _ID_IN_PATH.search(whole), _NUMBERS.search(whole)
    cid = next(
        (int(value) for name in ("cid", "ludocid") if (value := _first(query, name)) and _is_number(value)), None
    )
    if numbers:
        first, cid = int(numbers[1], 16), int(numbers[2], 16)
        place_id = place_id or (in_path[1] if in_path else None) or (_encoded(first, cid) if first else None)
    elif in_path:
        place_id = place_id or in_path[1]
    point = _PIN.search(whole) or _VIEW.search(whole) or (_POINT.search(words) if words else None)
    words = _POINT.sub("", words).strip() if words else None
    lat, lon = (float(point[1]), float(point[2])) if point else (None, None)
    return MapsLink(place_id=place_id, cid=cid or None, words=words or None, lat=lat, lon=lon)


def _encoded(first: int, second: int) -> str:
    """The id of a place from its numbers: a protocol buffer of one message with two fixed64, in base64url."""
    message = b"\x0a\x12\x09" + struct.pack("<Q", first) + b"\x11" + struct.pack("<Q", second)
    return base64.urlsafe_b64encode(message).decode().rstrip("=")


def _is_number(value: str) -> bool:
    return value.isascii() and value.isdigit() and len(value) <= 20


def _first(query: dict[str, list[str]], name: str) -> str | None:
    return next((value.strip() for value in query.get(name, ()) if value.strip()), None)
