"""Whether a site is a page among others on somebody else's site."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

_FILE = Path(__file__).parent / "aggregators.txt"


def is_aggregator(site: str) -> bool:
    """True for a page of a social network, a directory or a marketplace (`aggregators.txt`)."""
    exact, any_country = _hosts()
    host = (urlsplit(site if "://" in site else f"//{site}").hostname or "").removeprefix("www.")
    labels = host.split(".")
    tails = {".".join(labels[start:]) for start in range(len(labels))}
    if tails & exact:
        return True
    # `facebook.` stands for facebook.com and facebook.fr, and not for facebook.example.com.
    names = {labels[-2]} if len(labels) >= 2 else set()
    if len(labels) >= 3 and labels[-2] in {"co", "com"}:
        names.add(labels[-3])
    return bool(names & any_country)


@cache
def _hosts() -> tuple[frozenset[str], frozenset[str]]:
    lines = [line.strip() for line in _FILE.read_text(encoding="utf-8").splitlines()]
    hosts = [line for line in lines if line and not line.startswith("#")]
    return (
        frozenset(host for host in hosts if not host.endswith(".")),
        frozenset(host.removesuffix(".") for host in hosts if host.endswith(".")),
    )
