"""Every spelling of zones.toml, and every name and code of the registers."""

from __future__ import annotations

import tomllib
from itertools import chain
from pathlib import Path
from typing import Any

import pytest

from shared.geography import Geography, UnknownZone
from shared.geography.text import key

TABLE: dict[str, list[dict[str, Any]]] = tomllib.loads(Path(__file__).with_name("zones.toml").read_text("utf-8"))
KNOWN = [(text, row) for row in TABLE["zone"] for text in row["spellings"]]
UNKNOWN = [(text, row["says"]) for row in TABLE["unknown"] for text in row["spellings"]]


@pytest.mark.parametrize(("text", "row"), KNOWN, ids=[f"{text}-{row['kind']}" for text, row in KNOWN])
def test_a_spelling(geography: Geography, text: str, row: dict[str, Any]) -> None:
    zone = geography.resolve(text)
    named = zone.label
    if row["is"][:5].isalnum() and len(row["is"]) == 5 and row["is"][0].isdigit():
        named = row["is"]
        assert zone.spans == geography.resolve(f"insee:{named}").spans
    assert (named, zone.kind) == (row["is"], row["kind"])
    assert len(zone.warnings) == ("warns" in row)
    assert all(row["warns"] in warning for warning in zone.warnings)
    assert zone.text == text


@pytest.mark.parametrize(("text", "says"), UNKNOWN)
def test_what_is_no_zone_says_so(geography: Geography, text: str, says: str) -> None:
    with pytest.raises(UnknownZone) as caught:
        geography.resolve(text)
    assert says in str(caught.value)


def test_the_table_is_long_enough() -> None:
    assert len(KNOWN) + len(UNKNOWN) >= 300


def test_the_error_is_a_sentence_for_the_user(geography: Geography) -> None:
    with pytest.raises(UnknownZone, match=r"^Zone inconnue : bordeau\. Vouliez-vous dire Bordeaux, .* ou .* \?$"):
        geography.resolve("bordeau")
    with pytest.raises(UnknownZone, match="Zone trop longue"):
        geography.resolve("a" * 100_000)


def test_every_code_and_name_of_the_registers_is_a_zone_with_tiles(geography: Geography) -> None:
    known = geography._gazetteer
    places = chain(
        (f"insee:{code}" for code in known.insee),
        known.postcodes,
        known.names,
        known.former_codes,
        known.departments,
        (department.label for department in known.departments.values()),
        known.regions,
        known.territories,
    )
    assert [place for place in places if not geography.grid([geography.resolve(place)])] == []


def test_every_insee_code_means_its_commune(geography: Geography) -> None:
    known = geography._gazetteer
    for area, code in enumerate(known.insee):
        assert geography.resolve(f"insee:{code}").spans == known.spans(area)


def test_a_postcode_wins_over_the_same_insee_code(geography: Geography) -> None:
    known = geography._gazetteer
    both = [code for code in known.postcodes if code in known.position]
    assert len(both) > 2_900
    for code in both:
        zone = geography.resolve(code)
        assert zone.kind == "postcode"
        assert {start for start, _ in zone.spans} == set(known.postcodes[code])
        assert geography.resolve(f"insee:{code}").kind in {"commune", "arrondissement"}


def test_every_name_with_its_department_is_that_commune(geography: Geography) -> None:
    known = geography._gazetteer
    wrong = []
    for area, name in enumerate(known.names):
        zone = geography.resolve(f"{name} ({known.code_of_department(area)})")
        twins = {*known.communes[key(name)]} & {*range(*known.departments[known.code_of_department(area)].spans[0])}
        department = known.departments[known.code_of_department(area)]
        if zone.spans not in {known.spans(twin) for twin in twins} | {department.spans}:
            wrong.append((name, zone))
    assert wrong == []


def test_every_ambiguous_name_warns_and_takes_the_most_populous(geography: Geography) -> None:
    known = geography._gazetteer
    ambiguous = [
        (name, areas) for name, areas in known.communes.items() if len(areas) > 1 and name not in known.territories
    ]
    assert len(ambiguous) > 1_400
    for name, areas in ambiguous:
        zone = geography.resolve(name)
        assert len(zone.warnings) == 1
        assert geography.communes(zone)[0].population == max(known.populations[area] for area in areas)


def test_the_keys_of_the_bundle_are_those_of_the_code(geography: Geography) -> None:
    known = geography._gazetteer
    assert set(known.communes) == {key(name) for name in known.names}


def test_paris_is_the_same_land_by_every_name(geography: Geography) -> None:
    paris = {tile for tile, _ in geography.grid([geography.resolve("Paris")])}
    for same in ("75", "Paris 75", "département de Paris"):
        assert {tile for tile, _ in geography.grid([geography.resolve(same)])} == paris
    parts = [geography.resolve(f"Paris {number}") for number in range(1, 21)]
    assert {tile for tile, _ in geography.grid(parts)} == paris
