"""ads_intelligence on its golden cases."""

import pytest

from contracts.manifest import load_manifests
from services.ads_intelligence.extract import extract
from tests.golden.cases import load
from tests.golden.scoring import differences

CASES = load("ads_intelligence")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_finds_what_is_there_and_nothing_else(case):
    found = extract(case.site(), **case.given)
    assert list(found) == load_manifests()["ads_intelligence"].columns
    assert not differences(case, found)


def test_at_least_half_of_the_cases_are_traps():
    assert len(CASES) >= 40
    assert 2 * sum(case.trap for case in CASES) >= len(CASES)
