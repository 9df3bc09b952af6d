"""When several sources tell of one place, and when of two."""

import msgspec
import pytest

from services.scrap.merge import merge
from services.scrap.source import Place

OSM = Place(
    place_id="osm:node/1", source="osm", name="Boulangerie Dupré", lat=47.3900, lon=0.6900, website="https://dupre.fr"
)
METRE = 1 / 111_195


def other(name="BOULANGERIE DUPRE", north=10.0, **fields):
    given = {"place_id": "sirene:1", "source": "sirene", "name": name, "lat": 47.39 + north * METRE, "lon": 0.69}
    return Place(**{**given, **fields})


@pytest.mark.parametrize(
    ("account", "same"),
    [
        (other(), True),
        (other("Dupré (Boulangerie)"), True),
        (other("SARL DUPRE BOULANGERIE"), True),
        (other(north=200), False),
        (other(north=200, website="http://www.dupre.fr/contact"), True),
        (other(north=200, website="https://facebook.com/dupre"), False),
        (other(north=5000, website="https://dupre.fr"), False),  # the chain's other shop
        (other("Boucherie Martin"), False),
        (other("Boucherie Martin", website="https://dupre.fr"), False),
        (other(lat=None, lon=None), False),
        (other(lat=None, lon=None, website="https://dupre.fr"), True),
        (other(""), False),
    ],
)
def test_what_is_one_place(account, same):
    assert len(merge([[OSM], [account]])) == (1 if same else 2)


def test_the_first_source_decides_and_the_others_fill_in():
    account = other(address="1 RUE X", city="TOURS", postcode="37000", website="https://other.fr", rating=4.5)
    (merged,) = merge([[OSM], [account]])
    assert (merged.place_id, merged.name, merged.website) == ("osm:node/1", "Boulangerie Dupré", "https://dupre.fr")
    assert (merged.address, merged.city, merged.postcode, merged.rating) == ("1 RUE X", "TOURS", "37000", 4.5)
    assert merged.source == "osm, sirene"
    (turned,) = merge([[account], [OSM]])
    assert (turned.place_id, turned.source, turned.website) == ("sirene:1", "sirene, osm", "https://other.fr")


def test_an_address_is_taken_whole():
    half = msgspec.structs.replace(OSM, address="2 Rue Y", city=None)
    (merged,) = merge([[half], [other(address="1 RUE X", city="TOURS", postcode="37000")]])
    assert (merged.address, merged.postcode) == ("2 Rue Y", None)


def test_one_source_is_believed_when_it_tells_of_two():
    twins = [OSM, msgspec.structs.replace(OSM, place_id="osm:node/2")]
    assert merge([twins]) == twins
    again = merge([twins, [other()]])
    assert [place.source for place in again] == ["osm, sirene", "osm"]


def test_each_account_of_a_source_goes_to_another_place():
    twins = [OSM, msgspec.structs.replace(OSM, place_id="osm:node/2", lat=47.39 + 30 * METRE)]
    accounts = [other(place_id="sirene:1", north=29), other(place_id="sirene:2", north=1)]
    assert [place.source for place in merge([twins, accounts])] == ["osm, sirene", "osm, sirene"]


def test_the_same_element_from_two_sources_is_one():
    overpass = msgspec.structs.replace(OSM, source="overpass", phone="+33 1 42 68 53 00", lat=48.0)
    (merged,) = merge([[OSM], [overpass]])
    assert (merged.source, merged.phone, merged.lat) == ("osm, overpass", "+33 1 42 68 53 00", 47.39)
