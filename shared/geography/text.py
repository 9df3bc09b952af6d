"""One spelling for one name."""

from __future__ import annotations

import re
import unicodedata

_WORDS = {"st": "saint", "ste": "sainte", "sts": "saints", "stes": "saintes", "s": "sur", "ss": "sous", "lez": "les"}
_LETTERS = str.maketrans(
    {"œ": "oe", "Œ": "oe", "æ": "ae", "Æ": "ae"} | dict.fromkeys("’‘ʼ`´", "'") | dict.fromkeys("‐‑–—−", "-")
)
"""What decomposing leaves as it is, or would drop."""
_ARTICLES = re.compile(r"^(?:les|le|la|l) (?=.)")
_ARTICLE_LAST = re.compile(r"^(.+?) (les|le|la|l)$")
_OTHER = re.compile(r"[^a-z0-9]+")
_CEDEX = re.compile(r"(?:(?<=^paris)|(?<=^lyon)|(?<=^marseille)) cedex\b| cedex(?: \d{1,2})?\b")
"""The sorting office's word, with its number unless that is an arrondissement's."""


def plain(text: str) -> str:
    """Lower-case ASCII: accents and ligatures are spelled without, punctuation stays."""
    if not text.isascii():
        text = unicodedata.normalize("NFKD", text.translate(_LETTERS)).encode("ascii", "ignore").decode()
    return text.lower()


def key(text: str) -> str:
    """What names are compared by: words of a-z and 0-9, abbreviations written out ("St", "s/").

    >>> key("ST-Étienne s/ Mer")
    'saint etienne sur mer'
    """
    words = _OTHER.sub(" ", plain(text)).split()
    return _CEDEX.sub("", " ".join([_WORDS.get(word, word) for word in words]))


def without_article(name: str) -> str:
    """A key without the article before or, as registers have it, behind: "havre" for "le havre" and "havre le"."""
    behind = _ARTICLE_LAST.match(name)
    return behind[1] if behind else _ARTICLES.sub("", name)


def any_of(names: list[str]) -> str:
    """« A », « A ou B », « A, B ou C »."""
    return " ou ".join(filter(None, [", ".join(names[:-1]), names[-1]]))
