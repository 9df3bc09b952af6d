"""The score: published, between 0 and 100, never lower for more signs."""

import re
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from services.ads_intelligence.extract import columns
from services.ads_intelligence.find import Found
from services.ads_intelligence.score import AUDIENCE, PARTS, score
from services.ads_intelligence.vendors import vendors

PAGE = Path(__file__).parents[3] / "docs" / "ads-intelligence.md"
ALL = [Found(slug, vendor.role, vendor.network or slug, vendor.audience) for slug, vendor in vendors().items()]
SIGNS = st.sets(st.sampled_from(range(len(ALL)))).map(lambda numbers: [ALL[number] for number in sorted(numbers)])


@settings(max_examples=300, deadline=None)
@given(SIGNS, st.sampled_from(ALL))
def test_one_more_sign_never_lowers_it(found, another):
    before, after = score(found), score([*found, another])
    assert 0 <= before <= after <= 100
    assert score([*found, another, another]) == after


def test_its_ends():
    assert score([]) == 0
    assert score(ALL) == 100
    assert columns([])["ads_score"] == 0


def test_every_table_rises_and_the_page_publishes_it():
    published = PAGE.read_text("utf-8")
    for steps in PARTS.values():
        assert list(steps) == sorted(steps)
        assert re.search(rf"\| {', '.join(map(str, steps))} \|", published), steps
    assert f"| {AUDIENCE} |" in published
