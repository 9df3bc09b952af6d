"""An Overpass instance of one's own (https://wiki.openstreetmap.org/wiki/Overpass_API/Overpass_QL).

Its traps: a search that ran out of time or memory is answered with 200 and a `remark`; a query it cannot parse with
an HTML page.
"""

from __future__ import annotations

import re
from typing import Literal

import msgspec

from services.scrap.osm.tags import is_business, place
from services.scrap.queries.kinds import PRIMARY_KEYS
from services.scrap.queries.meaning import Meaning, Tags, meaning
from services.scrap.source import Found, Place
from shared.geography.tile import Tile
from shared.modulekit.api_failures import api_failure
from shared.modulekit.errors import Permanent, Retryable
from shared.net.api_client import ApiClient, ApiError
from shared.net.upstream import Quotas, UpstreamGuard
from shared.place_sources import ATTRIBUTIONS
from shared.settings import Settings

_SECONDS = 25
"""How long the instance may work on one search; we wait a little longer."""
_MEMORY = 256 * 1024 * 1024
_OVERLOADED = re.compile(r"timed out|out of memory|rate_limited|too busy", re.IGNORECASE)
_TOO_MUCH = re.compile(r"timed out|out of memory", re.IGNORECASE)
_REGEX = re.compile(r"([.^$*+?()\[\]{}|\\])")
_ACCENTS = {"a": "àâä", "c": "ç", "e": "éèêë", "i": "îï", "o": "ôö", "u": "ùûü", "y": "ÿ"}
"""Overpass compares byte by byte, case apart for ASCII alone; our words come without accents."""


class _Centre(msgspec.Struct):
    lat: float
    lon: float


class _Element(msgspec.Struct):
    type: Literal["node", "way", "relation"]
    id: int
    lat: float | None = None
    lon: float | None = None
    center: _Centre | None = None
    tags: dict[str, str] = {}


class _Answer(msgspec.Struct):
    elements: list[_Element]
    remark: str = ""


class OverpassSource:
    """One request a search. A tile too heavy for the instance comes back capped, so that it is split."""

    name = "overpass"
    attribution = ATTRIBUTIONS["overpass"]
    offers_reviews = False

    def __init__(self, settings: Settings, quotas: Quotas | None) -> None:
        guard = UpstreamGuard(self.name, rate=settings.overpass_rate, burst=2, quotas=quotas)
        self._api = ApiClient(settings, settings.overpass_url, name="Overpass", guard=guard, timeout=_SECONDS + 10)

    async def search(self, query: str, tile: Tile, *, first_page_only: bool, reviews: bool) -> Found:
        """See Source. Both flags change nothing."""
        wanted = meaning(query)
        if not wanted.alternatives and not wanted.name:
            return Found([], attempts=0)
        try:
            raw = await self._api.post("/api/interpreter", form={"data": overpass_ql(wanted, tile)})
            answer = msgspec.convert(raw, _Answer)
        except ApiError as error:
            raise _refusal(error) from None
        except msgspec.ValidationError:
            raise Permanent("unexpected_answer", "Overpass answered in a form that is not its own.") from None
        if answer.remark:
            return _remarked(answer, tile)
        return Found(_places(answer.elements, tile))

    async def aclose(self) -> None:
        await self._api.aclose()


def overpass_ql(wanted: Meaning, tile: Tile) -> str:
    """The search in Overpass QL; nothing of the query's text can leave its quotes."""
    box = ",".join(f"{degrees:.7f}" for degrees in tile.bbox)
    filters = [_tag_filter(tags) for tags in wanted.alternatives] or [f'["name"~{_quoted(_pattern(wanted.name))},i]']
    searches = "".join(f"nwr{each}({box});" for each in filters)
    return f"[out:json][timeout:{_SECONDS}][maxsize:{_MEMORY}];({searches});out tags center qt;"


def _tag_filter(tags: Tags) -> str:
    return "".join(_one_tag(key, value) for key, value in tags.items())


def _one_tag(key: str, value: str) -> str:
    if value == "*":
        return f"[{_quoted(key)}]"
    if key in PRIMARY_KEYS:
        return f"[{_quoted(key)}={_quoted(value)}]"  # the one form it has an index for
    # What refines may be several: `pizza;pasta`.
    return f"[{_quoted(key)}~{_quoted(f'(^|;) *{_REGEX.sub(_escape, value)} *(;|$)')}]"


def _escape(found: re.Match[str]) -> str:
    return f"\\{found[1]}"


def _pattern(folded: str) -> str:
    """Folded words, wherever they stand in a name, whatever stands between them."""
    return f"(^|[^a-z0-9]){''.join(map(_letter, folded))}"


def _letter(letter: str) -> str:
    if letter == " ":
        return "[^a-z0-9]+"
    accented = _ACCENTS.get(letter, "")
    # An alternative for each: in a bracket, the two bytes of a letter would be two letters.
    return f"({'|'.join([letter, *accented, *accented.upper()])})" if accented else letter


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ") + '"'


def _places(elements: list[_Element], tile: Tile) -> list[Place]:
    found: list[Place] = []
    for one in sorted(elements, key=lambda one: (one.type, one.id)):
        lat = one.center.lat if one.center else one.lat
        lon = one.center.lon if one.center else one.lon
        if lat is not None and lon is not None and tile.contains(lat, lon) and is_business(one.tags):
            found.append(place(one.type, one.id, one.tags, lat=lat, lon=lon, source="overpass"))
    return found


def _remarked(answer: _Answer, tile: Tile) -> Found:
    if _TOO_MUCH.search(answer.remark) and tile.can_split:
        return Found(_places(answer.elements, tile), capped=True)
    if _OVERLOADED.search(answer.remark):
        raise Retryable("overpass_overloaded", "The search was too much for Overpass.")
    raise Permanent("overpass_remark", f"Overpass could not do the search: {answer.remark[:200]}")


def _refusal(error: ApiError) -> Retryable | Permanent:
    if error.status == 400:
        return Permanent("overpass_query", "Overpass cannot parse the search.")
    return api_failure(error)
