"""What every module that reads the numbers and names of a company off its site must do."""

from collections.abc import Callable
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contracts.manifest import load_manifests
from tests.golden.cases import load
from tests.golden.scoring import differences
from tests.unit.legal.hostile import assert_linear, pages, soup


class Extracting:
    """Its golden cases, hostile pages and large ones. A module's own class names it and its `extract`."""

    slug: ClassVar[str]
    extract: ClassVar[Callable[..., dict[str, Any]]]

    def pytest_generate_tests(self, metafunc):
        if "case" in metafunc.fixturenames:
            metafunc.parametrize("case", load(self.slug), ids=lambda case: case.name)

    def test_finds_what_is_there_and_nothing_else(self, case):
        found = self.extract(case.site(), **case.given)
        assert list(found) == load_manifests()[self.slug].columns
        assert not differences(case, found)

    def test_the_same_pages_give_the_same_answer(self):
        for case in load(self.slug):
            assert self.extract(case.site(), **case.given) == self.extract(case.site(), **case.given)

    def test_there_are_enough_cases_and_half_are_traps(self):
        cases = load(self.slug)
        assert len(cases) >= 40
        assert sum(case.trap for case in cases) >= len(cases) * 0.4

    @settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.differing_executors])
    @given(st.lists(soup, min_size=1, max_size=3))
    def test_no_page_raises(self, texts):
        assert list(self.extract(pages(texts))) == load_manifests()[self.slug].columns

    @pytest.mark.timeout(60)
    @pytest.mark.parametrize("kind", ["prose", "numbers", "labels", "capitals", "digits", "spaces", "tags"])
    def test_time_is_linear_in_the_page(self, kind):
        assert_linear(self.extract, kind)
