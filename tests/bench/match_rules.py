"""A rule set in the Wappalyzer format, as large as the public ones and shaped like them, of invented products.

How many entries have which field, and what patterns of a field look like, follows what such sets are known for
(half name script addresses, half JavaScript values, a fifth selectors, a tenth metas and headers); no pattern is
taken from one. A share of selectors and patterns is as loose as theirs are, so that pages do match.
"""

from __future__ import annotations

import json
import string
from pathlib import Path
from random import Random
from typing import Any

_CATEGORIES = ("CMS", "Ecommerce", "Analytics", "Advertising", "Live chat", "JavaScript libraries", "Widgets", "SEO")
_SYLLABLES = [a + b for a in "bcdfglmnprstvz" for b in ("a", "e", "i", "o", "u", "ar", "en", "il", "on", "ux")]
_TLDS = ("com", "io", "net", "co", "ai", "app")
_LOOSE = ("card", "price", "menu", "section", "container", "header", "footer", "product", "grid", "entry-content")
"""Class names that pages have of themselves."""

_SHARES: tuple[tuple[str, float, int], ...] = (
    ("scriptSrc", 0.52, 2),
    ("js", 0.46, 3),
    ("dom", 0.21, 2),
    ("scripts", 0.11, 1),
    ("implies", 0.11, 1),
    ("meta", 0.10, 1),
    ("headers", 0.09, 2),
    ("html", 0.06, 2),
    ("cookies", 0.05, 2),
    ("url", 0.01, 1),
    ("text", 0.01, 1),
)
"""Field, share of the entries that have it, most patterns an entry has of it."""


def write_rules(folder: Path, count: int, seed: int = 7) -> int:
    """Write `categories.json` and `technologies/a.json` … `z.json`; gives the number of patterns that a page
    without a browser can be held against."""
    chance = Random(seed)
    names = _names(count, chance)
    by_letter: dict[str, dict[str, Any]] = {letter: {} for letter in string.ascii_lowercase}
    patterns = 0
    for name in names:
        entry = _entry(name, names, chance)
        by_letter[name[0].lower()][name] = entry
        patterns += sum(len(entry.get(field, ())) for field, _, _ in _SHARES if field not in ("js", "implies"))
    (folder / "technologies").mkdir(parents=True)
    for letter, entries in by_letter.items():
        (folder / "technologies" / f"{letter}.json").write_text(json.dumps(entries), "utf-8")
    categories = {str(n): {"name": name, "groups": [1], "priority": 1} for n, name in enumerate(_CATEGORIES, 1)}
    (folder / "categories.json").write_text(json.dumps(categories), "utf-8")
    return patterns


def _names(count: int, chance: Random) -> list[str]:
    found: dict[str, None] = {}
    while len(found) < count:
        found["".join(chance.choices(_SYLLABLES, k=chance.choice((2, 3, 3, 4)))).capitalize()] = None
    return list(found)


def _entry(name: str, names: list[str], chance: Random) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "cats": [chance.randint(1, len(_CATEGORIES))],
        "website": f"https://{name.lower()}.example",
        "description": f"{name} is a product.",
    }
    fields = [(field, most) for field, share, most in _SHARES if chance.random() < share]
    for field, most in fields or [("scriptSrc", 1)]:
        entry[field] = _field(field, name, names, chance, chance.randint(1, most))
    return entry


def _field(field: str, name: str, names: list[str], chance: Random, count: int) -> Any:
    word = name.lower()
    match field:
        case "implies":
            return [chance.choice(names)]
        case "js":
            return {f"{name}.{key}": "" for key in ("version", "init", "config")[:count]}
        case "meta":
            return {
                chance.choice(
                    ("generator", "application-name", f"{word}-site")
                ): f"^{name}(?: ([\\d.]+))?\\;version:\\1"
            }
        case "headers":
            named = (
                ("X-Powered-By", f"^{name}"),
                ("Server", f"{name}(?:/([\\d.]+))?\\;version:\\1"),
                (f"x-{word}-id", ""),
            )
            return dict(chance.sample(named, count))
        case "cookies":
            return {f"{prefix}{word}": "" for prefix in ("_", "sess_")[:count]}
        case "dom":
            return [_selector(word, chance) for _ in range(count)]
        case _:
            return [_pattern(field, word, name, chance) for _ in range(count)]


def _pattern(field: str, word: str, name: str, chance: Random) -> str:
    tld = chance.choice(_TLDS)
    ways = {
        "scriptSrc": (
            f"cdn\\.{word}\\.{tld}/",
            f"/{word}(?:[.-]([\\d.]*\\d))?(?:\\.min)?\\.js\\;version:\\1",
            f"(?:static|widget)\\.{word}\\.{tld}/.+\\.js",
            f"/wp-content/plugins/{word}/.+(?:\\?ver=([\\d.]+))?\\;version:\\1",
            f"{word}[^/]*\\.js(?:\\?v=([\\d.]+))?\\;version:\\1",
            f"^https?://[^/]+\\.{word}\\.{tld}",
            f"/{word}/(?:js|dist)/[a-z]+\\.js\\;confidence:50",
        ),
        "scripts": (f"{name}\\.(?:init|boot)\\(", f"window\\.{word}\\s*=", f"\\.{word}\\.{tld}/embed"),
        "html": (
            f"<!-- (?:Powered by |This is )?{name}",
            f"<link[^>]+/{word}/[^>]+\\.css",
            f'<div class="[^"]*{word}-',
            f"<(?:iframe|img)[^>]+{word}\\.{tld}",
        ),
        "url": (f"^https?://[^/]+\\.{word}\\.{tld}",),
        "text": (f"\\bPowered by {name}\\b",),
    }[field]
    return chance.choice(ways)


def _selector(word: str, chance: Random) -> str:
    if chance.random() < 0.005:
        return f"{chance.choice(('div', 'section', 'ul', 'span', 'li'))}.{chance.choice(_LOOSE)}"
    return chance.choice(
        (
            f"link[href*='/wp-content/plugins/{word}/']",
            f"link[href*='cdn.{word}.']",
            f"iframe[src*='//player.{word}.']",
            f"a[href*='.{word}.'][target='_blank']",
            f"div.{word}-widget, div.{word}-container",
            f"#{word}-root",
            f"script[data-{word}-id]",
        )
    )
