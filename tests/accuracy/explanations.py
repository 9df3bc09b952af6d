"""Why a detector and the truth differ, in words written by hand: one file for each set of pages."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Literal

import msgspec

from tests.accuracy.tally import Tally

Who = Literal["ours", "peer"]
Kind = Literal["missed", "wrong"]
Pages = Literal["real", "corpus", "lookalikes"]
"""Which set of pages, and so which file of explanations/."""

Difference = tuple[Who, Kind, str, str]
"""Who, in what way, on which page, about which technology."""


class Explanation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One reason for one or many differences."""

    who: list[Who]
    kind: Kind
    technologies: list[str]
    why: str
    pages: list[str] = []
    """Names, `*` stands for any part of one. Empty: whatever the page."""

    def covers(self, difference: Difference) -> bool:
        who, kind, page, technology = difference
        here = not self.pages or any(fnmatchcase(page, pattern) for pattern in self.pages)
        named = technology in self.technologies and here
        return who in self.who and kind == self.kind and named


@cache
def explanations(of: Pages) -> tuple[Explanation, ...]:
    """All of a file, in its order."""
    text = (Path(__file__).parent / "explanations" / f"{of}.toml").read_text("utf-8")
    return tuple(msgspec.convert(tomllib.loads(text)["explanation"], list[Explanation]))


def differences(who: Who, counted: Tally) -> list[Difference]:
    """Everything in which a detector and the truth differ, sorted by technology."""
    pairs: Iterable[tuple[Kind, frozenset[tuple[str, str]]]] = (("wrong", counted.wrong), ("missed", counted.missed))
    found = [(who, kind, page, name) for kind, some in pairs for page, name in some]
    return sorted(found, key=lambda one: (one[1], one[3].lower(), one[2]))


def explanation_of(difference: Difference, of: Pages) -> Explanation | None:
    """The first that covers it, None when nobody has explained it yet."""
    return next((one for one in explanations(of) if one.covers(difference)), None)
