"""What a company is called at one of its places: every reading of its names, signs and people."""

from __future__ import annotations

import re

from services.legal_data.company import Company, Director, Establishment
from services.legal_data.names import COMMON, Name, read_name, register_names
from services.legal_data.vocabulary import words_of
from shared.geography.text import plain

_COMPOUND = re.compile(r"[a-z]+-[a-z]+")
_MOST_PEOPLE = 10
"""Directors whose first names are tried beside a company's name; where there are more, it bears nobody's."""


def compounds_of(company: Company) -> tuple[str, ...]:
    """First names that are one with a hyphen: Jean-Claude is no Jean."""
    firsts = (plain(one.first_names or "").replace(",", " ").split() for one in company.directors[:_MOST_PEOPLE])
    return tuple(dict.fromkeys(word for words in firsts for word in words if _COMPOUND.fullmatch(word)))


def joined(text: str, compounds: tuple[str, ...]) -> str:
    """A text with these first names as one word each, with or without their hyphen."""
    for word in compounds:
        first, second = word.split("-")
        text = re.sub(rf"\b{first}[ -]{second}\b", first + second, plain(text))
    return text


def called(
    company: Company, place: Establishment | None, light: frozenset[str], compounds: tuple[str, ...]
) -> list[Name]:
    """Every reading of what a company is called at a place."""
    signs = place.trade_names if place is not None else ()
    spelled = [company.name, *company.other_names, company.acronym, *signs]
    texts = [joined(text, compounds) for text in spelled if text]
    names = register_names(texts, light)
    people = (
        _with_first_names(name, one, joined(one.first_names, compounds), light)
        for one in company.directors[:_MOST_PEOPLE]
        if one.siren is None and one.first_names
        for name in names
    )
    return list(dict.fromkeys([*names, *(person for person in people if person is not None)]))


def _with_first_names(name: Name, director: Director, first_names: str, light: frozenset[str]) -> Name | None:
    """A name that has its director's surname, with the first names beside it as words that weigh little.

    So `Dr Dupont` and `Dr Marie Dupont` are like MARIE CLAIRE DUPONT and SELARL DOCTEUR DUPONT, and Paul Dupont is not.
    """
    surname, words = set(words_of(director.name)), {word for word, _ in name.weights}
    firsts = frozenset(words_of(first_names))
    if not surname or not (surname & words) or not words <= surname | firsts | _light_words(name):
        return None
    spelled = " ".join(word for word, _ in name.weights)
    return read_name(f"{spelled} {first_names}", light, firsts - surname)


def _light_words(name: Name) -> set[str]:
    return {word for word, weight in name.weights if weight < COMMON}
