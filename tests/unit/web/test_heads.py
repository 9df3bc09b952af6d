"""Heads are how matches begin: a search for them misses no match."""

import pytest

from shared.web import sections
from shared.web.cues import matches_among
from shared.web.folding import fold
from shared.web.heads import heads
from tests.golden.cases import load


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("hebergeurs?", {"heberg"}),
        ("(?:site )?(?:concu|realise)", {"site concu", "site realise", "concu", "realise"}),
        ("dpo|cnil", {"dpo", "cnil"}),
        ("delegue[e]? a la", {"delegue"}),
        ("a(?:b|c)+d", {"ab", "ac"}),
        ("ab[^c]", {"ab"}),
        ("host(?= ?:)", {"host"}),
        ("[ab]c{2}", {"acc", "bcc"}),
    ],
)
def test_heads(pattern, expected):
    found = heads(pattern)
    assert all(any(one.startswith(head) for head in found) for one in expected)
    assert all(any(one.startswith(head) or head.startswith(one) for one in expected) for head in found)


@pytest.mark.parametrize("pattern", [".x", "a?", r"\w+", "(?:a|.)b"])
def test_what_may_begin_with_anything_is_refused(pattern):
    with pytest.raises(ValueError, match="anything"):
        heads(pattern)


def test_the_words_of_parties_are_found_as_by_the_expression_alone():
    slugs = ("emails", "legal_ids", "legal_mentions", "phones_extra")
    pages = [page.outline for slug in slugs for case in load(slug) for page in case.site()]
    cue = sections._cue()
    found = 0
    for blocks in pages:
        spoken = sections._spoken(blocks)
        for index, block in enumerate(blocks):
            plain = [(one.span(), one.lastgroup) for one in cue.expression.finditer(fold(block.text))]
            quick = matches_among(cue.expression, *spoken[index]) if index in spoken else ()
            assert [(one.span(), one.lastgroup) for one in quick] == plain
            found += len(plain)
    assert found > 100
