"""A rule file as it is written: the Wappalyzer schema's field names over our own slugs."""

from __future__ import annotations

import msgspec

Patterns = str | list[str]
"""The schema allows one pattern to stand without its list."""


class Label(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A text for readers, in both languages."""

    fr: str
    en: str


class Category(msgspec.Struct, frozen=True):
    """A group of technologies."""

    slug: str
    label: Label


class DomRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an element that a selector finds must have besides."""

    text: str | None = None
    attributes: dict[str, str] = {}


class RuleEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """One technology as a rule file has it."""

    name: str
    categories: list[str]
    website: str
    description: str = ""
    headers: dict[str, Patterns] = {}
    cookies: dict[str, Patterns] = {}
    meta: dict[str, Patterns] = {}
    url: Patterns = []
    script_src: Patterns = []
    scripts: Patterns = []
    html: Patterns = []
    gtm: Patterns = []
    """Tried on each tag of a Google Tag Manager container, written as `container` does."""
    text: Patterns = []
    dom: Patterns | dict[str, DomRule] = []
    implies: Patterns = []
    requires: Patterns = []
    requires_category: Patterns = []
    excludes: Patterns = []
    aliases: Patterns = []
    """Names under which other sets have the same technology: theirs is then left out."""
