"""What the part before the @ says: a person, a desk, nobody."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from shared.web.folding import fold

_HERE = Path(__file__).parent
_WORDS = {name: frozenset(words) for name, words in tomllib.loads((_HERE / "words.toml").read_text("utf-8")).items()}
MACHINE, PLACEHOLDER = _WORDS["machine"], _WORDS["placeholder"]
_WELCOME, _SPECIAL, _TRADE = _WORDS["welcome"], _WORDS["special"], _WORDS["trade"]
_FIRST_NAMES = frozenset(fold((_HERE / "first_names.txt").read_text("utf-8")).split())
_PARTS = re.compile(r"[^\W\d_]+")


def is_personal(local: str, site_label: str, *, on_own_domain: bool) -> bool:
    """Whether the part before the @ is a person's: `claire.martin`, `c.martin`, `claire`, not `garage.martin`.

    A full name without a known first name (`yuna.kermarrec`) counts on the site's own domain only: elsewhere it is as
    often a trade name. `site_label` is the site's name without its suffix: words of it are no surnames.
    """
    parts = _PARTS.findall(fold(local))
    if not parts or len(parts) > 4 or any(part in _WELCOME or part in _SPECIAL or part in _TRADE for part in parts):
        return False
    if any(part in _FIRST_NAMES for part in parts):
        return True
    name = site_label.replace("-", "")
    if len(parts) != 2 or (on_own_domain and "".join(parts) == name):
        return False
    initial, surname = sorted(parts, key=len)
    if len(initial) == 1:
        return len(surname) >= 3
    return on_own_domain and "." in local and len(initial) >= 3 and initial not in name and surname not in name


def desk(local: str) -> int:
    """How welcome a general address is: 0 made for strangers, 1 unknown, 2 for one matter only."""
    parts = _PARTS.findall(fold(local))
    if any(part in _SPECIAL for part in parts):
        return 2
    return 0 if any(part in _WELCOME for part in parts) else 1
