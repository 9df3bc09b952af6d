"""Authentication-Results: whose word counts, and what it says."""

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.delivery_check.authentication import authentication, parse_results
from services.delivery_check.letter import read_letter
from tests.timing import assert_within

GOLDEN = Path(__file__).parents[2] / "golden" / "delivery_check"
CASES = tomllib.loads((GOLDEN / "authentication.toml").read_text("utf-8"))["case"]


def expected(case):
    said = case.get("authentication")
    if said is None:
        return None
    return {
        "server": said["server"],
        "spf": {"domain": None} | said["spf"] if "spf" in said else None,
        "dkim": [{"domain": None, "selector": None} | one for one in said["dkim"]],
        "dmarc": {"policy": None} | said["dmarc"] if "dmarc" in said else None,
    }


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_golden(case):
    letter = read_letter(case["header"].lstrip("\n").replace("\n", "\r\n").encode())
    assert authentication(letter.headers, case.get("sender", "example.com"), case.get("server", "")) == expected(case)


def test_half_of_the_golden_cases_are_traps():
    cases = [*CASES, *tomllib.loads((GOLDEN / "placement.toml").read_text("utf-8"))["case"]]
    assert len(cases) >= 40
    assert sum(case.get("trap", False) for case in cases) * 2 >= len(cases)


@given(st.text() | st.text(alphabet='abc=.;()"\\ \t/-@'))
def test_any_value_is_read_or_not(value):
    found = parse_results(value)
    assert found is None or found.server


@given(st.lists(st.tuples(st.sampled_from(["received", "authentication-results", "from"]), st.text()), max_size=6))
def test_any_headers_are_judged(headers):
    found = authentication(headers, "example.com")
    assert found is None or set(found) == {"server", "spf", "dkim", "dmarc"}


@given(st.text(alphabet=st.characters(blacklist_characters="\r\n")))
def test_nobody_speaks_for_gmail(value):
    """Whatever a sender writes, below the first header of its message it is not believed."""
    headers = [("received", "from x by mx.google.com"), ("message-id", "1"), ("authentication-results", value)]
    assert authentication(headers, "example.com", "mx.google.com") is None


@pytest.mark.parametrize(
    "value", ["a" * 10**6, "(" * 10**6, "x; " + "a.b " * 10**5, 'x; "' + "\\" * 10**6, "x;" * 10**6]
)
def test_long_headers_take_no_time(value):
    assert_within(1, lambda: parse_results(value))
