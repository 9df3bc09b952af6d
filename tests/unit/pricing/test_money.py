"""Prices in running text."""

import pytest

from services.pricing.money import sightings
from services.pricing.period import is_only_period, period_at, period_of


def prices(text, country="fr"):
    return [(one.amount, one.currency) for one in sightings(text, country) if one.kind == "price"]


@pytest.mark.parametrize(
    ("text", "amount", "currency"),
    [
        ("29 €", 29, "EUR"),
        ("29€90", 29.9, "EUR"),
        ("1 299,00 €", 1299, "EUR"),
        ("1\u202f299,50\u00a0€", 1299.5, "EUR"),
        ("13.500 €", 13500, "EUR"),
        ("12.000,50 EUR", 12000.5, "EUR"),
        ("€1,299", 1299, "EUR"),
        ("29,- €", 29, "EUR"),
        ("$49.99", 49.99, "USD"),
        ("US$ 1,250", 1250, "USD"),
        ("CA$29", 29, "CAD"),
        ("49 $CAD", 49, "CAD"),
        ("£9", 9, "GBP"),
        ("CHF 1'250.–", 1250, "CHF"),
        ("90.- CHF", 90, "CHF"),
        ("15 000 FCFA", 15000, "XOF"),
        ("25 euros", 25, "EUR"),
        ("99 kr", 99, "SEK"),
        ("29\n€", 29, "EUR"),
        ("€\n29", 29, "EUR"),
        ("de 40 à 60 €", 40, "EUR"),
        ("dès 10-12 €", 10, "EUR"),
    ],
)
def test_a_price(text, amount, currency):
    assert prices(text) == [(amount, currency)]


@pytest.mark.parametrize(
    "text",
    [
        *(
            "20 %",
            "2 mois offerts",
            "999+",
            "06 12 34 56 78",
            "12/11/2026",
            "€€",
            "$$$",
            "12 M€",
            "15 k€",
            "$4.5 million",
            "3 eurêka",
        ),
        *(
            "capital de 10 000 €",
            "capital social : 7 622,45 €",
            "une amende de 75 000 €",
            "économisez 20 €",
            "Save $30",
            "-15 €",
            "−15 €",
        ),
        *(
            "livraison offerte dès 50 €",
            "dès 50 € d'achat",
            "free shipping over $60",
            "carte cadeau de 50 €",
            "0,35 €/min",
            "+ 2 €",
        ),
        *(
            "au lieu de 99 €",
            "jusqu'à 11 000 €",
            "caution : 300 €",
            "5 € offerts",
            "10 € de réduction",
            "frais de port : 4,90 €",
            "A4€",
        ),
    ],
)
def test_no_price(text):
    assert prices(text) == []


def test_the_country_of_a_sign_that_several_have():
    assert prices("45 $", "ca") == [(45, "CAD")]
    assert prices("45 $", "com") == [(45, "USD")]
    assert prices("99 kr", "dk") == [(99, "DKK")]


def test_lines_that_stand_for_a_price():
    text = "Gratuit\nEssai gratuit\nSur devis\nContact sales\n29 €"
    assert [(one.kind, one.amount) for one in sightings(text, "fr")] == [
        ("free", 0),
        ("quote", None),
        ("quote", None),
        ("price", 29),
    ]


@pytest.mark.parametrize(
    ("text", "period"),
    [
        ("29 € / mois", "month"),
        ("29 € HT/mois", "month"),
        ("29 €\npar mois", "month"),
        ("29 € par utilisateur et par mois", "month"),
        ("$8 per user / month", "month"),
        ("$8/mo", "month"),
        ("29 € /mois, facturé annuellement", "month"),
        ("Abonnement mensuel : 29 €", "month"),
        ("290 €/an", "year"),
        ("$99 / year", "year"),
        ("$99\nbilled annually", "year"),
        ("79 € la nuit", "one_time"),
        ("12 €/pers", "one_time"),
        ("$199 one-time", "one_time"),
        ("42 €", "unknown"),
        ("42 €\nAnnulation gratuite", "unknown"),
        ("42 € TTC\nHeures d'ouverture", "unknown"),
    ],
)
def test_period(text, period):
    (one,) = (one for one in sightings(text, "fr") if one.kind == "price")
    assert period_at(text, one.start, one.end, len(text)) == period


def test_period_of_units_and_words():
    assert [period_of(one) for one in ("MON", "P1Y", "ANN", "monthly", "Mensuel", "année", "C62", "")] == [
        *("month", "year", "year", "month", "month", "year", "unknown", "unknown")
    ]
    assert is_only_period("Par mois, facturé annuellement :")
    assert not is_only_period("Formule mensuelle Pro")
