"""The AsyncAPI 3.0 document of everything that goes over the broker, derived from structs, subjects and examples."""

from __future__ import annotations

import re
from typing import Any

from contracts import subjects
from contracts.events import CHANNELS, EVENT_TYPES
from contracts.json_schema import all_schemas

Examples = dict[str, dict[str, Any]]
"""Golden examples by type and name."""

_PARAMETERS = {
    "tenant": "The account that owns the job: `u_` and a ULID.",
    "job": "The job's id: `j_` and a ULID.",
    "job_type": "A module's slug.",
}
_CHANNELS = {
    "lifecycle": "What became of a job: asked for, started, ended, gone.",
    "items": "The items a job was given, in chunks.",
    "results": "What the modules made of them.",
    "log": "Lines for the person who watches the job.",
}
_PLAIN = {
    "queue": ("items.{job_type}.{job}", "ItemRequested", "item_requested", "Items that wait for a module's worker."),
    "presence": ("workers.{job_type}", "WorkerPresence", "worker_presence", "What a worker takes at once; not stored."),
}


def document(version: str, examples: dict[str, Examples]) -> dict[str, Any]:
    """The whole document. `version` is the product's; `examples` are shown with their messages."""
    schemas = all_schemas()
    messages = {_message_name(name): _event_message(name, examples.get(name, {})) for name in EVENT_TYPES}
    messages |= {title: _plain_message(title, schema, text) for _, title, schema, text in _PLAIN.values()}
    shown = [*EVENT_TYPES, *(schema for _, _, schema, _ in _PLAIN.values())]
    channels = _log_channels() | {
        name: _channel(address, text, [title]) for name, (address, title, _, text) in _PLAIN.items()
    }
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Outsend events",
            "version": version,
            "description": "The event log on NATS JetStream. One message is a CloudEvents 1.0 JSON batch of one job. "
            f"Stream `{subjects.LOG_STREAM}` keeps `jobs.>`, stream `{subjects.QUEUE_STREAM}` the work queue.",
            "license": {"name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"},
        },
        "defaultContentType": "application/cloudevents-batch+json",
        "servers": {"nats": {"host": "127.0.0.1:4222", "pathname": "/", "protocol": "nats"}},
        "channels": channels,
        "operations": {
            f"subscribe_{name}": {"action": "receive", "channel": {"$ref": f"#/channels/{name}"}} for name in channels
        },
        "components": {
            "messages": messages,
            "schemas": {key: schema for name in shown for key, schema in _components(name, schemas[name]).items()},
        },
    }


def _log_channels() -> dict[str, Any]:
    by_channel: dict[str, list[str]] = {channel: [] for channel in _CHANNELS}
    for name, event in EVENT_TYPES.items():
        by_channel[CHANNELS.get(event, "lifecycle")].append(_message_name(name))
    return {
        channel: _channel(f"jobs.{{tenant}}.{{job}}.{channel}", text, by_channel[channel])
        for channel, text in _CHANNELS.items()
    }


def _channel(address: str, text: str, messages: list[str]) -> dict[str, Any]:
    return {
        "address": address,
        "description": text,
        "parameters": {name: {"description": _PARAMETERS[name]} for name in re.findall(r"{(\w+)}", address)},
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in messages},
    }


def _event_message(type_name: str, examples: Examples) -> dict[str, Any]:
    return {
        "name": type_name,
        "title": _message_name(type_name),
        "summary": (EVENT_TYPES[type_name].__doc__ or "").partition("\n")[0],
        "payload": {
            "type": "array",
            "minItems": 1,
            "maxItems": 256,
            "items": {"$ref": f"#/components/schemas/{type_name}"},
        },
        "examples": [{"name": name, "payload": [example]} for name, example in sorted(examples.items())],
    }


def _plain_message(title: str, schema: str, text: str) -> dict[str, Any]:
    return {
        "name": schema,
        "title": title,
        "summary": text,
        "contentType": "application/json",
        "payload": {"$ref": f"#/components/schemas/{schema}"},
    }


def _message_name(type_name: str) -> str:
    """`outsend.job_started.v1` as an identifier: `JobStartedV1`."""
    _, event, version = type_name.split(".")
    return "".join(part.title() for part in event.split("_")) + version.upper()


def _components(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    """A schema and its definitions as components, each under a name of its own."""
    body = {key: value for key, value in schema.items() if key not in ("$schema", "$id", "$defs")}
    parts = {name: body} | {f"{name}.{part}": inner for part, inner in schema.get("$defs", {}).items()}
    return {key: _repoint(part, name) for key, part in parts.items()}


def _repoint(value: Any, name: str) -> Any:
    match value:
        case {"$ref": str(reference)}:
            return {"$ref": reference.replace("#/$defs/", f"#/components/schemas/{name}.")}
        case dict():
            return {key: _repoint(inner, name) for key, inner in value.items()}
        case list():
            return [_repoint(inner, name) for inner in value]
        case _:
            return value
