"""Which addresses are profiles on a social network, and the one spelling each has."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Literal
from urllib.parse import parse_qs, quote, unquote, urlsplit

import msgspec

Network = Literal["facebook", "instagram", "linkedin", "twitter", "tiktok", "youtube"]

NETWORKS: tuple[Network, ...] = ("facebook", "instagram", "linkedin", "twitter", "tiktok", "youtube")
_HOSTS: dict[str, Network] = {
    "facebook.com": "facebook",
    "fb.com": "facebook",
    "fb.me": "facebook",
    "instagram.com": "instagram",
    "instagr.am": "instagram",
    "linkedin.com": "linkedin",
    "twitter.com": "twitter",
    "x.com": "twitter",
    "tiktok.com": "tiktok",
    "youtube.com": "youtube",
}
_PREFIX = re.compile(r"(?:www|m|mobile|web|touch|business|[a-z]{2}(?:-[a-z]{2})?)\.")
"""Of the host: mobile and language versions. l. and vm. are redirects, music. and developers. something else."""
_RESERVED = {
    name: frozenset(words)
    for name, words in tomllib.loads((Path(__file__).parent / "reserved.toml").read_text("utf-8")).items()
}
_FACEBOOK_NAME = re.compile(r"(?=\w)[\w.\-]{2,100}")
_INSTAGRAM_NAME = re.compile(r"[a-z0-9_](?:[a-z0-9._]{0,28}[a-z0-9_])?")
_TWITTER_NAME = re.compile(r"[a-z0-9_]{1,15}")
_TIKTOK_NAME = re.compile(r"@[a-z0-9._]{2,24}")
_YOUTUBE_NAME = re.compile(r"(?=\w)[\w.\-]{2,100}")
_CHANNEL_ID = re.compile(r"UC[\w-]{22}")
_LINKEDIN_NAME = re.compile(r"[\w&.'’\-]{2,120}")
_SPACE = re.compile(r"\s+")


class Profile(msgspec.Struct, frozen=True):
    """An account, and its canonical address."""

    network: Network
    url: str
    account: str
    """Its name in lower case, without @."""


def profile(url: str) -> Profile | None:
    """The profile an address leads to: host versions, tabs, query and capitals do not matter.

    None for everything else: share and intent links, single posts, groups, widgets, examples. Pure.
    """
    try:
        parts = urlsplit(url.strip()[:1000])
        host = (parts.hostname or "").lower()
    except ValueError:
        return None
    network = _HOSTS.get(_PREFIX.sub("", host, count=1) if host not in _HOSTS else host)
    if network is None or parts.scheme not in ("http", "https"):
        return None
    path = parts.fragment[1:] if parts.fragment.startswith("!/") else parts.path
    segments = [_SPACE.sub("", unquote(segment)) for segment in path.split("/") if segment.strip()]
    found = _READERS[network](segments, parts.query) if segments else None
    return found if found is not None and found.account not in _RESERVED["placeholder"] else None


def _facebook(segments: list[str], query: str) -> Profile | None:
    first = segments[0].lower()
    if first == "profile.php":
        (number, *_) = parse_qs(query[:500]).get("id", [""])
        return (
            Profile("facebook", f"https://www.facebook.com/profile.php?id={number}", number)
            if number.isdecimal()
            else None
        )
    if first in ("people", "pages") and len(segments) >= 3 and segments[-1].rpartition("-")[2].isdecimal():
        name = "/".join(quote(segment) for segment in segments[:4])
        return Profile("facebook", f"https://www.facebook.com/{name}", segments[1].lower())
    if first in ("pg", "p") and len(segments) >= 2:
        if first == "p":
            name = segments[1]
            known = name.rpartition("-")[2].isdecimal()
            return Profile("facebook", f"https://www.facebook.com/p/{quote(name)}", name.lower()) if known else None
        segments, first = segments[1:], segments[1].lower()
    if first in _RESERVED["facebook"] or first.endswith((".php", ".js")) or _is_one_thing(segments):
        return None
    return _named("facebook", "https://www.facebook.com/", first, _FACEBOOK_NAME)


def _instagram(segments: list[str], _: str) -> Profile | None:
    segments = segments[1:] if segments[0] == "_u" else segments
    first = segments[0].lower().lstrip("@") if segments else ""
    if first in _RESERVED["instagram"] or _is_one_thing(segments):
        return None
    return _named("instagram", "https://www.instagram.com/", first, _INSTAGRAM_NAME)


def _linkedin(segments: list[str], _: str) -> Profile | None:
    kind = segments[0].lower().replace("company-beta", "company")
    if kind not in ("company", "in", "school", "showcase") or len(segments) < 2:
        return None
    return _named("linkedin", f"https://www.linkedin.com/{kind}/", segments[1].lower(), _LINKEDIN_NAME)


def _twitter(segments: list[str], _: str) -> Profile | None:
    first = segments[0].lower().lstrip("@")
    if first in _RESERVED["twitter"] or _is_one_thing(segments):
        return None
    return _named("twitter", "https://x.com/", first, _TWITTER_NAME)


def _tiktok(segments: list[str], _: str) -> Profile | None:
    return (
        None
        if _is_one_thing(segments)
        else _named("tiktok", "https://www.tiktok.com/", segments[0].lower(), _TIKTOK_NAME)
    )


def _youtube(segments: list[str], _: str) -> Profile | None:
    first = segments[0]
    if first.lower() == "channel":
        if len(segments) < 2 or not _CHANNEL_ID.fullmatch(segments[1]):
            return None
        return Profile("youtube", f"https://www.youtube.com/channel/{segments[1]}", segments[1].lower())
    if first.lower() in ("c", "user") and len(segments) >= 2:
        return _named("youtube", f"https://www.youtube.com/{first.lower()}/", segments[1].lower(), _YOUTUBE_NAME)
    if first.lower() in _RESERVED["youtube"]:
        return None
    name = first.lower().lstrip("@")
    return _named("youtube", "https://www.youtube.com/" + "@" * first.startswith("@"), name, _YOUTUBE_NAME)


_READERS: dict[Network, Callable[[list[str], str], Profile | None]] = {
    "facebook": _facebook,
    "instagram": _instagram,
    "linkedin": _linkedin,
    "twitter": _twitter,
    "tiktok": _tiktok,
    "youtube": _youtube,
}


def _named(network: Network, base: str, name: str, allowed: re.Pattern[str]) -> Profile | None:
    if not allowed.fullmatch(name):
        return None
    return Profile(network, base + quote(name, safe="@.'&"), name.lstrip("@"))


def _is_one_thing(segments: list[str]) -> bool:
    return len(segments) >= 3 and segments[1].lower() in _RESERVED["one_thing"]
