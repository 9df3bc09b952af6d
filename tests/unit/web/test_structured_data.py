from __future__ import annotations

import pytest

from shared.web.page import Page
from shared.web.structured_data import (
    json_ld,
    leaves,
    microdata,
    microdata_items,
    organizations,
    state,
    texts,
    types_of,
)


def blocks(*texts: str, kind: str = "application/ld+json") -> Page:
    return Page("http://a.example/", 200, [], "".join(f"<script type='{kind}'>{text}</script>" for text in texts))


@pytest.mark.parametrize(
    "text",
    [
        '{"name": "Dupré"}',
        '\n\ufeff {"name": "Dupré"} ',
        '[{"name": "Dupré"}]',
        '{"@context": "https://schema.org", "@graph": [{"name": "Dupré"}]}',
        '<!-- {"name": "Dupré"} -->',
        '//<![CDATA[\n{"name": "Dupré"}\n//]]>',
        '/*<![CDATA[*/{"name": "Dupré"}/*]]>*/',
        '{"name": "Dupré",}',
        '{"name": "Dupré"};',
        '{"name": "Dupré"} {"name": "again"}',
        "{&quot;name&quot;: &quot;Dupré&quot;}",
        '{"name": "Dupr\\u00e9"}',
    ],
)
def test_good_and_broken_blocks(text: str) -> None:
    assert json_ld(blocks(text)) == [{"name": "Dupré"}]


def test_line_breaks_in_strings_are_kept() -> None:
    assert json_ld(blocks('{"name": "a\nb\tc"}')) == [{"name": "a\nb\tc"}]


def test_strings_of_a_good_block_are_never_repaired() -> None:
    assert json_ld(blocks('{"name": "a,] <!-- &quot;"}')) == [{"name": "a,] <!-- &quot;"}]


def test_order_and_graphs() -> None:
    page = blocks('{"a": 1}', "broken", '{"@id": "x", "name": "whole", "@graph": [{"b": 2}, 3]}', '[{"c": 3}, "x"]')
    found = json_ld(page)
    assert [sorted(item) for item in found] == [["a"], ["b"], ["@graph", "@id", "name"], ["c"]]


@pytest.mark.parametrize("kind", ["APPLICATION/LD+JSON", "application/ld+json; charset=utf-8"])
def test_types_are_read_kindly(kind: str) -> None:
    assert json_ld(blocks('{"a": 1}', kind=kind)) == [{"a": 1}]


@pytest.mark.parametrize(
    "text", ["", "null", "12", '"x"', "{", "[" * 100_000, '{"a":' * 100_000, "not json", ", " * 100_000]
)
def test_nothing_raises(text: str) -> None:
    assert json_ld(blocks(text)) == []


def test_other_scripts_are_not_read() -> None:
    assert json_ld(blocks('{"a": 1}', kind="application/json")) == []


def test_organizations_are_the_sites_own() -> None:
    page = blocks(
        '{"@graph": [{"@type": ["Person", "Organization"], "sameAs": "https://x.com/a"}, {"@type": "WebSite", "publisher":'
        ' {"@type": "https://schema.org/Bakery", "telephone": "1", "address": {"@type": "PostalAddress", "email": "no"}}},'
        ' {"@type": "Article", "author": {"@type": "Organization", "email": "no"}}, {"@type": "Person", "email": "no"}]}',
    )
    found = organizations(json_ld(page))
    assert [types_of(one) for one in found] == [{"Person", "Organization"}, {"Bakery"}]
    assert texts(found[0]["sameAs"]) == ["https://x.com/a"]


def test_texts() -> None:
    assert texts([" a ", "", 3, None, {"@id": "b"}, {"url": "c"}, {}]) == ["a", "b", "c"]
    assert texts(None) == []


def test_microdata() -> None:
    html = """<div itemscope itemtype="https://schema.org/Bakery"><span itemprop="name">Dupré </span>
    <a itemprop="sameAs" href="/x">x</a><a itemprop="sameAs" href="/y">y</a><a itemprop="sameAs" href="/z">z</a>
    <div itemprop="address" itemscope itemtype="https://schema.org/PostalAddress"><meta itemprop="postalCode" content="45990">
    </div></div><p itemprop="stray">no</p>"""
    shop, address = microdata(Page("http://a.example/", 200, [], html))
    assert shop == {
        "@type": "https://schema.org/Bakery",
        "name": "Dupré",
        "sameAs": ["http://a.example/x", "http://a.example/y", "http://a.example/z"],
    }
    assert address["postalCode"] == "45990"
    assert organizations([shop, address]) == [shop]


def test_microdata_as_json_ld_would_have_it() -> None:
    html = """<div itemscope itemtype="https://schema.org/Bakery"><p itemprop="name">Dupré</p>
    <div itemprop="review" itemscope itemtype="https://schema.org/Review"><b itemprop="reviewBody">Bon</b>
    <time itemprop="datePublished" datetime="2026-01-05">hier</time></div>
    <div itemprop="review" itemscope itemtype="https://schema.org/Review"><b itemprop="reviewBody">Très bon</b></div></div>
    <p itemscope><i itemprop="name">x</i></p>"""
    shop, other = microdata_items(Page("http://a.example/", 200, [], html))
    assert shop == {
        "@type": "https://schema.org/Bakery",
        "name": "Dupré",
        "review": [
            {"@type": "https://schema.org/Review", "reviewBody": "Bon", "datePublished": "2026-01-05"},
            {"@type": "https://schema.org/Review", "reviewBody": "Très bon"},
        ],
    }
    assert other == {"@type": "", "name": "x"}


def test_microdata_reads_no_more_than_two_million_characters() -> None:
    html = "<div itemscope>" + "<div itemprop=a>" * 200 + "x" * 1_000_000
    (item,) = microdata_items(Page("http://a.example/", 200, [], html))
    assert [len(value) for value in item["a"]] == [10_000, 10_000]


def test_state_of_a_page_made_by_scripts() -> None:
    html = """<script id="__NEXT_DATA__" type="application/json">{"a": [{"b": "x"}, 2]}</script>
    <script>window.__NUXT__ = {"c": null}; go()</script><script>window.__OTHER__=go({})</script><script>var x = 1</script>
    <script type="application/json">{broken</script>"""
    found = state(Page("http://a.example/", 200, [], html))
    assert found == [{"a": [{"b": "x"}, 2]}, {"c": None}]
    assert list(leaves(found)) == [("b", "x"), ("a", 2), ("c", None)]


def test_deep_values_do_not_raise() -> None:
    deep = "[" * 5000 + "]" * 5000
    assert state(Page("http://a.example/", 200, [], f'<script type="application/json">{deep}</script>')) == []
