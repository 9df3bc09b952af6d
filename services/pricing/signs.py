"""Whether a page speaks of money at all."""

from __future__ import annotations

from shared.web.literals import Literals, lowered

_SIGNS = frozenset(("€", "£", "¥", "₹", "$", "&euro;", "&pound;", "&#8364;", "&#x20ac;"))
_WORDS = frozenset(("eur", "usd", "gbp", "chf", "cad", "euro", "euros", "kr", "zł", "zŁ", "cfa", "fcfa", "mad", "tnd"))
_ALL = Literals(_SIGNS | _WORDS)
_LONGEST_LETTER = 4
"""Bytes of UTF-8."""


def speaks_of_money(html: str) -> bool:
    """Whether a currency's sign, or its name or code as a word of its own, stands anywhere in a page. Pure, linear."""
    text = lowered(html)
    return any(word in _SIGNS or _is_word(text, start, end) for word, start, end in _ALL.within(text))


def _is_word(text: bytes, start: int, end: int) -> bool:
    before = text[max(0, start - _LONGEST_LETTER) : start].decode("utf-8", "ignore")[-1:]
    after = text[end : end + _LONGEST_LETTER].decode("utf-8", "ignore")[:1]
    return not any(one.isalnum() or one == "_" for one in (before, after))
