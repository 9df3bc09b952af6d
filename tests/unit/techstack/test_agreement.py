"""Three ways to find candidates, one answer, over many pages; and that answer is what was put in."""

from __future__ import annotations

import random

import pytest

from services.techstack.detect import detect, evidence_of
from services.techstack.engine import Matcher
from services.techstack.evidence import PageEvidence
from services.techstack.extra import extend
from services.techstack.fallback import LiteralFilter
from services.techstack.hyperscan_filter import HyperscanFilter
from services.techstack.rules import default_rules
from tests.bench.match import AllCandidates, large_pages
from tests.bench.match_rules import write_rules
from tests.unit.techstack.saved import saved
from tests.world.corpus import corpus

FAMILIES = 34
"""Of the corpus: one turn through it has a page of each."""

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


def three_ways(rules):
    return Matcher(rules, HyperscanFilter), Matcher(rules, LiteralFilter), Matcher(rules, AllCandidates)


@pytest.fixture(scope="module")
def matchers():
    return three_ways(default_rules())


@pytest.fixture(scope="module")
def pages():
    return list(corpus(10 * FAMILIES, seed=1))


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


def test_on_the_corpus(matchers, pages):
    hits = [agree(matchers, evidence_of(page.page())) for page in pages]
    assert len(hits) >= 300
    assert sum(hits) > 4 * len(hits)


def test_on_large_pages(matchers):
    for page in large_pages(6, seed=3):
        assert agree(matchers, evidence_of(page.page())) >= 5


def test_with_a_set_of_an_operator(tmp_path, pages):
    write_rules(tmp_path / "set", 300)
    matchers = three_ways(extend(default_rules(), tmp_path / "set").rules)
    for page in pages[:FAMILIES]:
        agree(matchers, evidence_of(page.page()))


def test_the_corpus_is_varied_and_the_same_each_time(pages):
    assert list(corpus(FAMILIES, seed=1)) == pages[:FAMILIES]
    assert next(corpus(1, seed=2)) != pages[0]
    assert len({page.name.partition("-")[2] for page in pages}) == FAMILIES
    assert len({page.charset for page in pages}) >= 8
    assert len({defect for page in pages for defect in page.defects}) == 10
    assert len({slug for page in pages for slug in page.technologies}) >= 150


def test_large_pages_are_as_large_as_the_benchmark_says():
    pages = large_pages(FAMILIES, seed=5)
    assert 130_000 < sum(len(page.body) for page in pages) / len(pages) < 170_000
    for page in pages:
        scripts = page.page()
        assert len(scripts.scripts) + len(scripts.inline_scripts) >= 30, page.name
        assert len(page.technologies) >= 5, page.name


def with_implied(slugs):
    found, waiting = set(), list(slugs)
    while waiting:
        slug = waiting.pop()
        if slug not in found:
            found.add(slug)
            waiting += [implied.slug for implied in default_rules().technologies[slug].implies]
    return found


def test_what_was_put_in_is_found_and_nothing_else(pages):
    for page in pages:
        found = {one.slug for one in detect(evidence_of(page.page()))}
        assert found == with_implied(page.technologies), (page.name, page.charset, page.defects)
