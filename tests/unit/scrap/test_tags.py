"""An OpenStreetMap element as a place."""

import pytest

from services.scrap.osm.tags import category, is_business, kinds, matches, place, searched_names
from services.scrap.queries.meaning import indexed_keys


@pytest.mark.parametrize(
    ("tags", "counts"),
    [
        ({"shop": "bakery", "name": "Au bon pain"}, True),
        ({"shop": "bakery", "phone": "+33 1 99 00 00 01"}, True),
        ({"shop": "bakery", "brand": "Paul"}, True),
        ({"shop": "bakery"}, False),  # nobody can be called, written to or named
        ({"amenity": "bench", "name": "Banc de Jean"}, False),
        ({"shop": "vacant", "name": "Ancien"}, False),
        ({"shop": "no", "name": "X"}, False),
        ({"disused": "yes", "shop": "bakery", "name": "X"}, False),
        ({"disused:shop": "bakery", "name": "X"}, False),
        ({"tourism": "information", "name": "Panneau"}, False),
        ({"tourism": "information", "information": "office", "name": "Office de tourisme"}, True),
        ({"highway": "bus_stop", "name": "Mairie"}, False),
    ],
)
def test_what_is_a_business(tags, counts):
    assert is_business(tags) is counts


def test_a_place_takes_what_its_tags_say():
    tags = {
        "name": "Chez Léa",
        "amenity": "restaurant",
        "cuisine": "pizza;pasta",
        "contact:website": "https://lea.test/",
        "contact:phone": "01 99 00 00 01; 06 99 00 00 02",
        "addr:housenumber": "12",
        "addr:street": "Rue des Lilas",
        "addr:postcode": "37000",
        "addr:city": "Tours",
    }
    made = place("way", 7, tags, lat=47.0, lon=0.5, source="osm")
    assert (made.place_id, made.source, made.name) == ("osm:way/7", "osm", "Chez Léa")
    assert (made.address, made.postcode, made.city) == ("12 Rue des Lilas", "37000", "Tours")
    assert (made.website, made.phone) == ("https://lea.test/", "01 99 00 00 01; 06 99 00 00 02")
    assert made.category == "Pizzeria"
    assert made.rating is made.reviews_count is made.reviews is made.maps_url is None


def test_a_page_on_a_network_is_better_than_no_site():
    made = place("node", 1, {"shop": "books", "contact:facebook": "https://facebook.com/x"}, lat=0, lon=0, source="osm")
    assert made.website == "https://facebook.com/x"


def test_several_values_are_each_of_them():
    tags = {"shop": "bakery;pastry", "name": "X"}
    assert set(kinds(tags, indexed_keys())) == {("shop", "bakery"), ("shop", "pastry"), ("shop", "*")}
    assert matches(tags, {"shop": "pastry"})
    assert matches(tags, {"shop": "*"})
    assert not matches(tags, {"shop": "pastry", "organic": "only"})


def test_the_category_is_the_most_telling_one():
    assert category({"healthcare": "dentist", "amenity": "dentist"}) == "Dentiste"
    assert category({"healthcare": "dentist", "healthcare:speciality": "orthodontics"}) == "Orthodontiste"
    assert category({"shop": "unheard_of"}) is None


def test_all_names_are_searched():
    assert searched_names({"name": "L'Épi d'Or", "brand": "Épi", "shop": "bakery"}) == " l epi d or | epi "
