"""socials on its golden cases, and on pages nobody would write."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.manifest import load_manifests
from services.socials.extract import extract
from services.socials.profiles import profile
from shared.web.page import Page
from shared.web.site_pages import SitePage
from tests.golden.cases import load
from tests.golden.scoring import differences, score

CASES = load("socials")
_HOSTS = st.sampled_from(
    ["facebook.com", "m.facebook.com", "instagram.com", "x.com", "youtube.com", "linkedin.com", "tiktok.com"]
)
_SEGMENTS = st.sampled_from(
    ["p", "pages", "people", "profile.php", "channel", "company", "@", "", "%", "%00", "é", "..", "#!"]
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_finds_what_is_there_and_nothing_else(case):
    found = extract(case.site())
    assert list(found) == load_manifests()["socials"].columns
    assert not differences(case, found)


def test_every_value_is_right_on_cases_of_which_many_are_traps():
    assert len({case.name for case in CASES}) == len(CASES) >= 40
    assert 3 * sum(case.trap for case in CASES) >= len(CASES)
    right, wrong, missed = score("socials")
    assert right > 40
    assert (wrong, missed) == (0, 0)


@settings(max_examples=300, deadline=None)
@given(_HOSTS, st.lists(_SEGMENTS | st.text(max_size=6), max_size=5), st.text(max_size=6))
def test_a_canonical_address_is_its_own(host, segments, query):
    found = profile(f"https://{host}/{'/'.join(segments)}?{query}")
    assert found is None or profile(found.url) == found


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=200), st.text(max_size=50))
def test_never_raises(text, address):
    html = f'{text}<a href="https://www.facebook.com/{address}">x</a><iframe src="//x/plugins/page.php?href={address}">'
    extract([SitePage("home", Page("https://www.boulangerie-lemoine.fr/", 200, [], html))])
