"""How French text is compared: without accents, case, punctuation, little words and plurals."""

from __future__ import annotations

import re
import unicodedata

_LIGATURES = str.maketrans({"œ": "oe", "Œ": "oe", "æ": "ae", "Æ": "ae", "ß": "ss", "’": "'"})
_NOT_WORD = re.compile(r"[^a-z0-9]+")
_LITTLE = frozenset(["a", "au", "aux", "d", "de", "des", "du", "en", "et", "l", "la", "le", "les", "un", "une"])


def fold(text: str) -> str:
    """Lower-case ASCII words between single spaces: `Crêperie « L'Œuf »` → `creperie l oeuf`."""
    ascii_text = unicodedata.normalize("NFKD", text.translate(_LIGATURES)).encode("ascii", "ignore").decode("ascii")
    return _NOT_WORD.sub(" ", ascii_text.lower()).strip()


def phrase(text: str) -> str:
    """The key under which a trade is found: folded, in the singular, without articles and prepositions.

    `Salons de coiffure` and `salon coiffure` give the same. A text of little words alone stays as it is.
    """
    words = fold(text).split()
    return " ".join(_singular(word) for word in words if word not in _LITTLE) or " ".join(words)


def _singular(word: str) -> str:
    return word[:-1] if len(word) > 3 and word[-1] in "sx" and word[-2] != "s" else word
