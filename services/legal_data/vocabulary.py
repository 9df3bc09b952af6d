"""The words of company names that tell little or nothing of which company it is: `words.toml`, in the form of names."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib.resources import files

import msgspec

from shared.geography.text import plain

_NOT_WORD = re.compile(r"[^a-z0-9]+")
_LONGEST = 200
"""Characters that are read; what follows in a longer text is no name any more."""


class Vocabulary(msgspec.Struct, frozen=True):
    """Each by its words, folded and in the singular."""

    forms: dict[str, str]
    noise: frozenset[str]
    common: frozenset[str]
    light: frozenset[str]
    trades: dict[str, tuple[str, ...]]
    """How the NAF codes of the trade begin."""
    owners: frozenset[str]
    same: dict[str, str]


@cache
def vocabulary() -> Vocabulary:
    """The whole table, read once."""
    table = tomllib.loads(files(__package__).joinpath("words.toml").read_text("utf-8"))
    return Vocabulary(
        forms={singular(word): family for word, family in table["forms"].items()},
        noise=_words(table["noise"]),
        common=_words(table["common"]),
        light=_words(table["light"]),
        trades={singular(word): tuple(codes) for word, codes in table["trades"].items()},
        owners=_words(table["owners"]),
        same={singular(word): singular(other) for word, other in table["same"].items()},
    )


def _words(table: dict[str, list[str]]) -> frozenset[str]:
    return frozenset(map(singular, table["words"]))


def singular(word: str) -> str:
    """Without the ending of a French plural; a short word, or one in -ss, stays."""
    return word[:-1] if len(word) > 3 and word[-1] in "sx" and word[-2] != "s" else word


def words_of(text: str) -> list[str]:
    """Folded words in the singular; letters that stand alone side by side are one word: `S.A.R.L.` → sarl."""
    return [read for _, read in raw_words(text)]


def raw_words(text: str) -> list[tuple[str, str]]:
    """Each folded word of a text as it stands there, and as `words_of` gives it."""
    found: list[tuple[str, str]] = []
    letters = ""
    for word in [*_NOT_WORD.sub(" ", plain(text[:_LONGEST])).split(), ""]:
        if len(word) == 1 and word.isalpha():
            letters += word
            continue
        if letters:
            found.append((letters, letters))
            letters = ""
        if word:
            found.append((word, singular(word)))
    return found
