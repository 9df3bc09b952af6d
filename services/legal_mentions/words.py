"""Words that end a name or are none, and what the statements of a notice begin with."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

from shared.web.cues import CueSet

STATEMENTS = CueSet()
"""Each kind of statement is looked for in the whole notice."""
_FILE = Path(__file__).parent / "words.toml"


def words(name: str) -> frozenset[str]:
    """One list of words.toml, folded."""
    return _lists()[name]


@cache
def _lists() -> dict[str, frozenset[str]]:
    return {name: frozenset(listed) for name, listed in tomllib.loads(_FILE.read_text("utf-8")).items()}
