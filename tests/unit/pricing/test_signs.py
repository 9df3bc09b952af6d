"""Whether a page speaks of money: signs anywhere, names and codes as words of their own."""

import pytest

from services.pricing.signs import speaks_of_money


@pytest.mark.parametrize(
    "html",
    [
        "12 €",
        "12&EURO;",
        "12&#x20AC;",
        "$9",
        "<b>9</b> EUR",
        "eur/mois",
        "5 Euros.",
        "10 kr",
        "10 ZŁ",
        "(FCFA)",
        "é chf é",
    ],
)
def test_money(html):
    assert speaks_of_money(html)
    assert speaks_of_money("x" * 70_000 + " " + html)


@pytest.mark.parametrize(
    "html", ["", "couleur", "valeurs", "euro_1", "éeur", "eurÉ", "krona", "nomad", "cadre", "12 &amp;"]
)
def test_no_money(html):
    assert not speaks_of_money(html)
