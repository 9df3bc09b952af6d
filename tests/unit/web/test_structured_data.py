from __future__ import annotations

import pytest

from shared.web.page import Page
from shared.web.structured_data import json_ld


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
