"""The corpus: pages put together from hand-written parts by a seeded dice.

A page is a family (a CMS, a shop system, a builder, a static site, an application's shell), some vendors' tags,
filler up to a size, sometimes defects of markup, and an encoding. The same arguments give the same bytes.
Nothing is made from the detector's rules, so what it finds can be held against what was put in.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count as numbers
from random import Random

import msgspec

from tests.world.corpus.defects import DEFECTS
from tests.world.corpus.filler import BLOCKS, LANGUAGES, words
from tests.world.corpus.fragments import Family, Fragment, families, filled, vendors
from tests.world.corpus.page import SavedPage
from tests.world.corpus.town import TAGS, TEMPLATES, built

_SPREAD = (0.3, 1.7)
"""Of sizes around the mean, drawn evenly: home pages differ by as much."""

_CHARSETS = ("utf-8",) * 8 + ("utf-8-sig", "utf-16")
_WESTERN = ("cp1252", "iso8859-15")
_BY_LANGUAGE = {"ru": ("cp1251", "koi8-r"), "ja": ("shift_jis", "euc_jp"), "pl": ("iso8859-2", "cp1250")}


class _Draft(msgspec.Struct):
    """A page while it is put together."""

    family: str
    html: str
    found: set[str]
    headers: dict[str, str] = {}
    cookies: dict[str, str] = {}


def corpus(
    count: int, seed: int, *, mean_bytes: int = 16_000, least_scripts: int = 0, least_technologies: int = 0
) -> Iterator[SavedPage]:
    """So many pages, of one family after another. `mean_bytes` is what they measure on average, nearly (a
    family's own markup is never cut, and UTF-16 doubles it); the other two hold for every page."""
    names = [*TEMPLATES, *(family.name for family in families())]
    for number in range(count):
        chance = Random(f"{seed}/{number}")
        yield _page(number, names[number % len(names)], chance, mean_bytes, least_scripts, least_technologies)


def _page(number: int, family: str, chance: Random, mean: int, scripts: int, technologies: int) -> SavedPage:
    language = chance.choice(LANGUAGES)
    host = f"site-{chance.getrandbits(24):06x}.test"
    draft = _draft(family, chance, language, host, max(technologies, chance.randint(0, 9)))
    _add_scripts(draft, chance, scripts)
    _fill(draft, chance, language, int(mean * chance.uniform(*_SPREAD)))
    spoiled = chance.sample(DEFECTS, chance.choice((0, 0, 0, 1, 1, 2, 3)))
    for spoil in spoiled:
        draft.html = spoil(draft.html, chance)
    charset = chance.choice((*_CHARSETS, *_BY_LANGUAGE.get(language, _WESTERN)))
    declared = "utf-8" if charset.startswith("utf-8") else charset
    if charset != "utf-8" or chance.random() < 0.7:  # the rest say it in a meta element, or nowhere
        draft.headers["content-type"] = f"text/html; charset={declared}"
    draft.headers.setdefault("content-type", "text/html")
    headers = [
        *draft.headers.items(),
        *(("set-cookie", f"{k}={v}; path=/; HttpOnly") for k, v in draft.cookies.items()),
    ]
    return SavedPage(
        name=f"{number:04}-{family}",
        url=f"https://{host}/",
        headers=headers,
        body=draft.html.encode(charset, "xmlcharrefreplace"),
        charset=charset,
        technologies=frozenset(draft.found),
        defects=tuple(one.__name__ for one in spoiled),
    )


def _draft(family: str, chance: Random, language: str, host: str, wanted: int) -> _Draft:
    name = words(chance, language, 2).title()
    tags = chance.sample(sorted(TAGS), wanted // 2)
    if family in TEMPLATES:
        page = built(family, tags, [words(chance, language, 30) for _ in range(3)], chance, host=host, name=name)
        draft = _Draft(family, page.html, set(page.technologies))
    else:
        (one,) = (one for one in families() if one.name == family)
        draft = _of_family(one, chance, language, {"host": host, "name": name, "title": name, "lang": language})
    fitting = [one for one in vendors() if one.needs in ("", family)]
    for fragment in chance.sample(fitting, len(fitting)):
        if len(draft.found) >= wanted:
            break
        _add(draft, fragment, chance, host)
    return draft


def _of_family(family: Family, chance: Random, language: str, names: dict[str, str]) -> _Draft:
    sections = "\n".join(family.section.replace("@text@", words(chance, language, 40)) for _ in range(3))
    html = f"{family.head}\n</head>\n{family.body}\n<h1>@title@</h1>\n{sections}\n{family.foot}\n</body>\n</html>\n"
    return _Draft(
        family.name,
        filled(html, chance, names),
        set(family.technologies),
        {name: filled(value, chance, names) for name, value in family.headers.items()},
        {name: filled(value, chance, names) for name, value in family.cookies.items()},
    )


def _add(draft: _Draft, fragment: Fragment, chance: Random, host: str) -> None:
    """A vendor's part, unless another has its place already: a header is sent once."""
    if not draft.headers.keys().isdisjoint(fragment.headers):
        return
    draft.found.update(fragment.technologies)
    names = {"host": host}
    draft.headers.update({name: filled(value, chance, names) for name, value in fragment.headers.items()})
    draft.cookies.update({name: filled(value, chance, names) for name, value in fragment.cookies.items()})
    _insert(draft, filled(fragment.html, chance, names), fragment.place)


def _insert(draft: _Draft, html: str, place: str) -> None:
    """At the end of the head or the body, or after the last first-level heading (a page without one: at its end)."""
    lower = draft.html.lower()
    heading = lower.rfind("</h1>") + len("</h1>") if place == "body" and "</h1>" in lower else -1
    at = heading if heading > 0 else lower.rfind("</head>" if place == "head" else "</body>")
    draft.html = f"{draft.html[:at]}{html}\n{draft.html[at:]}"


def _add_scripts(draft: _Draft, chance: Random, least: int) -> None:
    """A site's own bundles, until there are enough."""
    there = draft.html.lower().count("<script")
    bundles = (
        f'<script src="/build/{chance.choice(("app", "vendor", "page", "menu", "forms"))}-{n}.{chance.getrandbits(32):08x}.js" defer></script>'
        for n in numbers()
    )
    _insert(draft, "\n".join(next(bundles) for _ in range(least - there)), "foot")


def _fill(draft: _Draft, chance: Random, language: str, size: int) -> None:
    """Blocks of content after the first heading, until the page has its size in bytes."""
    blocks: list[str] = []
    missing = size - len(draft.html.encode())
    while missing > 0:
        block = chance.choice(BLOCKS)(chance, language)
        length = len(block.encode())
        if length < 2 * missing:  # so that pages are too long as often as too short
            blocks.append(block)
        missing -= length
    _insert(draft, "\n".join(blocks), "body")
