"""The entry in the register of companies: `828 446 450 RCS Lyon`, as article R123-237 of the commercial code has it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import msgspec

from services.legal_mentions.words import STATEMENTS, words
from shared.legal.numbers import company_numbers
from shared.web.cues import Cue
from shared.web.folding import fold

_TOWNS = Path(__file__).parent / "greffes.txt"
_REGISTER = Cue(
    r"(?<![a-z])(?:r\.? ?c\.? ?s\.?(?![a-z]{2})"
    r"|registre (?:national )?du commerce(?: et des societes)?(?: \(?r\.?c\.?s\.?\)?)?"
    r"|trade and companies'? register|(?:commercial|companies|company|trade) register"
    r"|greffe(?: du tribunal de commerce)?|tribunal de commerce)",
    STATEMENTS,
)
_TO_TOWN = re.compile(
    r"(?:[\s:,(–—-]|\b(?:n°|no|numero|sous|le|ville|de|du|des|of|in|registered|d'immatriculation|immatriculation|est|:)(?!\w)|d'|n°)*+"
)
_LETTER = re.compile(r"(?:[a-d]\b[\s:,-]*)")
_NUMBER = re.compile(r"[\d][\d .\-]{7,20}")
_PROPER = re.compile(
    r"[A-ZÀ-Ý][\w’']+(?:(?:[ -]| ?- ?)(?:[A-ZÀ-Ý][\w’']+|(?:sur|en|de|le|la|les|du|sous|lès|et)(?=[ -][A-ZÀ-Ý]))){0,4}"
)
_NOT_TOWNS = words("no_town")
_BEFORE, _AFTER = 60, 110


class Entry(msgspec.Struct, frozen=True):
    """A mention of the register: at least one of town and number is there."""

    at: int
    town: str | None
    siren: str | None

    def written(self, siren: str | None) -> str:
        """`828 446 450 RCS Lyon`, with the entry's number or else this one; what is unknown is left out."""
        number = self.siren or siren
        spaced = f"{number[:3]} {number[3:6]} {number[6:]}" if number else None
        return " ".join(part for part in (spaced, "RCS", self.town) if part)


@cache
def _towns() -> dict[str, str]:
    lines = _TOWNS.read_text("utf-8").splitlines()
    return {_key(line): line for line in lines if line and not line.startswith("#")}


def entries(text: str, folded: str) -> Iterator[Entry]:
    """Every mention of the register in order. Offsets are those of the text. Linear."""
    for cue in _REGISTER.finditer(folded):
        if (
            cue[0].startswith(("greffe", "tribunal"))
            and "immatricul" not in folded[max(0, cue.start() - 60) : cue.start()]
        ):
            continue
        line_end = _end(folded, cue.end())
        town, after = _town_after(text, folded, cue.end(), line_end)
        siren = _siren_in(folded[after : min(line_end, after + 60)])
        if siren is not None and town is None:
            town = _town_behind_number(text, folded, after, line_end)
        before = folded[max(0, cue.start() - _BEFORE) : cue.start()]
        if siren is None:
            siren = _siren_at_end(before)
        if town is None and "register" in cue[0]:
            town = _town_before(text[max(0, cue.start() - 40) : cue.start()])
        if town or siren:
            yield Entry(cue.start(), town, siren)


def _end(folded: str, at: int) -> int:
    """Where what belongs to a mention ends: two lines on at most."""
    first = folded.find("\n", at, at + _AFTER)
    second = folded.find("\n", first + 1, at + _AFTER) if first >= 0 else -1
    return second if second >= 0 else min(len(folded), at + _AFTER)


def _town_after(text: str, folded: str, at: int, end: int) -> tuple[str | None, int]:
    lead = _TO_TOWN.match(folded, at, end)
    start = lead.end() if lead else at
    letter = _LETTER.match(folded, start, end)
    if letter:
        start = letter.end()
    return _read_town(text[start:end]), start


def _town_behind_number(text: str, folded: str, at: int, end: int) -> str | None:
    number = _NUMBER.search(folded, at, end)
    if number is None:
        return None
    behind = re.match(r"[\s,(–-]*(?:de |a |d'|au rcs de )?", folded[number.end() : end])
    town = _read_town(text[number.end() + (behind.end() if behind else 0) : end])
    return town if town is not None and _key(town) in _towns() else None


def _town_before(before: str) -> str | None:
    """`the Lyon Trade and Companies Register`."""
    words = before.split()
    for count in (4, 3, 2, 1):
        if (town := _towns().get(_key(" ".join(words[-count:])))) is not None:
            return town
    return None


def _read_town(text: str) -> str | None:
    """The town a text begins with: a register's town in any spelling, or words with capitals."""
    words = re.findall(r"[^\W\d_]+(?:['’][^\W\d_]+)?", text[:60].partition("\n")[0])[:6] or ()
    if not words or not re.match(r"\s*[^\W\d_]", text):
        return None
    for count in range(len(words), 0, -1):
        if (town := _towns().get(_key(" ".join(words[:count])))) is not None:
            return town
    proper = _PROPER.match(text.lstrip())
    if proper is None:
        return None
    kept: list[str] = []
    for word in re.split(r"(?<=[ -])", proper[0]):
        if fold(word).strip(" -'") in _NOT_TOWNS:
            break
        kept.append(word)
    name = "".join(kept).strip(" -")
    if len(name) < 3 or not set(fold(name)) - set("x -"):
        return None
    return name.title() if name.isupper() else name


def _siren_in(folded: str) -> str | None:
    return next((number.siren for number in company_numbers(folded)), None)


def _siren_at_end(before: str) -> str | None:
    """The number right before the register's name: `828 446 450 RCS Lyon`, `… (inscrite au RCS …)`."""
    found = max(company_numbers(before), key=lambda number: number.end, default=None)
    if found is None or not re.fullmatch(
        r"[\s,(:–-]*(?:b\b)?(?:inscrite? |immatriculee? )?(?:au |a )?\(?", before[found.end :]
    ):
        return None
    return found.siren


def _key(town: str) -> str:
    return re.sub(r"[^a-z]+", " ", re.sub(r"\bst\b", "saint", fold(town))).strip()
