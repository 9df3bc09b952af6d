"""Which items a job is made of."""

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from contracts.manifest import load_manifests
from services.gateway.items import MAX_ITEM_BYTES, MAX_NESTING, is_too_deep, is_usable, sift
from shared.api.errors import ValidationFailed

TECHSTACK = load_manifests()["techstack"]
STRICT = replace(TECHSTACK, slug="strict", validation_status=422)


def raws(*items):
    return [msgspec.Raw(json.dumps(item).encode()) for item in items]


@pytest.mark.parametrize(
    ("item", "usable"),
    [
        ({"site_web": "https://a.example"}, True),
        ({"site_web": "HTTP://A.example/x?y#z"}, True),
        ({"site_web": "a.example"}, True),
        ({"Website": "a.example"}, True),
        ({"URL": "a.example"}, True),
        ({" site ": "a.example"}, True),
        ({"site_web": "", "url": "a.example"}, False),  # the key itself wins
        ({"site_web": "ftp://a.example"}, False),
        ({"site_web": "mailto:a@b.example"}, False),
        ({"site_web": None}, False),
        ({"site_web": 12}, False),
        ({"site_web": ["a.example"]}, False),
        ({}, False),
    ],
)
def test_a_usable_site(item, usable):
    assert is_usable(item, {"site_web": [["site_web"]]}) is usable


@pytest.mark.parametrize(
    ("value", "usable"),
    [("x", True), (" ", False), (0, True), (75001, True), (True, False), (None, False), ([], False)],
)
def test_other_keys_need_some_text_or_number(value, usable):
    assert is_usable({"code_postal": value}, {"code_postal": [["code_postal"]]}) is usable


def test_every_need_counts():
    needed = replace(TECHSTACK, needs=["nom", "email"]).requirements
    assert is_usable({"nom": "x", "email": "a@b.example"}, needed)
    assert not is_usable({"nom": "x"}, needed)


PLACES = replace(STRICT, needs=[], needs_one_of=[["place_id"], ["nom", "ville"]])


@pytest.mark.parametrize(
    ("item", "usable"),
    [
        ({"place_id": "p"}, True),
        ({"nom": "x", "ville": "y"}, True),
        ({"place_id": "", "name": "x", "ville": "y"}, True),
        ({"nom": "x"}, False),
        ({"nom": "x", "ville": " "}, False),
        ({"place_id": None}, False),
        ({}, False),
    ],
)
def test_one_whole_set_of_alternatives_is_enough(item, usable):
    assert is_usable(item, PLACES.requirements) is usable


async def test_alternatives_of_which_no_item_has_one_whole_set_are_missing():
    with pytest.raises(ValidationFailed) as refusal:
        await sift(raws({"nom": "x"}, {"ville": "y"}), PLACES)
    assert [issue.msg for issue in refusal.value.issues] == ["No item has the key 'place_id | nom + ville'."]
    assert (await sift(raws({"nom": "x"}, {"nom": "x", "ville": None}), PLACES)).dropped == 2


async def test_an_address_is_worked_on_once_however_it_is_written():
    spec = replace(STRICT, needs=["email"], unique_by="email")
    given = raws(
        {"email": "A@b.example"}, {"mail": " a@B.example "}, {"email": ""}, {"email": None}, {"email": "c@b.example"}
    )
    sifted = await sift(given, spec)
    assert (sifted.accepted, sifted.dropped, sifted.repeated) == ([given[0], given[4]], 2, 1)


async def test_what_is_accepted_stays_as_the_client_wrote_it():
    kept = msgspec.Raw(b'{ "site_web" : "a.example", "n": 1.50, "n2": 12345678901234567890123 }')
    sifted = await sift([kept, *raws({"site_web": ""})], TECHSTACK)
    assert [bytes(raw) for raw in sifted.accepted] == [bytes(kept)]
    assert sifted.dropped == 1


async def test_malformed_items_refuse_the_job_with_their_places():
    with pytest.raises(ValidationFailed) as refusal:
        await sift(raws({"site_web": "a.example"}, [], {"x": "y" * MAX_ITEM_BYTES}, 5), TECHSTACK)
    assert [issue.loc[:3] for issue in refusal.value.issues] == [["body", "items", n] for n in (1, 2, 3)]
    assert refusal.value.status == 400


async def test_a_thousand_wrong_items_do_not_make_a_thousand_sentences():
    with pytest.raises(ValidationFailed) as refusal:
        await sift(raws(*range(1_000)), TECHSTACK)
    assert len(refusal.value.issues) == 20


async def test_a_key_no_item_has_is_missing_but_for_techstack():
    assert (await sift(raws({"nom": "x"}), TECHSTACK)).accepted == []
    with pytest.raises(ValidationFailed) as refusal:
        await sift(raws({"nom": "x"}), STRICT)
    assert refusal.value.status == 422
    assert refusal.value.issues[0].type == "missing"
    assert (await sift(raws({"nom": "x"}, {"site_web": None}), STRICT)).accepted == []


nested = st.recursive(
    st.none() | st.text(max_size=3),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text(max_size=2), children, max_size=3),
)


@given(nested, st.integers(0, 40))
def test_depth_is_the_depth(leaf, levels):
    def depth(value):
        children = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
        return 0 if children is None else 1 + max(map(depth, children), default=0)

    for _ in range(levels):
        leaf = [leaf]
    item = {"x": leaf}
    assert is_too_deep(json.dumps(item).encode(), item) is (depth(item) > MAX_NESTING)
