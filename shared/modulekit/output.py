"""From a module's result to the event in the log."""

from __future__ import annotations

from typing import Any, cast

import msgspec

from contracts.events import ItemError, ItemProcessed
from contracts.items import ItemRequested
from contracts.manifest import ModuleSpec, read_key
from shared.modulekit.module import Result

MAX_RESULT_BYTES = 1024 * 1024
"""A result above that loses its report, and if that is not enough, its rows."""

_LABEL_LENGTH = 200
_MESSAGE_LENGTH = 1000


def processed(
    spec: ModuleSpec, item: ItemRequested, result: Result, *, attempts: int, duration_ms: int
) -> ItemProcessed:
    """The event of an item that went well. A search's item is no row of the client's: what it found are the rows."""
    produced = [result.columns] if result.rows is None else result.rows
    rows = produced if spec.on_grid else [output_row(spec, item.item, columns) for columns in produced]
    event = ItemProcessed(
        index=item.index,
        part=item.part,
        label=label(spec, item.item),
        attempts=attempts,
        duration_ms=duration_ms,
        rows=rows,
        found=sum(any(row[name] is not None for name in spec.signals) for row in rows),
        report=cast("dict[str, Any] | None", result.report),  # JSON goes into the event's as it is
        places=result.places,
        zone=_zone(item),
        capped=result.capped,
        split=result.split,
    )
    return _fitting(spec, item, event)


def failed(
    spec: ModuleSpec, item: ItemRequested, error: ItemError, *, attempts: int, duration_ms: int
) -> ItemProcessed:
    """The event of an item that ended in error: its input, empty columns, and why.

    What the client's item carries keeps its value even where the module would have told it anew (reviews: which
    place); an item that is not the client's has as its input what it says of itself in the produced columns.
    """
    known = {key: read_key(item.item, key) for key in spec.carries or ()} if spec.takes_items else item.item
    return ItemProcessed(
        index=item.index,
        part=item.part,
        label=label(spec, item.item),
        attempts=attempts,
        duration_ms=duration_ms,
        rows=[] if spec.on_grid else [output_row(spec, item.item, known)],
        error=ItemError(code=_encodable(error.code), message=_encodable(error.message)[:_MESSAGE_LENGTH]),
    )


def output_row(spec: ModuleSpec, given: dict[str, Any], columns: dict[str, Any]) -> dict[str, Any]:
    """The input's columns as given, then the produced ones. A column that is both is appended with the new value."""
    produced = spec.columns
    kept = given if spec.carries is None else {key: given[key] for key in spec.carries if key in given}
    row = {key: value for key, value in kept.items() if key not in produced}
    given_stays = {column.name: given.get(column.name) for column in spec.produced() if column.keeps_given}
    told = {name: columns.get(name) for name in produced}
    return row | {name: given_stays.get(name) if value is None else value for name, value in told.items()}


def _zone(item: ItemRequested) -> int:
    """Which of the request's zones the item's tile belongs to; 0 for modules without zones."""
    zones: list[str] = item.options.get("zones", [])
    return zones.index(item.item["zone"]) if zones else 0


def label(spec: ModuleSpec, given: dict[str, Any]) -> str:
    """What a person recognises the item by."""
    if spec.on_grid:
        return f"{given.get('query')} · {given.get('tile')}"[:_LABEL_LENGTH]
    keys = spec.reads if spec.takes_items else list(given)
    value = next((read_key(given, key) for key in keys if read_key(given, key) is not None), None)
    return str(value)[:_LABEL_LENGTH] if value is not None else ""


def _encodable(text: str) -> str:
    """Lone surrogates, which a message made from a hostile page may have, cannot be written as JSON."""
    return text.encode("utf-8", "replace").decode()


def _fitting(spec: ModuleSpec, item: ItemRequested, event: ItemProcessed) -> ItemProcessed:
    if len(msgspec.json.encode(event)) <= MAX_RESULT_BYTES:
        return event
    event = msgspec.structs.replace(event, report={"dropped": "result_too_large"})
    if len(msgspec.json.encode(event)) <= MAX_RESULT_BYTES:
        return event
    error = ItemError(code="result_too_large", message=f"The result is larger than {MAX_RESULT_BYTES} bytes")
    return failed(spec, item, error, attempts=event.attempts, duration_ms=event.duration_ms)
