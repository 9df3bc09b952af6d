"""One name for a technology in both vocabularies: our slug, or the peer's name where we have none."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path

from services.techstack.rules import default_rules

_NAMES = Path(__file__).parent / "names.toml"


@cache
def _slugs() -> dict[str, str]:
    """Our slugs by folded name: the technologies' own names, the other names that the rules know, names.toml."""
    by_name: dict[str, str] = {}
    for slug, technology in default_rules().technologies.items():
        for name in (technology.name, *technology.aliases):
            by_name[_fold(name)] = slug
    return by_name | {_fold(name): slug for name, slug in tomllib.loads(_NAMES.read_text("utf-8")).items()}


def canonical(peer_name: str) -> str:
    """Our slug for a technology of the peer, its own name when we do not know it."""
    return _slugs().get(_fold(peer_name), peer_name)


def known_to_us(name: str) -> bool:
    """Whether a canonical name is one of our slugs."""
    return name in default_rules().technologies


def _fold(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "", name.lower())
