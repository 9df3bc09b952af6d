"""French number words: `trente-sept mille cinq cents` → 37500."""

from __future__ import annotations

import re

_UNITS = {
    word: value
    for value, words in enumerate(
        [
            "zero",
            "un une",
            "deux",
            "trois",
            "quatre",
            "cinq",
            "six",
            "sept",
            "huit",
            "neuf",
            "dix",
            "onze",
            "douze",
            "treize",
            "quatorze",
            "quinze",
            "seize",
        ]
    )
    for word in words.split()
}
_TENS = {
    "vingt": 20,
    "vingts": 20,
    "trente": 30,
    "quarante": 40,
    "cinquante": 50,
    "soixante": 60,
    "septante": 70,
    "huitante": 80,
    "octante": 80,
    "nonante": 90,
}
_SCALES = {"mille": 1000, "mil": 1000, "million": 10**6, "millions": 10**6, "milliard": 10**9, "milliards": 10**9}
_WORD = re.compile(r"[\s-]{0,2}([a-z]+)")
_MOST_WORDS = 24


def read_number(folded: str) -> tuple[int, int] | None:
    """The number that a folded text begins with and where its words end; None when it begins with none."""
    total = group = at = 0
    seen = pending_and = False
    for _ in range(_MOST_WORDS):
        match = _WORD.match(folded, at)
        word = match[1] if match else ""
        if match is None or (word == "et" and (not seen or pending_and)):
            break
        if word == "et":
            pending_and, at_and = True, match.end()
            following = _WORD.match(folded, at_and)
            if following is None or following[1] not in ("un", "une", "onze"):
                break
            at = at_and
            continue
        if word in _SCALES:
            scale = _SCALES[word]
            total, group = total + max(group, 1) * scale, 0
        elif word in ("cent", "cents"):
            group = max(group, 1) * 100
        elif word in ("vingt", "vingts") and group % 100 == 4:
            group += 76  # quatre-vingts
        elif (value := _UNITS.get(word, _TENS.get(word))) is not None:
            group += value
        else:
            break
        seen, pending_and, at = True, False, match.end()
    return (total + group, at) if seen else None
