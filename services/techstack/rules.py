"""The rule book: technologies and categories, read from TOML, checked, compiled.

A rule file is a table per technology, keyed by slug, with the field names and pattern suffixes of
the Wappalyzer schema (`scriptSrc`, `\\\\;version:\\\\1`), so that a set in that schema can be read into the
same structs. `rules/README.md` explains how to add one.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from functools import cache, cached_property
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Literal, TypeVar

import msgspec

from services.techstack.patterns import Pattern, PatternError, parse_pattern
from services.techstack.safety import weakness
from services.techstack.schema import Category, Label, Patterns, RuleEntry
from services.techstack.selectors import selector_is_valid

T = TypeVar("T")

RULES = Path(__file__).parent / "rules"

Where = Literal["header", "cookie", "meta", "url", "script_url", "inline_script", "html", "text", "gtm_tag", "dom"]
"""The part of a page a probe looks at."""


class RuleError(ValueError):
    """A rule file cannot be used: the message names the technology. The file must be corrected."""


class Probe(msgspec.Struct, frozen=True):
    """One pattern of one technology and where it is tried."""

    slug: str
    where: Where
    key: str
    """Name of the header, cookie (a trailing * stands for any ending) or meta, lower-case but for
    cookies; the selector for `dom`; empty elsewhere."""
    pattern: Pattern
    attribute: str | None = None
    """`dom` only: the attribute whose value is tried; None for the element's text."""


class Implied(msgspec.Struct, frozen=True):
    slug: str
    confidence: int


class Technology(msgspec.Struct, frozen=True):
    slug: str
    name: str
    categories: tuple[str, ...]
    website: str
    description: str
    probes: tuple[Probe, ...]
    implies: tuple[Implied, ...]
    requires: frozenset[str]
    requires_category: frozenset[str]
    """At least one technology of these two must be there too, when either names any."""
    excludes: frozenset[str]
    aliases: frozenset[str]


class RuleBook(msgspec.Struct, frozen=True, dict=True):
    """All rules. Both mappings keep the order of the files (by name) and of the tables in them."""

    technologies: dict[str, Technology]
    categories: dict[str, Category]

    @cached_property
    def places(self) -> dict[str, int]:
        """Each technology's place in the order; of thousands of rules a page has a dozen to put in order."""
        return {slug: place for place, slug in enumerate(self.technologies)}


def load_rules(folder: Path = RULES) -> RuleBook:
    """Read and check every rule file of a folder. Raises RuleError."""
    categories = _read(folder / "categories.toml", dict[str, Label])
    entries: dict[str, RuleEntry] = {}
    for path in sorted(folder.glob("*.toml")):
        if path.name == "categories.toml":
            continue
        for slug, entry in _read(path, dict[str, RuleEntry]).items():
            if slug in entries:
                raise RuleError(f"{path.name}: {slug} is defined twice")
            entries[slug] = entry
    return build_rules(entries, {slug: Category(slug, label) for slug, label in categories.items()})


def build_rules(entries: Mapping[str, RuleEntry], categories: dict[str, Category]) -> RuleBook:
    """Compile entries of any origin. Raises RuleError for the first thing that is wrong."""
    technologies = {slug: _technology(slug, entry) for slug, entry in entries.items()}
    for technology in technologies.values():
        _check_references(technology, technologies, categories)
    try:
        TopologicalSorter({slug: {target.slug for target in t.implies} for slug, t in technologies.items()}).prepare()
    except CycleError as error:
        raise RuleError(f"technologies imply one another: {' -> '.join(error.args[1])}") from error
    return RuleBook(technologies, categories)


@cache
def default_rules() -> RuleBook:
    """The rules that come with the product, read once per process."""
    return load_rules()


def _read(path: Path, kind: type[T]) -> T:
    try:
        return msgspec.convert(tomllib.loads(path.read_text("utf-8")), kind)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise RuleError(f"{path.name}: {error}") from error


