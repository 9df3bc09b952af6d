"""pagespeed on its golden cases."""

import pytest

from contracts.manifest import load_manifests
from tests.golden.measured import cases, outcome


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.name)
def test_answers_become_columns(case):
    assert outcome(case) == (case.error or case.expected())


def test_half_of_the_cases_are_traps():
    assert len(cases()) >= 40
    assert sum(case.trap for case in cases()) * 2 >= len(cases())


def test_columns_are_those_of_the_manifest():
    found = next(found for case in cases() if isinstance(found := outcome(case), dict))
    assert list(found) == load_manifests()["pagespeed"].columns
