"""The readers of legal_mentions, each alone."""

import pytest

from services.legal_mentions.address import addresses
from services.legal_mentions.capital import capitals, parse_amount
from services.legal_mentions.forms import legal_forms, without_form
from services.legal_mentions.french_numbers import read_number
from services.legal_mentions.people import people
from services.legal_mentions.rcs import entries
from shared.web.folding import fold


@pytest.mark.parametrize(
    ("words", "value"),
    [
        ("cinq cents", 500),
        ("mille", 1000),
        ("quatre-vingt-dix-sept mille", 97_000),
        ("quatre vingts", 80),
        ("soixante et onze", 71),
        ("septante-deux", 72),
        ("trente-sept mille cinq cents", 37_500),
        ("un million deux cent mille", 1_200_000),
        ("sept mille six cent vingt-deux", 7622),
    ],
)
def test_number_words(words, value):
    assert read_number(words + " euros") == (value, len(words))


@pytest.mark.parametrize("words", ["", "euros", "et un", "beaucoup"])
def test_other_words_are_no_number(words):
    assert read_number(words) is None


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("10 000", 10_000),
        ("13.500", 13_500),
        ("203,950.10", 203_950.1),
        ("525 500,00", 525_500),
        ("1'000'000", 1_000_000),
        ("7622,45", 7622.45),
        ("10,000", 10_000),
    ],
)
def test_amounts(written, value):
    assert parse_amount(written) == value
    assert [amount for _, amount in capitals(f"au capital de {written} €")] == [value]


@pytest.mark.parametrize(
    "text",
    [
        "amende de 75 000 €",
        "capital humain de 3 000 personnes",
        "capital de 50 000 F",
        "capital de 100 000 CHF",
        "capital de XXX €",
        "au capital de 20 %",
        "capital : 828 446 450 RCS Lyon",
        "capital confiance 10 000 €",
    ],
)
def test_what_is_no_capital(text):
    assert not list(capitals(fold(text)))


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("RCS Lyon 732 829 320", "732 829 320 RCS Lyon"),
        ("732829320 R.C.S. LYON", "732 829 320 RCS Lyon"),
        ("RCS de Aix en Provence sous le n° 732 829 320", "732 829 320 RCS Aix-en-Provence"),
        ("R.C.S Paris B 732.829.320", "732 829 320 RCS Paris"),
        ("registre du commerce et des sociétés d'Évry sous le numéro 732829320", "732 829 320 RCS Évry"),
        ("RCS 732 829 320 Nanterre", "732 829 320 RCS Nanterre"),
        ("RCS St Etienne 732 829 320", "732 829 320 RCS Saint-Étienne"),
        ("RCS Lille-Métropole 732 829 320", "732 829 320 RCS Lille Métropole"),
        ("RCS: 732829320", "732 829 320 RCS"),
        ("inscrite au RCS de Brive", "RCS Brive"),
        ("registered with the Paris Trade and Companies Register under number 732 829 320", "732 829 320 RCS Paris"),
    ],
)
def test_the_register(text, written):
    assert [entry.written(None) for entry in entries(text, fold(text))] == [written]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("SARL Lemoine", ["SARL"]),
        ("S.A.R.L. Lemoine", ["SARL"]),
        ("Lemoine S.A.S", ["SAS"]),
        ("SAS à associé unique", ["SASU"]),
        ("société à responsabilité limitée unipersonnelle", ["EURL"]),
        ("Société d’exercice libéral à responsabilité limitée", ["SELARL"]),
        ("auto-entrepreneur", ["Micro-entreprise"]),
        ("sa maison se voit", []),
        ("association régie par la loi du 1er juillet 1901", ["Association"]),
    ],
)
def test_legal_forms(text, names):
    assert [name for _, _, name in legal_forms(text, fold(text))] == names


@pytest.mark.parametrize("text", ["SARL Lemoine", "Lemoine SARL", "Lemoine (SAS)", "S.A.S. Lemoine", "Lemoine S.A."])
def test_a_name_without_its_form(text):
    assert without_form(text) == "Lemoine"


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("12 rue de la Paix 75002 Paris", "12 rue de la Paix, 75002 Paris"),
        ("au 3 bis, av. Foch - 69006 LYON - FRANCE", "3 bis, av. Foch, 69006 LYON"),
        ("Siège social : ZI Nord\n38200 Vienne", "ZI Nord, 38200 Vienne"),
        ("adresse : 97400 Saint-Denis", "97400 Saint-Denis"),
        ("10-12 place du Marché, 13 001 Marseille Cedex 01 Tél. 04", "10-12 place du Marché, 13001 Marseille Cedex 01"),
    ],
)
def test_addresses(text, address):
    assert [written for _, _, written in addresses(text, fold(text))] == [address]


@pytest.mark.parametrize(
    "text", ["SIRET 732 829 320 00074 Lyon", "livraison 75002 Paris", "le 12345 Jours", "rue 00000 Ville"]
)
def test_what_is_no_address(text):
    assert not list(addresses(text, fold(text)))


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Directeur de la publication : M. Paul Lemoine", "Paul Lemoine"),
        ("Directrice de publication Mme Anne-Marie ROUX", "Anne-Marie ROUX"),
        ("représentée par son gérant, Monsieur Jean de la Tour", "Jean de la Tour"),
        ("Présidente : Anne Roux", "Anne Roux"),
        ("Paul Lemoine, gérant", "Paul Lemoine"),
        ("Publication director: Paul Lemoine", "Paul Lemoine"),
        ("Responsable de la publication\nPaul Lemoine", "Paul Lemoine"),
    ],
)
def test_people(text, name):
    assert name in [person for _, _, person in people(text, fold(text))]


@pytest.mark.parametrize(
    "text",
    [
        "Directeur de la publication : Nom Prénom",
        "le gérant de la société",
        "Président de la République",
        "Gérant : XXX XXX",
    ],
)
def test_roles_without_a_name(text):
    assert not list(people(text, fold(text)))
