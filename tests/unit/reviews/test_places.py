"""Which place an item asks about, and which of those found it is."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from services.reviews.asked import asked
from services.reviews.choose import choose
from services.reviews.maps_link import cid_of, is_short, place_id_of, read_link
from shared.google_places import GooglePlace, Location, Text
from shared.modulekit.errors import Permanent
from tests.unit.reviews.cases import GOLDEN


class PlaceCase(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    asked: dict[str, Any]
    found: list[str]
    is_: int = msgspec.field(name="is")
    trap: bool = False


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    case: list[PlaceCase]


CASES = msgspec.toml.decode((GOLDEN / "places.toml").read_bytes(), type=_File).case


def place(text, number, latitude):
    text, _, away = text.partition(" ~ ")
    name, _, address = text.partition(" @ ")
    location = Location(latitude + float(away) / 1000, 0.7) if away else None
    return GooglePlace(
        id=f"ChIJ{number}",
        display_name=Text(name),
        formatted_address=address,
        location=location,
        google_maps_uri=f"https://maps.google.com/?cid={number}&g_mp=x",
    )


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_place_is_the_one_that_was_asked_for_or_none(case):
    wanted = asked(case.asked, read_link(case.asked.get("lien_google_maps", "")))
    found = [place(text, number, 47.3) for number, text in enumerate(case.found)]
    if case.is_ == -2:
        with pytest.raises(Permanent) as failure:
            choose(wanted, found)
        assert failure.value.code == "ambiguous"
    else:
        assert choose(wanted, found) is (found[case.is_] if case.is_ >= 0 else None)


def test_at_least_half_of_the_places_are_traps():
    assert 2 * sum(case.trap for case in CASES) >= len(CASES)


SYDNEY, CID = "ChIJN1t_tDeuEmsRUsoyG83frY4", 10281119596374313554
"""The example of Google's documentation of ids and links."""


@pytest.mark.parametrize(
    ("link", "said"),
    [
        (f"https://maps.google.com/?cid={CID}", {"cid": CID}),
        (f"maps.google.fr/maps?cid={CID}&hl=fr", {"cid": CID}),
        (f"https://www.google.com/search?q=x&ludocid={CID}", {"cid": CID, "words": "x"}),
        (f"https://www.google.com/maps/search/?api=1&query=Google&query_place_id={SYDNEY}", {"place_id": SYDNEY, "words": "Google"}),
        (f"https://www.google.com/maps/place/?q=place_id:{SYDNEY}", {"place_id": SYDNEY}),
        (f"https://search.google.com/local/writereview?placeid={SYDNEY}", {"place_id": SYDNEY}),
        (f"https://www.google.com/maps/place/Caf%C3%A9+Olive/data=!4m7!3m6!1s0x0:0x5!8m2!3d47.25!4d0.5!19s{SYDNEY}?hl=fr", {"place_id": SYDNEY, "cid": 5, "words": "Café Olive", "lat": 47.25, "lon": 0.5}),
        ("https://www.google.com/maps/place/Google/@-33.8,151.1,17z/data=!3m1!4b1!4m6!3m5!1s0x6b12ae37b47f5b37:0x8eaddfcd1b32ca52!8m2!3d-33.866489!4d151.1958561!16s", {"place_id": SYDNEY, "cid": CID, "words": "Google", "lat": -33.866489, "lon": 151.1958561}),
        ("https://maps.google.com/maps?ftid=0x6b12ae37b47f5b37%3A0x8eaddfcd1b32ca52", {"place_id": SYDNEY, "cid": CID}),
        ("https://www.google.com/maps/place/X/@47.1,0.7,17z/data=!4m2!3m1!1s0x0:0x2a", {"cid": 42, "words": "X", "lat": 47.1, "lon": 0.7}),
        ("https://www.google.com/maps/search/?api=1&query=Boulangerie%20Lemoine%2047.300000%2C0.700000", {"words": "Boulangerie Lemoine", "lat": 47.3, "lon": 0.7}),
        ("https://www.google.com/maps/search/?api=1&query=47.300000%2C-0.700000", {"lat": 47.3, "lon": -0.7}),
        ("https://www.google.co.uk/maps?q=Caf%C3%A9+A,+12+rue+B,+Tours", {"words": "Café A, 12 rue B, Tours"}),
        (f"https://consent.google.com/m?continue=https://maps.google.com/?cid%3D{CID}&gl=FR", {"cid": CID}),
        ("https://www.google.com/maps/@47.1,0.7,17z", {"lat": 47.1, "lon": 0.7}),
        ("https://www.google.com/maps?q=place_id:short&cid=abc", {}),
    ],
)  # fmt: skip
def test_what_links_say(link, said):
    found = read_link(link)
    assert {name: value for name, value in msgspec.to_builtins(found).items() if value is not None} == said


@pytest.mark.parametrize(
    "link",
    [
        *("", " ", "osm.org/node/1", "https://www.openstreetmap.org/node/5", "https://google.com.evil.test/maps?cid=1"),
        *("https://evil.test/?u=https://www.google.com/maps?cid=1", "https://www.google.com/search?q=cid", "http://["),
        *("https://google.com@evil.test/maps?cid=1", "x" * 9000, "https://maps.google.com:99999/?cid=1&" + "a=1&" * 99),
        "https://consent.google.com/m?continue=https://consent.google.com/m?continue=x",
    ],
)
def test_what_is_no_link_to_a_map(link):
    assert read_link(link) is None


def test_which_links_are_to_be_followed():
    assert all(map(is_short, ["https://maps.app.goo.gl/abc", "goo.gl/maps/x", "https://g.page/r/Cx"]))
    assert not any(map(is_short, ["https://maps.google.com/?cid=1", "https://goo.gl.evil.test/x", "http://[", ""]))


def test_ids_of_others_are_not_google_s():
    assert place_id_of(f" google:{SYDNEY} ") == place_id_of(f"places/{SYDNEY}") == SYDNEY
    assert not any(
        map(place_id_of, ["osm:node/123", "sirene:00012345600011", "", "ChIJ", "a b c d e f g h i", "../../v1"])
    )
    assert cid_of(None) is cid_of("https://exemple.fr/") is None


def test_what_an_item_says_in_many_ways():
    wanted = asked(
        {"name": " Le  Zinc ", "place_id": "osm:node/1", "code_postal": "1000.0", "lat": "47,5", "lng": 0}, None
    )
    assert (wanted.nom, wanted.place_ids, wanted.code_postal, wanted.lat, wanted.lon) == (
        "Le Zinc",
        [],
        "01000",
        47.5,
        0.0,
    )
    link = read_link("https://www.google.com/maps?q=Le+Zinc,+3+rue+Basse,+Tours")
    wanted = asked({"latitude": 91, "longitude": True, "code_postal": "F-37", "aggregator_flag": "true"}, link)
    assert (wanted.nom, wanted.adresse, wanted.lat, wanted.code_postal) == ("Le Zinc", "3 rue Basse, Tours", None, None)
    assert wanted.borrowed_site
    assert wanted.can_be_searched
    assert not asked({"nom": "Le Zinc"}, None).can_be_searched
    assert not asked({"ville": "Tours"}, None).can_be_searched
    empty = asked({"nom": None, "place_id": ["x"], "lat": "nan", "lon": "x", "site_web": 7, "adresse": True}, None)
    assert not empty.can_be_searched
    assert (empty.site, empty.adresse, empty.lat) == (None, None, None)
