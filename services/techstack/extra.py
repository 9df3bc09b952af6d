"""A rule set in the Wappalyzer format that a self-hoster brings along, beside our own rules.

None comes with the product: the public sets have licences of their own. What such a set says of the
page's JavaScript values, styles, certificates or DNS is left out: nothing of that is seen here.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any

import msgspec

from services.techstack.patterns import PatternError, parse_pattern
from services.techstack.rules import (
    Implied,
    Probe,
    RuleBook,
    RuleError,
    Technology,
    dom_probes,
    keyed_probes,
    probe_fault,
    text_probes,
)
from services.techstack.schema import Category, DomRule, Label, RuleEntry

_OTHER_NAMES = {
    "a-b testing": "ab_testing",
    "advertising": "ad_network",
    "affiliate programs": "affiliation",
    "appointment scheduling": "booking",
    "blogs": "cms",
    "caching": "cache",
    "cms": "cms",
    "cookie compliance": "consent",
    "documentation": "documentation",
    "ecommerce": "shop",
    "email": "email_marketing",
    "font scripts": "fonts",
    "form builders": "form",
    "issue trackers": "monitoring",
    "javascript frameworks": "js_framework",
    "javascript libraries": "js_library",
    "landing page builders": "builder",
    "lms": "learning",
    "marketing automation": "email_marketing",
    "message boards": "forum",
    "operating systems": "operating_system",
    "page builders": "page_builder",
    "paas": "hosting",
    "payment processors": "payment",
    "performance": "cache",
    "personalisation": "ab_testing",
    "programming languages": "language",
    "reservations & delivery": "booking",
    "retargeting": "ads",
    "rum": "monitoring",
    "search engines": "search",
    "static site generator": "static_site",
    "surveys": "survey",
    "tag managers": "tag_manager",
    "ui frameworks": "css_framework",
    "video players": "video",
    "web frameworks": "web_framework",
    "web servers": "server",
    "wordpress plugins": "plugin",
    "wordpress themes": "theme",
}
"""Names of the format's categories that mean one of ours. Others that are not called like one of ours
become categories of their own."""

_INDEX_FILES = frozenset({"categories.json", "groups.json"})


class Skipped(msgspec.Struct, frozen=True):
    """What of an extra set is not used."""

    known: int = 0
    """Technologies that our rules have: ours win."""
    entries: int = 0
    """Technologies that cannot be read, or of a category that is not defined."""
    patterns: int = 0
    """Patterns that are invalid or could stall a worker, and links to technologies that are not there."""


class Extended(msgspec.Struct, frozen=True):
    rules: RuleBook
    """Ours first, so that they also come first in the flat columns."""
    added: int
    skipped: Skipped


class _Category(msgspec.Struct):
    name: str


class _Dom(msgspec.Struct):
    """What the format may ask of an element; `properties` only exist in a browser."""

    exists: str | None = None
    text: str | None = None
    attributes: dict[str, str] = {}


_BARE = RuleEntry(name="", categories=[], website="")

Strings = str | list[str]


class _Entry(msgspec.Struct, rename="camel"):
    """One technology in the format. Fields that are not named here are ignored."""

    cats: list[int]
    website: str = ""
    description: str = ""
    headers: dict[str, Strings] = {}
    cookies: dict[str, Strings] = {}
    meta: dict[str, Strings] = {}
    url: Strings = []
    script_src: Strings = []
    scripts: Strings = []
    html: Strings = []
    text: Strings = []
    dom: Any = []
    implies: Strings = []
    requires: Strings = []
    requires_category: int | list[int] = []
    excludes: Strings = []


def files_of(path: Path) -> list[Path]:
    """The files of a set, in one order: a JSON file with its `categories.json` beside it, or a folder of them
    (`a.json` to `z.json`, also in a subfolder `technologies`). Raises RuleError when there is nothing."""
    if path.is_dir():
        found = sorted(path.glob("*.json")) + sorted((path / "technologies").glob("*.json"))
    else:
        found = [path, path.with_name("categories.json")]
    found = [file for file in dict.fromkeys(found) if file.is_file()]
    if not any(file.name not in _INDEX_FILES for file in found):
        raise RuleError(f"{path}: no file with technologies is there")
    return found


def extend(book: RuleBook, path: Path) -> Extended:
    """Our book and what the set at `path` has besides. Raises RuleError when a file is no JSON object."""
    entries, categories = _read(path)
    return _Extension(book, categories).of(entries)


def _read(path: Path) -> tuple[dict[str, Any], dict[int, str]]:
    entries: dict[str, Any] = {}
    categories: dict[str, Any] = {}
    for file in files_of(path):
        try:
            content = msgspec.json.decode(file.read_bytes(), type=dict[str, Any])
        except (msgspec.DecodeError, OSError, RecursionError) as error:
            raise RuleError(f"{file}: {error}") from error
        if file.name == "categories.json":
            categories |= content
        elif file.name not in _INDEX_FILES:
            # Older sets are one file with both parts.
            categories |= content.get("categories") or {}
            entries |= content.get("technologies") or content.get("apps") or content
    names: dict[int, str] = {}
    for number, category in categories.items():
        if number.isdigit() and isinstance(category, dict) and isinstance(category.get("name"), str):
            names[int(number)] = category["name"]
    return entries, names


class _Extension:
    """Turns entries into technologies, counting what it must leave out."""

    def __init__(self, book: RuleBook, categories: Mapping[int, str]) -> None:
        self._book = book
        self._slugs = {name.casefold(): slug for slug, one in book.technologies.items() for name in _names(one)}
        self._categories = dict(book.categories)
        self._numbers = {number: self._category(name) for number, name in categories.items()}
        self._known = self._entries = self._patterns = 0

    def of(self, entries: Mapping[str, Any]) -> Extended:
        readable: dict[str, tuple[str, _Entry]] = {}
        for name, raw in entries.items():
            slug = _slug(name)
            if name.casefold() in self._slugs or slug in self._book.technologies:
                self._known += 1
                continue
            entry = self._entry(raw)
            if entry is None or not slug or slug in readable:
                self._entries += 1
                continue
            readable[slug] = (name, entry)
            self._slugs[name.casefold()] = slug
        added = {slug: self._technology(slug, name, entry) for slug, (name, entry) in readable.items()}
        self._open_cycles(added)
        used = {slug for one in added.values() for slug in one.categories}
        return Extended(
            RuleBook(
                self._book.technologies | added,
                {slug: one for slug, one in self._categories.items() if slug in self._book.categories or slug in used},
            ),
            len(added),
            Skipped(self._known, self._entries, self._patterns),
        )

    def _category(self, name: str) -> str:
        slug = _OTHER_NAMES.get(name.casefold()) or _slug(name)
        self._categories.setdefault(slug, Category(slug, Label(name, name)))
        return slug

    def _entry(self, raw: Any) -> _Entry | None:
        try:
            entry = msgspec.convert(raw, _Entry)
        except msgspec.ValidationError:
            return None
        return entry if any(number in self._numbers for number in entry.cats) else None

    def _technology(self, slug: str, name: str, entry: _Entry) -> Technology:
        required = entry.requires_category if isinstance(entry.requires_category, list) else [entry.requires_category]
        return Technology(
            slug=slug,
            name=name,
            categories=self._category_slugs(entry.cats),
            website=entry.website,
            description=entry.description,
            probes=tuple(self._probes(slug, entry)),
            implies=tuple(self._implied(slug, _list(entry.implies))),
            # What is required but not known is never there: the technology must not become unconditional.
            requires=frozenset(self._slugs.get(other.casefold()) or _slug(other) for other in _list(entry.requires)),
            requires_category=frozenset(self._numbers.get(number, f"number_{number}") for number in required),
            excludes=frozenset(self._excluded(slug, _list(entry.excludes))),
            aliases=frozenset(),
        )

    def _category_slugs(self, numbers: Iterable[int]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(self._numbers[number] for number in numbers if number in self._numbers))

    def _probes(self, slug: str, entry: _Entry) -> Iterator[Probe]:
        """Each pattern by itself, so that a bad one takes no good one along."""
        for field in ("headers", "cookies", "meta"):
            for key, patterns in getattr(entry, field).items():
                for source in _list(patterns):
                    yield from self._good(keyed_probes, slug, {field: {key: source}})
        for field in ("url", "script_src", "scripts", "html", "text"):
            for source in _list(getattr(entry, field)):
                if source.partition("\\;")[0]:  # an empty one would match every page
                    yield from self._good(text_probes, slug, {field: source})
        for dom in self._dom(entry.dom):
            yield from self._good(dom_probes, slug, {"dom": dom})

    def _good(self, make: Callable[[str, RuleEntry], Iterator[Probe]], slug: str, field: dict[str, Any]) -> list[Probe]:
        try:
            probes = list(make(slug, msgspec.structs.replace(_BARE, **field)))
        except PatternError:
            self._patterns += 1
            return []
        good = [probe for probe in probes if probe_fault(probe) is None]
        self._patterns += len(probes) - len(good)
        return good

    def _dom(self, dom: Any) -> Iterator[list[str] | dict[str, DomRule]]:
        """The format's four ways to write it: a selector, a list of them, a table, a list of tables."""
        for part in dom if isinstance(dom, list) else [dom]:
            if isinstance(part, str):
                yield [part]
            elif isinstance(part, dict):
                for selector, asked in part.items():
                    yield from self._dom_rule(selector, asked)
            else:
                self._patterns += 1

    def _dom_rule(self, selector: str, asked: Any) -> Iterator[dict[str, DomRule]]:
        try:
            rule = msgspec.convert(asked, _Dom)
        except msgspec.ValidationError:
            self._patterns += 1
            return
        if rule.exists is not None:
            yield {selector: DomRule(text=rule.exists)}
        if rule.text is not None:
            yield {selector: DomRule(text=rule.text)}
        for attribute, source in rule.attributes.items():
            yield {selector: DomRule(attributes={attribute: source})}

    def _implied(self, slug: str, sources: Iterable[str]) -> Iterator[Implied]:
        for source in sources:
            name, _, suffix = source.partition("\\;")
            target = self._slugs.get(name.casefold())
            try:
                confidence = parse_pattern("\\;" + suffix if suffix else "").confidence
            except PatternError:
                target, confidence = None, 0
            if target is None or target == slug:
                self._patterns += 1
            else:
                yield Implied(target, confidence)

    def _excluded(self, slug: str, names: Iterable[str]) -> Iterator[str]:
        for name in names:
            target = self._slugs.get(name.casefold())
            if target is None or target == slug:
                self._patterns += 1
            else:
                yield target

    def _open_cycles(self, added: dict[str, Technology]) -> None:
        """Drop what makes technologies of the set imply one another in a ring; ours never do."""
        while True:
            try:
                TopologicalSorter({slug: [to.slug for to in one.implies] for slug, one in added.items()}).prepare()
            except CycleError as error:
                target, source = error.args[1][0], error.args[1][1]  # each implies the one before it
                kept = tuple(implied for implied in added[source].implies if implied.slug != target)
                added[source] = msgspec.structs.replace(added[source], implies=kept)
                self._patterns += 1
            else:
                return


def _names(technology: Technology) -> list[str]:
    return [technology.name, *technology.aliases]


def _list(strings: Strings) -> list[str]:
    return [strings] if isinstance(strings, str) else strings


def _slug(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "_", plain).strip("_")
