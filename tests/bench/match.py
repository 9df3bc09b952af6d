"""The technology matcher's speed over synthetic pages of 100-175 KB, for each way to find candidates.

Run: python -m tests.bench.match [pages]. Times are the thread's own CPU time; pages are parsed beforehand.
The last line is `RESULT match <ms> ms_per_page` (Hyperscan).
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Iterable, Sequence

import msgspec

from services.techstack.engine import Matcher
from services.techstack.evidence import PageEvidence
from services.techstack.fallback import LiteralFilter
from services.techstack.hyperscan_filter import HyperscanFilter
from services.techstack.prefilter import Needle, Prefilter
from services.techstack.rules import default_rules
from tests.unit.techstack.saved import saved

WORDS = [
    "atelier",
    "artisan",
    "bois",
    "cuisine",
    "maison",
    "service",
    "client",
    "devis",
    "qualité",
    "projet",
    "équipe",
    "région",
    "histoire",
    "chantier",
    "conseil",
    "produit",
    "livraison",
    "gamme",
    "rénovation",
    "confort",
    "énergie",
    "jardin",
    "façade",
    "entreprise",
    "familiale",
    "depuis",
]


class AllCandidates:
    """No prefilter: every expression is tried on every text."""

    def __init__(self, needles: Sequence[Needle]) -> None:
        self._all = range(len(needles))

    def candidates(self, data: bytes) -> Iterable[int]:
        return self._all


def synthetic_pages(count: int, seed: int = 7) -> list[PageEvidence]:
    """Golden pages, a dozen to each, between blocks of text and markup as builders write it."""
    chance = random.Random(seed)
    cases = list(saved("positive").values())
    pages = []
    for _ in range(count):
        some = chance.sample(cases, 12)
        size = chance.randint(100_000, 175_000)
        body = [case.html for case in some]
        while sum(map(len, body)) < size:
            text = " ".join(chance.choices(WORDS, k=chance.randint(20, 90)))
            name = chance.choice(WORDS)
            body.append(
                f'<section class="et_pb_section {name}-{chance.randint(1, 999)}" data-id="{chance.random()}"><h2>{name}</h2>'
                f'<a href="https://www.exemple.fr/{name}/{chance.randint(1, 99)}"><img loading="lazy" src="/media/{name}.webp" '
                f'style="--w:{chance.randint(1, 99)}%" alt="{name}"></a><p>{text}</p></section>\n'
            )
        chance.shuffle(body)
        parts = [case.evidence() for case in some]
        scripts = [url for part in parts for url in part.scripts]
        pages.append(
            PageEvidence(
                url="https://www.exemple.fr/",
                headers={name: values for part in parts for name, values in part.headers.items()},
                cookies={name: value for part in parts for name, value in part.cookies.items()},
                meta={name: values for part in parts for name, values in part.meta.items()},
                scripts=scripts + [f"https://www.exemple.fr/js/{word}.min.js?v=3" for word in WORDS],
                inline_scripts=[text for part in parts for text in part.inline_scripts]
                + ["(function(){var a=1;" + "function f(n){return n?n*f(n-1):1;}" * 300 + "})();"],
                html="".join(body),
            )
        )
    return pages


def measure(prefilter: type[Prefilter], pages: Sequence[PageEvidence]) -> tuple[float, float, float, int]:
    """CPU milliseconds to compile, mean and worst for a page, hits in all."""
    started = time.thread_time()
    matcher = Matcher(default_rules(), prefilter)
    built = time.thread_time() - started
    matcher.match(pages[0])
    times, hits = [], 0
    for page in pages:
        tree = page.tree()  # parsing is the page's cost, shared with everything else that reads it
        ready = msgspec.structs.replace(page, parse=lambda tree=tree: tree)
        started = time.thread_time()
        hits += len(matcher.match(ready, time_limit=60).hits)
        times.append(time.thread_time() - started)
    return built * 1000, sum(times) / len(times) * 1000, max(times) * 1000, hits


def main(count: int) -> None:
    pages = synthetic_pages(count)
    rules = default_rules()
    probes = sum(len(technology.probes) for technology in rules.technologies.values())
    size = sum(len(page.html.encode()) for page in pages) / len(pages) / 1000
    print(f"{len(rules.technologies)} technologies, {probes} probes, {count} pages of {size:.0f} KB on average")
    print(f"{'candidates by':<16}{'build ms':>10}{'ms/page':>10}{'worst ms':>10}{'pages/s':>10}{'hits':>8}")
    results = {}
    ways: list[tuple[str, type[Prefilter], int]] = [
        ("hyperscan", HyperscanFilter, count),
        ("ahocorasick_rs", LiteralFilter, count),
        ("none (re alone)", AllCandidates, max(5, count // 10)),
    ]
    for name, prefilter, share in ways:
        built, mean, worst, hits = measure(prefilter, pages[:share])
        results[name] = mean
        print(f"{name:<16}{built:>10.0f}{mean:>10.2f}{worst:>10.2f}{1000 / mean:>10.0f}{hits:>8}")
    print(f"hyperscan is {results['none (re alone)'] / results['hyperscan']:.0f} times as fast as re alone")
    print(f"RESULT match {results['hyperscan']:.3f} ms_per_page")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200)
