"""Addresses of a page: the short way to an absolute one ends where joining does."""

from urllib.parse import urljoin

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.web.page import Page

BASES = ["http://a.test/c/d?x#y", "https://a.test:8443", "https://user@a.test/", "http://[::1]/x", "https://A.test/é"]
STARTS = ["", "/", "//", "/a/", "http://x.test", "https://x.test/"]


@settings(max_examples=500, deadline=None)
@given(
    base=st.sampled_from(BASES), start=st.sampled_from(STARTS), rest=st.text("/.?#:&=%é~a1Z-_;@+ \\[]\t", max_size=12)
)
def test_absolute_is_what_joining_gives(base, start, rest):
    address = (start + rest).strip()
    try:
        joined = urljoin(base, address) if address else None
    except ValueError:
        joined = None
    assert Page(base, 200, [], "").absolute(start + rest) == joined


@pytest.mark.parametrize(
    ("address", "absolute"),
    [
        ("/a/b?c=d#e", "https://a.test/a/b?c=d#e"),
        ("/vallée/1", "https://a.test/vallée/1"),
        ("/a/../b", "https://a.test/b"),
        ("/a?", "https://a.test/a"),
        ("//cdn.test/x.js", "https://cdn.test/x.js"),
        ("http://b.test/x", "http://b.test/x"),
        ("/" + "a" * 5000, None),
    ],
)
def test_addresses(address, absolute):
    assert Page("https://a.test/c/", 200, [], "").absolute(address) == absolute
