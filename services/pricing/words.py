"""The expressions of words.toml."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec


class Words(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The file, which explains its lists."""

    near_before: list[str]
    right_before: list[str]
    right_after: list[str]
    free: list[str]
    quote: list[str]
    cue: list[str]


_WORDS = msgspec.toml.decode((Path(__file__).parent / "words.toml").read_bytes(), type=Words)

NEAR_BEFORE = re.compile(rf"\b(?:{'|'.join(_WORDS.near_before)})(?:\W+[\w']{{1,12}}){{0,3}}\W{{0,4}}$")
RIGHT_BEFORE = re.compile(
    rf"\b(?:{'|'.join(_WORDS.right_before)})(?: (?:de|du|d'une?|d|a|of|to|une?|an?|est))*\W{{0,4}}$"
)
RIGHT_AFTER = re.compile(rf"\W{{0,3}}(?:{'|'.join(_WORDS.right_after)})")
FREE = re.compile(rf"(?:{'|'.join(_WORDS.free)})[.! ]?")
QUOTE = re.compile(rf"(?:{'|'.join(_WORDS.quote)})[.! ]?")
CUE = re.compile(rf"\b(?:{'|'.join(_WORDS.cue)})\b")
