"""The vendors of vendors.toml, ready to be looked for."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Literal

import ahocorasick_rs
import msgspec

Role = Literal[
    "pixel",
    "publisher",
    "affiliation",
    "crm",
    "chat",
    "consent",
    "tag_manager",
    "analytics",
    "marketing",
    "conversion",
    "audience",
]
ANY_HOST = "*"
_TABLE = Path(__file__).parent / "vendors.toml"


class Vendor(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One table of vendors.toml, which explains the fields."""

    role: Role
    network: str = ""
    audience: bool = False
    at: list[str] = []
    says: list[list[str]] = []
    tags: list[str] = []


class Sign(msgspec.Struct, frozen=True):
    """What shows a vendor: an expression to `match` or `search`; its first group, if any, is the account's id."""

    slug: str
    form: re.Pattern[str]


class Signs(msgspec.Struct, frozen=True):
    """All signs of a table."""

    at: dict[str, list[Sign]]
    """By host; the form is that of path and query."""
    literals: list[str]
    automaton: ahocorasick_rs.AhoCorasick
    """Finds `literals`, by their number."""
    says: list[list[Sign]]
    """By the literal's number."""
    tags: list[Sign]


@cache
def vendors() -> dict[str, Vendor]:
    """By slug, in the order of the columns."""
    return msgspec.toml.decode(_TABLE.read_bytes(), type=dict[str, Vendor])


@cache
def signs() -> Signs:
    """Compiled once a process."""
    at: dict[str, list[Sign]] = {}
    says: dict[str, list[Sign]] = {}
    tags = []
    for slug, vendor in vendors().items():
        for address in vendor.at:
            host, _, path = address.partition("/")
            at.setdefault(host, []).append(Sign(slug, re.compile(f"/{path}", re.IGNORECASE)))
        for literal, *form in vendor.says:
            says.setdefault(literal, []).append(Sign(slug, re.compile(form[0] if form else re.escape(literal))))
        tags += [Sign(slug, re.compile(form)) for form in vendor.tags]
    literals = list(says)
    return Signs(at, literals, ahocorasick_rs.AhoCorasick(literals), [says[literal] for literal in literals], tags)
