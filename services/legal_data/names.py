"""How alike two company names are, word by word, whatever their order, accents, plural and legal form.

The formula and its figures are published in docs/legal-data.md; a change here is a change there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

import msgspec
from rapidfuzz.distance import DamerauLevenshtein

from services.legal_data.vocabulary import raw_words, vocabulary, words_of

DISTINCTIVE, INITIAL, COMMON, LIGHT, OPTIONAL = 1.0, 0.9, 0.6, 0.3, 0.1
"""Weights of a word: it tells companies apart, is a letter, many in a town have it, it says the trade or the town; and
a first name that the register adds to a surname."""
_LIGHT_IN_ALL = 0.4
"""What the light words of a name weigh together at most, beside others: a long list of trades hides no name."""
_SQUEEZED = 0.98
"""Names of the same letters and other gaps: `Bien Être`, BIENETRE."""
_SHORTEST_SQUEEZED = 5
_PART = 0.95
"""What a part of the given name counts: `Hôtel de France - Restaurant Le Lion`."""
_LONGEST = 160
_MOST_WORDS = 12
_MOST_PARTS = 5
_BRACKETS = re.compile(r"[(\[]([^)\]]*)[)\]]?")
_SEPARATOR = re.compile(r"\s+[-–—|•·:]\s+|\s*[|•·]\s*|[:,;]\s+")
_SAINTS = frozenset({"saint", "sainte", "st"})
"""Registers write them both ways, and search for what is written."""
_SCI = re.compile(r"\bsociete civile immobiliere\b")


class Name(msgspec.Struct, frozen=True):
    """One spelling of a name, read."""

    weights: tuple[tuple[str, float], ...]
    """Words that are left, and what each weighs."""
    form: str | None
    """The family of the legal form that stands in it."""
    trades: tuple[tuple[str, ...], ...]
    """For each word of a trade, how its NAF codes begin."""
    owner: bool
    """It says of itself that it owns, lets or finances."""

    @property
    def squeezed(self) -> str:
        return "".join(word for word, _ in self.weights)

    @property
    def distinctive(self) -> list[str]:
        """Its words that tell companies apart."""
        return [word for word, weight in self.weights if weight == DISTINCTIVE]


class Likeness(msgspec.Struct, frozen=True, order=True):
    """How alike two names are."""

    value: float = 0.0
    """0 to 1."""
    distinctive: int = 0
    """How many distinctive words of the given name were found again."""
    whole: bool = False
    """Whether nothing but words of the trade and the town is in one name and not in the other."""


@lru_cache(maxsize=8192)
def read_name(text: str, light: frozenset[str] = frozenset(), optional: frozenset[str] = frozenset()) -> Name:
    """A name as its words. `light` are words of its town, `optional` first names."""
    known = vocabulary()
    words = words_of(_SCI.sub("sci", text[:_LONGEST].lower()))
    form = next((known.forms[word] for word in words if word in known.forms), None)
    bare = [word for word in words if word not in known.forms and word not in known.noise] or words
    same = _saints(known.same.get(word, word) for word in bare)
    weighed = [(word, _weight(word, light, optional)) for word in list(dict.fromkeys(same))[:_MOST_WORDS]]
    if all(weight < COMMON for _, weight in weighed):  # `Coiffure L'Atelier`: what else would tell?
        weighed = [(word, COMMON if word in known.light else weight) for word, weight in weighed]
    trades = tuple(known.trades[word] for word in dict.fromkeys(bare) if word in known.trades)
    return Name(tuple(_capped(weighed)), form, trades, any(word in known.owners for word in bare))


def _saints(words: Iterable[str]) -> Iterator[str]:
    """A saint is one word: Saint-Michel is neither a Saint-Jean nor a Michel."""
    before = ""
    for word in words:
        if word in ("saint", "sainte") and not before:
            before = word
        else:
            yield before + word
            before = ""
    if before:
        yield before


def _weight(word: str, light: frozenset[str], optional: frozenset[str]) -> float:
    known = vocabulary()
    if word in optional:
        return OPTIONAL
    if word in light or word in known.light or word in known.trades:
        return LIGHT
    if len(word) == 1 and word.isalpha():
        return INITIAL
    return COMMON if word in known.common else DISTINCTIVE


def _capped(weighed: list[tuple[str, float]]) -> Iterator[tuple[str, float]]:
    """Beside other words the light ones share what light words may weigh."""
    little = sum(weight for _, weight in weighed if weight == LIGHT)
    factor = min(1.0, _LIGHT_IN_ALL / little) if little and any(weight > LIGHT for _, weight in weighed) else 1.0
    for word, weight in weighed:
        yield word, weight * factor if weight == LIGHT else weight


def given_names(text: str, light: frozenset[str] = frozenset()) -> list[tuple[Name, float]]:
    """The ways to read a name as leads have it, and what each counts: the whole, then parts between separators."""
    text = text[:_LONGEST]
    whole = _BRACKETS.sub(" ", text).strip() or text
    found = [(read_name(text, light), 1.0), (read_name(whole, light), 1.0)]
    parts = [*_SEPARATOR.split(whole), *_BRACKETS.findall(text)][:_MOST_PARTS]
    if len(parts) > 1:
        found += [(part, _PART) for part in (read_name(part, light) for part in parts) if part.distinctive]
    return list(dict.fromkeys(found))


def search_texts(text: str) -> list[str]:
    """What to ask a register for that finds only what has all the words: the telling ones, then all but noise.

    Of a name in parts (`Hôtel de France - Restaurant Le Lion`) the first that tells anything.
    """
    known = vocabulary()
    text = text[:_LONGEST]
    parts = [part for part in [*_SEPARATOR.split(_BRACKETS.sub(" ", text)), text] if read_name(part).distinctive]
    words = raw_words((parts or [text])[0])
    said = [word for word, read in words if read not in known.forms and read not in known.noise and read not in _SAINTS]
    telling = [
        word for word, read in words if _weight(known.same.get(read, read), frozenset(), frozenset()) == DISTINCTIVE
    ]
    telling = [word for word in telling if word in said]
    whole = said or [word for word, _ in words]
    return list(dict.fromkeys(filter(None, [" ".join(telling), " ".join(whole)])))


def register_names(texts: Iterable[str | None], light: frozenset[str] = frozenset()) -> list[Name]:
    """The readings of names as registers have them: `MARIE DUPONT (AUX FLEURS)` is two."""
    found: dict[Name, None] = {}
    for text in texts:
        if text:
            parts = [_BRACKETS.sub(" ", text[:_LONGEST]), *_BRACKETS.findall(text[:_LONGEST])][:_MOST_PARTS]
            found |= {read_name(part, light): None for part in parts if words_of(part)}
    return list(found)


def likeness(given: Name, other: Name) -> Likeness:
    """The share of both names' weight that is in both (a Dice coefficient), misspelled words counting in part."""
    total = sum(weight for _, weight in given.weights) + sum(weight for _, weight in other.weights)
    if not total:
        return Likeness()
    if given.squeezed == other.squeezed and len(given.squeezed) >= _SHORTEST_SQUEEZED:
        exact = {word for word, _ in given.weights} == {word for word, _ in other.weights}
        return Likeness(1.0 if exact else _SQUEEZED, len(given.distinctive), whole=True)
    shared, distinctive, whole, common = 0.0, 0, True, 0
    left = dict(other.weights)
    for word, weight in sorted(given.weights, key=lambda pair: (pair[0] not in left, -pair[1], pair[0])):
        same, alike = _closest(word, left)
        if alike:
            shared += alike * (weight + left.pop(same))
            distinctive += weight == DISTINCTIVE
            common += weight >= COMMON
        else:
            whole = whole and weight < COMMON
    whole = whole and common > 0 and all(weight < COMMON for weight in left.values())
    return Likeness(shared / total, distinctive, whole)


def _closest(word: str, others: dict[str, float]) -> tuple[str, float]:
    """The other word most like this one, and how like it is; 0: none is."""
    if word in others:
        return word, 1.0
    best = max(((_alike(word, other), other) for other in others), default=(0.0, ""))
    return best[1], best[0]


@lru_cache(maxsize=65536)
def _alike(word: str, other: str) -> float:
    """1 less the share of letters to change, if a typist may have done it: one in five letters, two in nine."""
    if len(word) == 1 or len(other) == 1:
        return 0.7 if word[0] == other[0] and word.isalpha() else 0.0  # an initial
    shorter, longer = sorted((len(word), len(other)))
    most = 2 if shorter >= 9 else 1 if shorter >= 5 else 0
    if not most or not (word.isalpha() and other.isalpha()):
        return 0.0
    changed = DamerauLevenshtein.distance(word, other, score_cutoff=most)
    return 1 - changed / longer if changed <= most else 0.0
