"""Suffixes, bounds, mandatory literals."""

from __future__ import annotations

import pytest

from services.techstack.patterns import bounded, mandatory_literals, parse_pattern
from services.techstack.selectors import selector_literals


@pytest.mark.parametrize(
    ("source", "text", "version"),
    [
        (r"Word ([\d.]+)\;version:\1", b"word 6.5.2", "6.5.2"),
        (r"Word ?([\d.]+)?\;version:\1", b"word", None),
        (r"Word ([\d.]+)\;version:\1", b"word 6.5.", "6.5"),
        (r"word-(\d)-(\d)\;version:\1.\2", b"word-4-2", "4.2"),
        (r"word(-next)?\;version:\1?2:1", b"word-next", "2"),
        (r"word(-next)?\;version:\1?2:1", b"word", "1"),
        (r"word(-next)?\;version:\1?2:", b"word", None),
        (r"word-([\d.]+)?(?:v=([\d.]+))?\;version:\1?\1:\2", b"word-v=3.1", "3.1"),
        (r"word\;version:7", b"word", "7"),
        (r"word (\w+)\;version:\1", b"word latest", None),
        (r"word v([\w.-]+)\;version:\1\;confidence:50", b"word v2.0.0-rc.1", "2.0.0-rc.1"),
    ],
)
def test_versions(source, text, version):
    pattern = parse_pattern(source)
    assert pattern.version_of(pattern.compiled.search(text)) == version


def test_confidence_is_whole_unless_said():
    assert parse_pattern("abc").confidence == 100
    assert parse_pattern(r"abc\;confidence:40\;version:1").confidence == 40


@pytest.mark.parametrize(
    ("regex", "same"),
    [
        (r"a*b+", r"a{0,250}b{1,250}"),
        (r"a*?b+?", r"a{0,250}?b{1,250}?"),
        (r"\*\+[*+]", r"\*\+[*+]"),
        (r"[]*]x*", r"[]*]x{0,250}"),
        (r"a{2,}b{2,3}c{4}", r"a{2,250}b{2,3}c{4}"),
        (r"a{2,5}+b*+", r"a{2,5}+b{0,250}+"),
        (r"(?:ab)?c", r"(?:ab)?c"),
    ],
)
def test_repeats_end(regex, same):
    assert bounded(regex) == same


@pytest.mark.parametrize(
    ("regex", "literals"),
    [
        (r"wp-(?:content|includes)/", {b"content", b"includes"}),
        (r"//static\.HotJar\.com/", {b"//static.hotjar.com/"}),
        (r"ab(cd)ef", {b"abcdef"}),
        (r"(?:abc)?defg", {b"defg"}),
        (r"(?:abc)+\d", {b"abc"}),
        (r"\babc\b", {b"abc"}),
        (r"abc(?!d)e", {b"abce"}),
        (r"(?:abc|d)x", set()),
        (r"\d+|ab", set()),
        (r"", set()),
    ],
)
def test_mandatory_literals(regex, literals):
    assert mandatory_literals(regex) == literals


@pytest.mark.parametrize(
    ("selector", "literals"),
    [
        ('link[rel="stylesheet"][href*="/wp-content/"]', {b"/wp-content/"}),
        ('link[rel="stylesheet"][href*="bulma"]', {b"bulma"}),
        ('form[data-netlify="true"]', {b"data-netlify"}),
        ("div.G-Recaptcha[data-sitekey]", {b"data-sitekey"}),
        ("stripe-buy-button", {b"stripe-buy-button"}),
        ('a[href*="x,yz"], form.mc4wp-form', {b"x,yz", b"mc4wp-form"}),
        ("form:not(.very-long-name) b", {b"form"}),
        ("a, p.name", set()),
    ],
)
def test_selector_literals(selector, literals):
    assert selector_literals(selector) == literals
