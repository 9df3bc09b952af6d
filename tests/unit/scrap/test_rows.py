"""Places as the rows of the API."""

import msgspec
import pytest

from services.scrap.aggregators import is_aggregator
from services.scrap.phones import normalised_phone
from services.scrap.rows import Wanted, row
from services.scrap.source import Place
from shared.review import Review
from tests.unit.scrap.communes import TOURS, OneCommune

COLUMNS = [
    "nom",
    "site_web",
    "telephone",
    "adresse",
    "ville",
    "code_postal",
    "rating",
    "reviews_count",
    "category",
    "lien_google_maps",
    "aggregator_flag",
    "query",
    "zone",
    "place_id",
    "source",
]
PLACE = Place(
    place_id="osm:node/1",
    source="osm",
    name=" Chez Léa ",
    website="https://LEA.test/#top",
    phone="01 42 68 53 00; 06 12 34 56 78",
    lat=47.39,
    lon=0.69,
    category="Restaurant",
)


def made(place=PLACE, **wanted):
    return row(place, Wanted(query="restaurant", zone="Tours", **wanted), OneCommune())


def test_the_columns_are_the_documented_ones_in_their_order():
    assert list(made()) == COLUMNS
    extra = made(extra_columns=["region", "gps", "departement"], reviews=True)
    assert list(extra) == [*COLUMNS, "latitude", "longitude", "departement", "region", "latest_reviews"]
    assert (extra["latitude"], extra["longitude"]) == (47.39, 0.69)
    assert (extra["departement"], extra["region"]) == ("Indre-et-Loire", "Centre-Val de Loire")


def test_values_are_normalised_and_absent_ones_null():
    found = made()
    assert found["nom"] == "Chez Léa"
    assert found["site_web"] == "https://lea.test/"
    assert found["telephone"] == "+33 1 42 68 53 00"
    assert found["adresse"] is found["rating"] is found["reviews_count"] is None
    assert (found["ville"], found["code_postal"]) == ("Tours", "37000")
    assert (found["query"], found["zone"], found["source"]) == ("restaurant", "Tours", "osm")
    assert found["aggregator_flag"] is False


def test_the_commune_is_asked_only_for_what_the_place_leaves_open():
    communes = OneCommune()
    known = msgspec.structs.replace(PLACE, city="Joué", postcode="37300")
    assert row(known, Wanted("q", "z"), communes)["ville"] == "Joué"
    assert communes.asked == 0
    row(known, Wanted("q", "z", extra_columns=["region"]), communes)
    assert communes.asked == 1
    elsewhere = row(msgspec.structs.replace(PLACE, city="Joué"), Wanted("q", "z"), communes)
    assert (elsewhere["ville"], elsewhere["code_postal"]) == ("Joué", None)
    several = OneCommune(msgspec.structs.replace(TOURS, postcodes=("37000", "37100")))
    assert row(PLACE, Wanted("q", "z"), several)["code_postal"] is None
    nowhere = row(msgspec.structs.replace(PLACE, lat=None, lon=None), Wanted("q", "z"), communes)
    assert (nowhere["ville"], nowhere["code_postal"]) == (None, None)


def test_every_place_has_a_link_to_a_map():
    base = "https://www.google.com/maps/search/?api=1&query="
    link = made()["lien_google_maps"]
    assert link == base + "%20Chez%20L%C3%A9a%20%2047.390000%2C0.690000"
    own = msgspec.structs.replace(PLACE, maps_url="https://maps.google.com/?cid=1")
    assert made(own)["lien_google_maps"] == "https://maps.google.com/?cid=1"
    bare = Place(place_id="x:1", source="osm")
    assert made(bare)["lien_google_maps"] is None


def test_reviews_are_plain_values():
    reviews = [Review(author="A", rating=4, date="2026-10-01T00:00:00Z", text="Bien")]
    given = made(msgspec.structs.replace(PLACE, reviews=reviews), reviews=True)["latest_reviews"]
    assert given == [{"author": "A", "rating": 4, "date": "2026-10-01T00:00:00Z", "text": "Bien"}]
    assert made(reviews=True)["latest_reviews"] is None


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("01 42 68 53 00", "+33 1 42 68 53 00"),
        ("0142685300", "+33 1 42 68 53 00"),
        ("+33142685300", "+33 1 42 68 53 00"),
        ("+33 (0)1 42 68 53 00", "+33 1 42 68 53 00"),
        ("0033 1 42 68 53 00", "+33 1 42 68 53 00"),
        ("abc; 06 12 34 56 78", "+33 6 12 34 56 78"),
        ("06.12.34.56.78 / 01.42.68.53.00", "+33 6 12 34 56 78"),
        ("0262 20 20 20", "+262 262 20 20 20"),
        ("0696 12 34 56", "+596 696 12 34 56"),
        ("+262 262 20 20 20", "+262 262 20 20 20"),
        ("+32 2 548 04 48", "+32 2 548 04 48"),
        ("0 800 123 456", "+33 800 12 34 56"),
        ("3949", None),
        ("12345", None),
        ("", None),
        (None, None),
        ("x" * 10_000, None),
    ],
)
def test_phones(text, number):
    assert normalised_phone(text) == number


@pytest.mark.parametrize(
    ("site", "expected"),
    [
        ("https://www.facebook.com/chezlea", True),
        ("https://fr-fr.facebook.com/chezlea", True),
        ("https://www.pagesjaunes.fr/pros/1", True),
        ("doctolib.fr/dentiste/tours", True),
        ("https://linktr.ee/lea", True),
        ("https://www.tripadvisor.fr/x", True),
        ("https://www.google.co.uk/maps", True),
        ("https://lea.business.site/", True),
        ("https://chezlea.fr", False),
        ("https://facebook.example.com/", False),
        ("https://notfacebook.com/", False),
        ("https://x.company/", False),
    ],
)
def test_aggregators(site, expected):
    assert is_aggregator(site) is expected


@pytest.mark.parametrize(
    ("website", "site"),
    [
        ("chezlea.fr", "chezlea.fr"),
        ("https://a.fr;https://b.fr", "https://a.fr"),
        ("n/a; https://b.fr", "https://b.fr"),
        ("javascript:alert(1)", None),
        ("contact@lea.fr", None),
        ("", None),
    ],
)
def test_sites(website, site):
    assert made(msgspec.structs.replace(PLACE, website=website))["site_web"] == site
