"""Why a detector and the truth differ, in words written by hand: explanations.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Literal

import msgspec

from tests.accuracy.tally import Tally

Who = Literal["ours", "peer"]
Kind = Literal["missed", "wrong"]
Difference = tuple[Who, Kind, str, str]
"""Who, in what way, on which page, about which technology."""


class Explanation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One reason for one or many differences."""

    who: list[Who]
    kind: Kind
    technologies: list[str]
    why: str
    pages: list[str] = []
    """Empty: whatever the page."""

    def covers(self, difference: Difference) -> bool:
        who, kind, page, technology = difference
        named = technology in self.technologies and (not self.pages or page in self.pages)
        return who in self.who and kind == self.kind and named


@cache
def explanations() -> tuple[Explanation, ...]:
    """All of them, in the file's order."""
    text = (Path(__file__).parent / "explanations.toml").read_text("utf-8")
    return tuple(msgspec.convert(tomllib.loads(text)["explanation"], list[Explanation]))


def differences(who: Who, counted: Tally) -> list[Difference]:
    """Everything in which a detector and the truth differ, sorted by technology."""
    pairs: Iterable[tuple[Kind, frozenset[tuple[str, str]]]] = (("wrong", counted.wrong), ("missed", counted.missed))
    found = [(who, kind, page, name) for kind, some in pairs for page, name in some]
    return sorted(found, key=lambda one: (one[1], one[3].lower(), one[2]))


def explanation_of(difference: Difference) -> Explanation | None:
    """The first that covers it, None when nobody has explained it yet."""
    return next((one for one in explanations() if one.covers(difference)), None)
