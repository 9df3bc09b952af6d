"""JSON Schema (2020-12) of everything that crosses a process boundary, derived from the structs.

`schemas/` holds the output, committed; `python -m contracts.generate` writes it anew.
"""

from __future__ import annotations

from typing import Any

import msgspec

from contracts.events import EVENT_TYPES, Envelope, Event
from contracts.items import ItemRequested, WorkerPresence
from contracts.jobs import JobPublic
from contracts.stream import DoneFrame, ErrorFrame, LogFrame, ProgressFrame, StatusFrame

DIALECT = "https://json-schema.org/draft/2020-12/schema"

STRUCTS: dict[str, type[msgspec.Struct]] = {
    "envelope": Envelope,
    "item_requested": ItemRequested,
    "worker_presence": WorkerPresence,
    "job_public": JobPublic,
    "sse.status": StatusFrame,
    "sse.log": LogFrame,
    "sse.progress": ProgressFrame,
    "sse.done": DoneFrame,
    "sse.error": ErrorFrame,
}
"""What is no event and still published, by the name of its schema."""


def all_schemas() -> dict[str, dict[str, Any]]:
    """Every schema by name: an event's type, or a key of STRUCTS."""
    structs = {name: _schema(name, struct) for name, struct in STRUCTS.items()}
    events = {name: event_schema(name, event) for name, event in EVENT_TYPES.items()}
    return structs | events


def event_schema(type_name: str, event: type[Event]) -> dict[str, Any]:
    """The schema of one event version in its envelope. Unknown further fields are allowed everywhere."""
    _, definitions = msgspec.json.schema_components([Envelope, event], ref_template="#/$defs/{name}")
    envelope = definitions.pop("Envelope")
    del definitions["Event"]  # the base that the envelope names in place of a particular event
    data = {"$ref": f"#/$defs/{event.__name__}"}
    properties = envelope["properties"] | {"type": {"const": type_name}, "data": data}
    described = {"title": type_name, "description": definitions[event.__name__]["description"]}
    return {**_head(type_name), **envelope, **described, "properties": properties, "$defs": definitions}


def _schema(name: str, struct: type[msgspec.Struct]) -> dict[str, Any]:
    _, definitions = msgspec.json.schema_components([struct], ref_template="#/$defs/{name}")
    top = definitions.pop(struct.__name__)
    return {**_head(name), **top, **({"$defs": definitions} if definitions else {})}


def _head(name: str) -> dict[str, Any]:
    return {"$schema": DIALECT, "$id": f"urn:outsend:schema:{name}"}
