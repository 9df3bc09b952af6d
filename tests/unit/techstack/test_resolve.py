"""Implies, requires, excludes, confidence, versions."""

from __future__ import annotations

import pytest

from services.techstack.evidence import Hit
from services.techstack.resolve import resolve
from services.techstack.rules import build_rules
from services.techstack.schema import Category, Label, RuleEntry


def rules(**links):
    """A rule book of bare technologies: what each implies, requires, excludes."""
    return build_rules(
        {
            slug: RuleEntry(name=slug, categories=["cms"], website="https://a.example", **link)
            for slug, link in links.items()
        },
        {"cms": Category("cms", Label("CMS", "CMS"))},
    )


def hit(slug, confidence=100, version=None):
    return Hit(slug, "html", "", "x", "x", version, confidence)


def settled(book, *hits):
    return {one.slug: one.confidence for one in resolve(hits, book)}


def test_confidence_adds_up_to_a_hundred():
    assert settled(rules(a={}), hit("a", 30), hit("a", 30)) == {"a": 60}
    assert settled(rules(a={}), hit("a", 70), hit("a", 70)) == {"a": 100}


def test_a_hint_alone_is_not_reported():
    assert settled(rules(a={"implies": ["b"]}, b={}), hit("a", 49)) == {}


def test_implied_technologies_follow_and_say_why():
    book = rules(a={"implies": ["b"]}, b={"implies": ["c"]}, c={})
    found = {one.slug: one for one in resolve([hit("a", 80)], book)}
    assert {slug: one.confidence for slug, one in found.items()} == {"a": 80, "b": 80, "c": 80}
    assert (found["b"].implied_by, found["b"].evidence) == (("a",), ())


def test_an_implication_has_its_own_confidence():
    assert settled(rules(a={"implies": [r"b\;confidence:60"]}, b={}), hit("a")) == {"a": 100, "b": 60}
    assert settled(rules(a={"implies": [r"b\;confidence:40"]}, b={}), hit("a")) == {"a": 100}
    assert settled(rules(a={"implies": [r"b\;confidence:60"]}, b={}), hit("a"), hit("b")) == {"a": 100, "b": 100}


def test_what_is_required_must_be_there():
    book = rules(a={"requires": ["b", "c"]}, b={}, c={}, d={"implies": ["c"]})
    assert settled(book, hit("a")) == {}
    assert settled(book, hit("a"), hit("b")) == {"a": 100, "b": 100}
    assert set(settled(book, hit("a"), hit("d"))) == {"a", "c", "d"}


def test_what_falls_takes_what_it_implied_along():
    book = rules(a={"requires": ["z"], "implies": ["b"]}, b={}, z={})
    assert settled(book, hit("a")) == {}


def test_excluded_technologies_fall():
    assert set(settled(rules(a={"excludes": ["b"]}, b={}), hit("a"), hit("b"))) == {"a"}
    assert set(settled(rules(a={"excludes": ["b"]}, b={}), hit("b"))) == {"b"}
    assert set(settled(rules(a={"excludes": ["b"]}, b={}, c={"implies": ["b"]}), hit("a"), hit("c"))) == {"a", "c"}


@pytest.mark.parametrize(("sure_a", "sure_b", "stays"), [(90, 60, "a"), (60, 90, "b"), (80, 80, "a")])
def test_of_two_that_exclude_each_other_the_surer_stays(sure_a, sure_b, stays):
    book = rules(a={"excludes": ["b"]}, b={"excludes": ["a"]})
    assert set(settled(book, hit("a", sure_a), hit("b", sure_b))) == {stays}


def test_what_falls_for_a_requirement_excludes_nobody():
    book = rules(a={"requires": ["z"], "excludes": ["b"]}, b={}, z={})
    assert set(settled(book, hit("a"), hit("b"))) == {"b"}


def test_the_most_exact_version_wins():
    (one,) = resolve([hit("a", 50, "6"), hit("a", 50, "6.5.2"), hit("a", 50, "6.6")], rules(a={}))
    assert one.version == "6.5.2"


def test_the_order_is_the_rules_not_the_hits():
    book = rules(a={}, b={}, c={})
    assert list(settled(book, hit("c"), hit("a"), hit("b"))) == ["a", "b", "c"]
