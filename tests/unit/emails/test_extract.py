"""emails on its golden cases, and on pages nobody would write."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.manifest import load_manifests
from services.emails.extract import extract
from shared.web.page import Page
from shared.web.site_pages import SitePage
from tests.golden.cases import load
from tests.golden.scoring import differences, score

CASES = load("emails")
_PIECES = st.sampled_from(
    [
        "<p>",
        "</p>",
        '<a href="mailto:',
        '">',
        "a@b.fr",
        "@",
        "&#64;",
        " [at] ",
        " (point) ",
        "fr",
        "'",
        '"',
        " + ",
        "<script>",
        "</script>",
        'data-cfemail="',
        "5a39",
        "%40",
        "\n    <h2>Hébergeur</h2>",
        "hébergé par ",
        "\u202e",
        "\x00",
        "é",
        "unescape('",
        "fromCharCode(",
        "[",
        "linkTo_UnCryptMailto('",
        "nbjmup+",
    ]
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_finds_what_is_there_and_nothing_else(case):
    found = extract(case.site())
    assert list(found) == load_manifests()["emails"].columns
    assert not differences(case, found)


def test_every_value_is_right_on_cases_of_which_many_are_traps():
    assert len({case.name for case in CASES}) == len(CASES) >= 40
    assert 3 * sum(case.trap for case in CASES) >= len(CASES)
    right, wrong, missed = score("emails")
    assert right > 100
    assert (wrong, missed) == (0, 0)


def test_the_order_of_pages_does_not_choose_the_address():
    for case in CASES:
        site = case.site()
        again = extract([site[0], *reversed(site[1:])])
        assert again["email"] == case.columns.get("email")


@settings(max_examples=200, deadline=None)
@given(st.lists(_PIECES | st.text(max_size=8), max_size=60).map("".join))
def test_never_raises(html):
    found = extract([SitePage("home", Page("https://www.boulangerie-lemoine.fr/", 200, [], html))])
    assert found["email"] is None or "@" in found["email"]
