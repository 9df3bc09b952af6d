"""From a query to what it is called in OpenStreetMap and in the NAF.

Three tables, the first that knows the query wins: our own trades (`trades.toml`), then the French names and terms of
the id-tagging-schema (`presets.json`). What neither knows is a name: `Leroy Merlin`. NAF codes come from our own
trades, else from the official labels (`shared/legal/naf.json`).
"""

from __future__ import annotations

import tomllib
from collections import defaultdict
from functools import cache, lru_cache
from pathlib import Path

import msgspec

from services.scrap.queries.words import fold, phrase
from shared.legal.naf import naf_labels

_FOLDER = Path(__file__).parent
PRESETS_FILE = _FOLDER / "presets.json"
TRADES_FILE = _FOLDER / "trades.toml"

_VAGUE_TERMS = 3
"""A term that more presets than this share ("bureau") says nothing: the query is then a name."""
_VAGUE_NAF = 6
"""Likewise for words that stand in more NAF labels than this."""
_WRAPPERS = frozenset(
    ("artisan", "atelier", "boutique", "cabinet", "entreprise", "magasin", "professionnel", "societe")
)
"""Words around a trade: `entreprise de plomberie`, `magasin de chaussures`."""

_NAME, _ALIAS, _TERM = 3, 2, 1

Tags = dict[str, str]
"""Tags that hold together; the value `*` stands for any."""


class Preset(msgspec.Struct, frozen=True, array_like=True):
    """A kind of place of the id-tagging-schema."""

    tags: Tags
    name: str
    aliases: list[str]
    terms: list[str]


class Trade(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A kind of place of our own table, under all its names."""

    names: list[str]
    tags: list[str]
    """Alternatives; each is `key=value`, or several that hold together joined by ` & `."""
    naf: list[str] = []


class Meaning(msgspec.Struct, frozen=True):
    """What a query asks for."""

    query: str
    alternatives: list[Tags]
    """Any of these; empty: the query is a name."""
    naf: list[str]
    """Codes such as `86.23Z`; empty: none is known."""

    @property
    def name(self) -> str:
        """The words to find in names, folded."""
        return fold(self.query)


@cache
def presets() -> list[Preset]:
    """The id-tagging-schema's kinds of businesses."""
    return msgspec.json.decode(PRESETS_FILE.read_bytes(), type=list[Preset])


@cache
def trades() -> list[Trade]:
    """Our own table."""
    table = tomllib.loads(TRADES_FILE.read_text(encoding="utf-8"))
    return msgspec.convert(table["trade"], list[Trade])


@cache
def indexed_keys() -> frozenset[str]:
    """Every key a meaning can name: what an import must keep of a place's tags."""
    known = [preset.tags for preset in presets()] + [tags for trade in trades() for tags in _alternatives(trade)]
    return frozenset(key for tags in known for key in tags)


@lru_cache(maxsize=4096)
def meaning(query: str) -> Meaning:
    """What `query` asks for. Pure and never an error: what nobody knows is a name."""
    words = phrase(query)
    if not (found := _known(words)):
        first, _, rest = words.partition(" ")
        found = _known(rest) if rest and first in _WRAPPERS else None
    alternatives, naf = found or ([], [])
    return Meaning(query, alternatives, naf or _naf_by_label(words))


def _known(words: str) -> tuple[list[Tags], list[str]] | None:
    if trade := _trade_index().get(words):
        return _alternatives(trade), trade.naf
    if words not in _WRAPPERS and (alternatives := _from_presets(words)):
        return alternatives, []
    return None


def _alternatives(trade: Trade) -> list[Tags]:
    return [dict(_pair(part) for part in each.split(" & ")) for each in trade.tags]


def _pair(text: str) -> tuple[str, str]:
    key, _, value = text.partition("=")
    return key, value


@cache
def _trade_index() -> dict[str, Trade]:
    return {phrase(name): trade for trade in trades() for name in trade.names}


@cache
def _preset_index() -> dict[str, list[tuple[int, Preset]]]:
    index: dict[str, list[tuple[int, Preset]]] = defaultdict(list)
    for preset in presets():
        ranks: dict[str, int] = {}
        for rank, texts in ((_TERM, preset.terms), (_ALIAS, preset.aliases), (_NAME, [preset.name])):
            ranks |= dict.fromkeys(map(phrase, texts), rank)
        for words, rank in ranks.items():
            index[words].append((rank, preset))
    return index


def _from_presets(words: str) -> list[Tags]:
    """The presets of the best rank and, of those, of the fewest tags: `serrurier` is a craft and a shop."""
    hits = _preset_index().get(words, [])
    best = max((rank for rank, _ in hits), default=0)
    tags = [preset.tags for rank, preset in hits if rank == best]
    if best == _TERM and len(tags) > _VAGUE_TERMS:
        return []
    fewest = min(map(len, tags), default=0)
    return [each for each in tags if len(each) == fewest]


@cache
def _naf_words() -> list[tuple[str, frozenset[str]]]:
    return [(code, frozenset(phrase(label).split())) for code, label in naf_labels().items()]


def _naf_by_label(words: str) -> list[str]:
    wanted = frozenset(words.split())
    codes = [code for code, label in _naf_words() if wanted <= label]
    return codes if len(codes) <= _VAGUE_NAF else []
