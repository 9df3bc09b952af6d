"""Generated pages and hand-written look-alikes, and what is known to be there."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import msgspec

from tests.accuracy.pages import SavedPage
from tests.unit.techstack.lookalikes import lookalikes
from tests.world.corpus import corpus

_COUNT, _SEED = 340, 2026
"""Ten pages of each of the 34 families, of the generator's small size: the peer takes half a second a page. The seed
is no other test's or benchmark's."""


class KnownPage(msgspec.Struct, frozen=True):
    """A page and its truth."""

    page: SavedPage
    put_in: frozenset[str]
    """By whoever made the page."""
    there: set[str]
    """And what follows from it."""
    group: str
    """Of the table by group."""


class _Known(msgspec.Struct, forbid_unknown_fields=True):
    same: dict[str, str]
    follows: dict[str, list[str]]
    families: dict[str, list[str]]
    lookalikes: dict[str, list[str]]


@cache
def _known() -> _Known:
    return msgspec.convert(tomllib.loads((Path(__file__).parent / "corpus.toml").read_text("utf-8")), _Known)


def merged(names: Iterable[str]) -> set[str]:
    """With one name for what only one detector tells apart."""
    return {_known().same.get(name, name) for name in names}


@cache
def generated_pages() -> dict[str, KnownPage]:
    """By name, `0017-typo3`: its number and family."""
    found = {}
    for one in corpus(_COUNT, _SEED):
        family = one.name.partition("-")[2]
        there = _with_what_follows({*one.technologies, *_known().families.get(family, ())})
        group = "markup spoiled" if one.defects else "markup as its makers write it"
        found[one.name] = KnownPage(SavedPage(one.url, 200, one.headers, one.body), one.technologies, there, group)
    return found


@cache
def lookalike_pages() -> dict[str, KnownPage]:
    """By name, a few words on what the page is."""
    found = {}
    for one in lookalikes():
        there = _with_what_follows({*one.runs, *_known().lookalikes.get(one.name, ())})
        page = SavedPage(one.url, 200, one.all_headers, one.markup.encode())
        found[one.name] = KnownPage(page, frozenset(one.runs), there, "look-alikes")
    return found


def _with_what_follows(names: set[str]) -> set[str]:
    there, waiting = set(names), list(names)
    while waiting:
        new = set(_known().follows.get(waiting.pop(), ())) - there
        there |= new
        waiting += new
    return merged(there)
