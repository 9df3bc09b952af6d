"""Three ways to find candidates, one answer, over many pages."""

from __future__ import annotations

import random

import pytest

from services.techstack.engine import Matcher
from services.techstack.evidence import PageEvidence
from services.techstack.fallback import LiteralFilter
from services.techstack.hyperscan_filter import HyperscanFilter
from services.techstack.rules import default_rules
from tests.bench.match import AllCandidates, synthetic_pages
from tests.unit.techstack.saved import saved

NOISE = ["é", "ſ", "K", "\x00", "\n", "\u2028", "😀", "</script>", "<!--", "'", '"', "%2F", " ", "-", "\udcff"]


def mangle(text: str, chance: random.Random) -> str:
    """The text with some of its characters gone, doubled, changed in case, or foreign ones among them."""
    letters = list(text)
    for _ in range(chance.choice([0, 0, 1, 3, 12])):
        if letters:
            at = chance.randrange(len(letters))
            old = letters[at]
            letters[at] = chance.choice(["", old + old, old.upper(), old.lower(), old + chance.choice(NOISE)])
    changed = "".join(letters)
    return chance.choice([changed, changed, changed, changed.upper(), changed[: chance.randint(1, len(changed) + 1)]])


def mutated_pages(count: int, seed: int) -> list[PageEvidence]:
    chance = random.Random(seed)
    cases = [*saved("positive").values(), *saved("negative").values(), *saved("sites").values()]
    pages = []
    for _ in range(count):
        parts = [case.evidence() for case in chance.sample(cases, chance.randint(1, 6))]
        pages.append(
            PageEvidence(
                url=mangle(parts[0].url, chance),
                headers={k: [mangle(v, chance) for v in vs] for part in parts for k, vs in part.headers.items()},
                cookies={k: v for part in parts for k, v in part.cookies.items()},
                meta={k: [mangle(v, chance) for v in vs] for part in parts for k, vs in part.meta.items()},
                scripts=[mangle(url, chance) for part in parts for url in part.scripts],
                inline_scripts=[mangle(text, chance) for part in parts for text in part.inline_scripts],
                html="".join(mangle(part.html, chance) for part in parts),
            )
        )
    return pages


@pytest.fixture(scope="module")
def matchers():
    rules = default_rules()
    return Matcher(rules, HyperscanFilter), Matcher(rules, LiteralFilter), Matcher(rules, AllCandidates)


def agree(matchers, page):
    """The prefilters agree on everything, and with no prefilter on all but selectors: those are only tried
    where their words stand in the text as sent, and a parser may make such words of something else."""
    fast, fallback, plain = (matcher.match(page, time_limit=60) for matcher in matchers)
    assert fallback == fast
    assert [hit for hit in plain.hits if hit.where != "dom"] == [hit for hit in fast.hits if hit.where != "dom"]
    assert set(fast.hits) <= set(plain.hits)
    return len(fast.hits)


def test_on_golden_pages(matchers):
    for kind in ("positive", "negative", "sites"):
        for case in saved(kind).values():
            agree(matchers, case.evidence())


def test_on_mutated_pages(matchers):
    hits = [agree(matchers, page) for page in mutated_pages(300, seed=11)]
    assert sum(hits) > 600, "mutation has left nothing to agree on"


def test_on_large_pages(matchers):
    for page in synthetic_pages(6, seed=3):
        assert agree(matchers, page) > 10
