"""What technologies leave in a page, written by hand in `vendors.toml` and `families.toml`.

Neither file was made from the detector's rules: they hold what a vendor asks its customers to paste, and
what a CMS writes around a page. `@hex24@`, `@num8@` and `@code10@` become account numbers of that length,
`@host@`, `@name@` and `@title@` what the page is about.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from random import Random
from typing import Literal

import msgspec

_FOLDER = Path(__file__).parent
_NUMBER = re.compile(r"@(hex|num|code)(\d+)@")
_ALPHABETS = {"hex": "0123456789abcdef", "num": "123456789", "code": "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"}


class Fragment(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One vendor's part of a page."""

    technologies: list[str]
    html: str = ""
    place: Literal["head", "foot", "body"] = "head"
    headers: dict[str, str] = {}
    cookies: dict[str, str] = {}
    needs: str = ""
    """Only on pages of this family."""


class Family(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How one system builds a page."""

    name: str
    technologies: list[str]
    head: str
    """Everything from the doctype into <head>."""
    section: str
    """Around each part of the content, which is `@text@`."""
    foot: str
    """Before </body>."""
    body: str = "<body>"
    headers: dict[str, str] = {}
    cookies: dict[str, str] = {}


class _Vendors(msgspec.Struct, forbid_unknown_fields=True):
    vendor: list[Fragment]


class _Families(msgspec.Struct, forbid_unknown_fields=True):
    family: list[Family]


@cache
def vendors() -> tuple[Fragment, ...]:
    return tuple(msgspec.toml.decode((_FOLDER / "vendors.toml").read_bytes(), type=_Vendors).vendor)


@cache
def families() -> tuple[Family, ...]:
    return tuple(msgspec.toml.decode((_FOLDER / "families.toml").read_bytes(), type=_Families).family)


def filled(text: str, chance: Random, words: dict[str, str]) -> str:
    """The text with its placeholders replaced; one number that stands twice in a text is one number."""
    numbers: dict[str, str] = {}

    def number(found: re.Match[str]) -> str:
        if found[0] not in numbers:
            numbers[found[0]] = "".join(chance.choices(_ALPHABETS[found[1]], k=int(found[2])))
        return numbers[found[0]]

    text = _NUMBER.sub(number, text)
    for name, value in words.items():
        text = text.replace(f"@{name}@", value)
    return text
