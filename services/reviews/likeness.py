"""Whether two names are one place's."""

from __future__ import annotations

from functools import lru_cache

from rapidfuzz import fuzz

from shared.geography.text import key

LIKE = 80.0
"""Out of 100: what letters alone may differ by. `Hôtel du Lac` and `Hôtel du Parc` have 88, so words count as well."""
_MISSPELT = 85.0
"""One word, written in two ways: `Martin`, `Martins`. `Dupont` and `Dumont` have 83."""
_LEGAL_FORMS = frozenset(["sarl", "sas", "sasu", "eurl", "sa", "snc", "sci", "selarl", "scp", "ei", "eirl"])
_LITTLE = frozenset(["a", "au", "aux", "d", "de", "des", "du", "et", "l", "la", "le", "les"])
_TELLING = 2
"""Words that a name must have to be recognised within a longer one."""


def likeness(one: str | None, other: str | None) -> float:
    """0 to 100: how alike the letters are, whatever their accents, case, legal form and order of words. Pure."""
    left, right = folded(one or ""), folded(other or "")
    return max(fuzz.ratio(left, right), fuzz.token_sort_ratio(left, right)) if left and right else 0.0


def is_same_name(one: str | None, other: str | None) -> bool:
    """Whether the letters are alike and no word of one stands against another word of the other. Pure."""
    if likeness(one, other) < LIKE:
        return False
    left, right = _words(one), _words(other)
    return left <= right or right <= left or _joined(one) == _joined(other)


def is_misspelt(one: str | None, other: str | None) -> bool:
    """The same, if words are taken for each other that differ by a letter or two. Pure."""
    if likeness(one, other) < LIKE:
        return False
    left, right = sorted((_words(one), _words(other)), key=len)
    return all(any(fuzz.ratio(word, each) >= _MISSPELT for each in right) for word in left)


def is_within(one: str | None, other: str | None) -> bool:
    """Whether one name is the other with more words: `Lemoine Traiteur`, `Lemoine Traiteur et Fils, Tours`. Pure."""
    left, right = _words(one), _words(other)
    return min(len(left), len(right)) >= _TELLING and (left <= right or right <= left)


@lru_cache(maxsize=4096)
def folded(name: str) -> str:
    """A name as it is compared."""
    words = key(name[:300]).split()
    return " ".join(word for word in words if word not in _LEGAL_FORMS) or " ".join(words)


def _words(name: str | None) -> frozenset[str]:
    words = frozenset(folded(name or "").split())
    return (words - _LITTLE) or words


def _joined(name: str | None) -> str:
    return folded(name or "").replace(" ", "")
