"""pricing on its golden cases."""

import pytest

from contracts.manifest import load_manifests
from services.pricing.extract import extract
from tests.golden.cases import load
from tests.golden.scoring import differences

CASES = load("pricing")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_finds_what_is_there_and_nothing_else(case):
    found = extract(case.site())
    assert list(found) == load_manifests()["pricing"].columns
    for plan in found["price_plans"] or ():
        assert list(plan) == ["name", "amount", "currency", "period"]
        plan.update({key: None for key in ("amount", "currency") if plan[key] is None})
    assert not differences(case, _written(found))


def _written(found):
    """TOML has no null: a plan's keys without a value are left out."""
    plans = found["price_plans"]
    bare = plans and [{key: value for key, value in plan.items() if value is not None} for plan in plans]
    return found | {"price_plans": bare}


def test_at_least_half_of_the_cases_are_traps():
    assert len(CASES) >= 40
    assert 2 * sum(case.trap or not case.columns for case in CASES) >= len(CASES)
