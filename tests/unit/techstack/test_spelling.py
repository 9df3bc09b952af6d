"""Expressions spelled out mean what they meant as expressions."""

from __future__ import annotations

import re

import pytest

from services.techstack.signals import _CLUES, _slugs
from services.techstack.spelling import spelled_out


@pytest.mark.parametrize(
    ("expression", "texts"),
    [
        ("rdv", {"rdv"}),
        ("e-?shop", {"eshop", "e-shop"}),
        ("(?:a|b)c{1,2}", {"ac", "acc", "bc", "bcc"}),
        ("news|(?:le-|notre-)?blog", {"news", "blog", "le-blog", "notre-blog"}),
    ],
)
def test_every_text_is_there(expression: str, texts: set[str]) -> None:
    assert spelled_out(expression) == texts


@pytest.mark.parametrize("expression", ["a*", "a+", ".", "[^a]", r"a\b", r"\d"])
def test_what_has_an_open_end_is_refused(expression: str) -> None:
    with pytest.raises(ValueError, match="cannot be spelled out"):
        spelled_out(expression)


@pytest.mark.parametrize("words", [clues.words for clues in _CLUES if clues.words])
def test_the_clues_are_texts_that_their_expressions_match_and_links_can_have(words: str) -> None:
    texts = spelled_out(words)
    assert texts
    assert all(re.fullmatch(words, text) for text in texts)
    assert _slugs(sorted(texts)) == sorted(texts)


def test_names_become_slugs_one_by_one() -> None:
    names = ["Demandez  un devis !", "", "¡Réserver!", "l’équipe", "S'inscrire à la newsletter", "--", "ﬁn.de"]
    assert _slugs(names) == [
        "demandez-un-devis",
        "",
        "reserver",
        "lequipe",
        "s-inscrire-a-la-newsletter",
        "",
        "fin-de",
    ]
    assert _slugs([]) == []
