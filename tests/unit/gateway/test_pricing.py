import pytest
from msgspec.structs import replace

from contracts.manifest import Option, load_manifests
from services.gateway.pricing import check_ceiling, grid_price, price
from shared.api.errors import BadRequest

TECHSTACK = load_manifests()["techstack"]
EMAILS = replace(
    TECHSTACK,
    options=[Option(name="mode", meaning="", choices=["normal", "deep"], default="normal", ef_weights={"deep": 0.3})],
)


@pytest.mark.parametrize(
    ("spec", "options", "items", "ef"),
    [
        (TECHSTACK, {}, 10_000, 0.1),
        (TECHSTACK, {}, 1_000, 0.01),
        (TECHSTACK, {}, 120, 0.001),
        (TECHSTACK, {}, 1, 0.0),
        (EMAILS, {"mode": "normal"}, 10_000, 0.1),
        (EMAILS, {"mode": "deep"}, 10_000, 0.3),
    ],
)
def test_the_weight_stands_for_ten_thousand_items(spec, options, items, ef):
    assert price(spec, options, items) == ef


@pytest.mark.parametrize(("tiles", "reviews", "ef"), [(412, False, 0.0412), (412, True, 0.0824), (10_000, False, 1.0)])
def test_ten_thousand_tiles_are_the_whole_country_and_reviews_double_it(tiles, reviews, ef):
    assert grid_price(tiles, include_reviews=reviews) == pytest.approx(ef, abs=1e-12)


def test_the_ceiling_itself_is_allowed():
    check_ceiling(1.0, 1.0)
    with pytest.raises(BadRequest, match="Quota dépassé"):
        check_ceiling(1.001, 1.0)