def _technology(slug: str, entry: RuleEntry) -> Technology:
    try:
        probes = tuple(_probes(slug, entry))
        implied = tuple(Implied(p.regex, p.confidence) for p in map(parse_pattern, many(entry.implies)))
    except PatternError as error:
        raise RuleError(f"{slug}: {error}") from error
    for probe in probes:
        if reason := probe_fault(probe):
            raise RuleError(f"{slug}: {reason}")
    return Technology(
        slug=slug,
        name=entry.name,
        categories=tuple(entry.categories),
        website=entry.website,
        description=entry.description,
        probes=probes,
        implies=implied,
        requires=frozenset(many(entry.requires)),
        requires_category=frozenset(many(entry.requires_category)),
        excludes=frozenset(many(entry.excludes)),
        aliases=frozenset(many(entry.aliases)),
    )


def probe_fault(probe: Probe) -> str | None:
    """Why the probe must not be used, None when it may be."""
    if probe.pattern.regex and (reason := weakness(probe.pattern)):
        return f"{probe.pattern.source!r}: {reason}"
    if probe.where == "dom" and not selector_is_valid(probe.key):
        return f"{probe.key!r} is no selector"
    return None


def _probes(slug: str, entry: RuleEntry) -> Iterator[Probe]:
    yield from keyed_probes(slug, entry)
    yield from text_probes(slug, entry)
    yield from dom_probes(slug, entry)


def keyed_probes(slug: str, entry: RuleEntry) -> Iterator[Probe]:
    """Those of headers, cookies and metas. Raises PatternError."""
    keyed: tuple[tuple[Where, dict[str, Patterns]], ...] = (
        ("header", {name.lower(): value for name, value in entry.headers.items()}),
        ("cookie", entry.cookies),
        ("meta", {name.lower(): value for name, value in entry.meta.items()}),
    )
    for where, named in keyed:
        for key, patterns in named.items():
            for source in many(patterns):
                yield Probe(slug, where, key, parse_pattern(source))


def text_probes(slug: str, entry: RuleEntry) -> Iterator[Probe]:
    """Those of texts that are scanned as a whole. Raises PatternError."""
    texts: tuple[tuple[Where, Patterns], ...] = (
        ("url", entry.url),
        ("script_url", entry.script_src),
        ("inline_script", entry.scripts),
        ("html", entry.html),
        ("text", entry.text),
        ("gtm_tag", entry.gtm),
    )
    for where, patterns in texts:
        for source in many(patterns):
            yield Probe(slug, where, "", parse_pattern(source))


def dom_probes(slug: str, entry: RuleEntry) -> Iterator[Probe]:
    """Those of elements. Raises PatternError."""
    if not isinstance(entry.dom, dict):
        for selector in many(entry.dom):
            yield Probe(slug, "dom", selector, parse_pattern(""))
        return
    for selector, rule in entry.dom.items():
        for attribute, source in rule.attributes.items():
            yield Probe(slug, "dom", selector, parse_pattern(source), attribute)
        if rule.text is not None or not rule.attributes:
            yield Probe(slug, "dom", selector, parse_pattern(rule.text or ""))


def many(patterns: Patterns) -> Sequence[str]:
    """Patterns as a list, however they were written."""
    return [patterns] if isinstance(patterns, str) else patterns


def _check_references(
    technology: Technology, known: Mapping[str, Technology], categories: Mapping[str, Category]
) -> None:
    if not technology.categories:
        raise RuleError(f"{technology.slug} has no category")
    for category in sorted({*technology.categories, *technology.requires_category}):
        if category not in categories:
            raise RuleError(f"{technology.slug}: unknown category {category!r}")
    targets = {implied.slug for implied in technology.implies} | technology.requires | technology.excludes
    for target in sorted(targets):
        if target not in known or target == technology.slug:
            raise RuleError(f"{technology.slug}: names {target!r}, which is no other technology")
