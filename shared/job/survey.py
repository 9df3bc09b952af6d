"""Counting a job over a grid: tiles, queries, unique places, and items that were split.

A work item is a pair of tile and query, `index = tile × queries + query`. A source that gives only so many places
splits an item in four; the pair is finished when no part of it is open.
"""

from __future__ import annotations

import msgspec
from msgspec.structs import replace

from contracts.codec import ItemSettled
from contracts.events import Breakdown, ItemProcessed, QueryStats
from shared.job import bitmap
from shared.job.places import Finder, PlaceIndex
from shared.job.state import FAILED, FINISHED, FLAGGED, FOUND, JobState, Split, Survey


def begin(queries: list[str], tiles: int) -> tuple[Survey, bytes, dict[str, QueryStats]]:
    """What a job over a grid starts with: its survey, a mark for each tile, an entry for each query."""
    return Survey(), bytes(tiles), {query: QueryStats() for query in queries}


def settle(state: JobState, event: ItemProcessed | ItemSettled) -> JobState:
    """The state after the result of a pair or of a part of one; the same object when it counts for nothing."""
    survey = state.survey
    if survey is None or not _is_open(state, survey, event):
        return state
    tile, query = divmod(event.index, len(state.queries))
    split = survey.splits.get(event.index, _WHOLE)
    parts = {part: item for part, item in split.parts.items() if part != event.part}
    parts |= {f"{event.part}{number}": _bytes(item) for number, item in enumerate(event.split)}
    split = Split(parts, split.found or bool(event.places), split.failed or event.error is not None)
    splits = {index: other for index, other in survey.splits.items() if index != event.index}
    state, places = _count_places(state, survey.places, event, Finder(query, tile, event.zone))
    marks = state.tiles[tile] | (FLAGGED if event.capped else 0)
    state = replace(
        state,
        attempts=state.attempts + event.attempts,
        flagged_tiles=state.flagged_tiles + (marks & ~state.tiles[tile] & FLAGGED == FLAGGED),
    )
    if parts:
        survey = Survey(places, splits | {event.index: split})
        return replace(state, survey=survey, tiles=_with(state.tiles, tile, marks))
    return _finish_pair(replace(state, survey=Survey(places, splits)), event.index, split, marks)


_WHOLE = Split({}, found=False, failed=False)


def _is_open(state: JobState, survey: Survey, event: ItemProcessed | ItemSettled) -> bool:
    """Whether a result for this pair and part is waited for."""
    if not 0 <= event.index < state.items or bitmap.contains(state.settled, event.index):
        return False
    split = survey.splits.get(event.index)
    return event.part in split.parts if split is not None else not event.part


def _finish_pair(state: JobState, index: int, split: Split, marks: int) -> JobState:
    queries = state.queries
    tile, query = divmod(index, len(queries))
    settled = bitmap.add(state.settled, index)
    whole = all(bitmap.contains(settled, tile * len(queries) + other) for other in range(len(queries)))
    stats = state.query_stats[queries[query]]
    stats = QueryStats(tiles=stats.tiles + 1, with_results=stats.with_results + split.found)
    marks |= (FINISHED if whole else 0) | (FOUND if split.found else 0) | (FAILED if split.failed else 0)
    return replace(
        state,
        settled=settled,
        tiles=_with(state.tiles, tile, marks),
        processed=state.processed + whole,
        errors=state.errors + split.failed,
        query_stats=state.query_stats | {queries[query]: stats},
        dead_queries=[
            name
            for name in queries
            if (stats if name == queries[query] else state.query_stats[name]) == QueryStats(tiles=state.total)
        ],
    )


def _count_places(
    state: JobState, places: PlaceIndex, event: ItemProcessed | ItemSettled, finder: Finder
) -> tuple[JobState, PlaceIndex]:
    if not event.places:
        return state, places
    places, gained, lost = places.note((place.id for place in event.places), finder)
    by_query, by_zone = dict(state.breakdown.by_query), dict(state.breakdown.by_zone)
    _add(by_query, state.queries[finder.query], gained)
    _add(by_zone, _zone(state, finder), gained)
    for before in lost:
        _add(by_query, state.queries[before.query], -1)
        _add(by_zone, _zone(state, before), -1)
    breakdown = Breakdown(by_query=by_query, by_zone=by_zone)
    return replace(state, breakdown=breakdown, results=places.size, rows=places.size), places


def _zone(state: JobState, finder: Finder) -> str:
    zones: list[str] = state.params.get("zones", [])
    return zones[min(finder.zone, len(zones) - 1)]


def _add(counts: dict[str, int], name: str, number: int) -> None:
    count = counts.get(name, 0) + number
    if count:
        counts[name] = count
    else:
        counts.pop(name, None)


def _with(tiles: bytes, tile: int, marks: int) -> bytes:
    if tiles[tile] == marks:
        return tiles
    changed = bytearray(tiles)
    changed[tile] = marks
    return bytes(changed)


def _bytes(item: object) -> bytes:
    return bytes(item) if isinstance(item, msgspec.Raw) else msgspec.json.encode(item)
