"""The body of a search: cleaned as the API shows it."""

import msgspec
import pytest

from contracts.manifest import load_manifests
from services.gateway.search import EXTRA_COLUMNS, read_estimate, read_new_search
from shared.api.errors import ValidationFailed


def body(**fields):
    return msgspec.json.encode({"queries": ["dentiste"], "zones": ["Paris"]} | fields)


def test_the_first_spelling_stays():
    search = read_new_search(
        body(queries=[" Dentiste", "DENTISTE ", "", "École", "école"], zones=["PARIS", "Paris", " "])
    )
    assert (search.queries, search.zones) == (["Dentiste", "École"], ["PARIS"])


def test_known_columns_come_in_their_own_order():
    search = read_new_search(body(extra_columns=["region", "x", "gps", "gps"], include_reviews=True))
    assert search.extra_columns == ["gps", "region"]
    assert search.wishes == ["gps", "region", "include_reviews"]


def test_every_wish_has_a_column_in_the_manifest():
    wishes = {column.when for column in load_manifests()["scrap"].produces if column.when}
    assert wishes == {*EXTRA_COLUMNS, "include_reviews"}


def test_an_estimate_may_be_empty_but_has_the_same_bounds():
    assert read_estimate(b"{}").queries == []
    with pytest.raises(ValidationFailed):
        read_estimate(body(zones=[str(number) for number in range(51)]))


def test_a_body_of_mistakes_is_not_answered_with_as_many_sentences():
    with pytest.raises(ValidationFailed) as refused:
        read_new_search(body(queries=["x" * 201] * 10_000))
    assert len(refused.value.issues) <= 21
