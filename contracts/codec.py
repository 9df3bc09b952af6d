"""Bytes of the log <-> envelopes. JSON, so that any subscriber can read it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from contracts.events import EVENT_TYPES, Envelope, Event, ItemError, ItemProcessed, ItemsSubmitted, PlaceFound

LOG_ID_POSITIONS = 256
"""Events a message may carry at most, so that `sequence × 256 + position` is unique and grows."""


class _Head(msgspec.Struct, frozen=True):
    id: str
    source: str
    type: str
    subject: str
    time: str
    tenant: str
    data: msgspec.Raw


class ItemSettled(Event, frozen=True, kw_only=True):
    """ItemProcessed without its rows: what counting needs, at a tenth of the decoding."""

    index: int
    label: str = ""
    attempts: int = 1
    found: int = 0
    error: ItemError | None = None
    rows: list[msgspec.Raw] = msgspec.field(default_factory=list)
    part: str = ""
    places: list[PlaceFound] = msgspec.field(default_factory=list)
    zone: int = 0
    capped: bool = False
    split: list[msgspec.Raw] = msgspec.field(default_factory=list)


class ItemsCounted(Event, frozen=True, kw_only=True):
    """ItemsSubmitted with its items left as bytes."""

    first: int
    items: list[msgspec.Raw]


_FULL: dict[str, msgspec.json.Decoder[Any]] = {name: msgspec.json.Decoder(event) for name, event in EVENT_TYPES.items()}
_SLIM: dict[str, msgspec.json.Decoder[Any]] = _FULL | {
    "outsend.item_processed.v1": msgspec.json.Decoder(ItemSettled),
    "outsend.items_submitted.v1": msgspec.json.Decoder(ItemsCounted),
}
_HEADS = msgspec.json.Decoder(list[_Head])
_ENCODER = msgspec.json.Encoder()


def encode(envelopes: Sequence[Envelope]) -> bytes:
    """A CloudEvents JSON batch; at most 256 envelopes of one job."""
    if not 0 < len(envelopes) <= LOG_ID_POSITIONS:
        raise ValueError(f"a message carries 1 to {LOG_ID_POSITIONS} events, not {len(envelopes)}")
    return _ENCODER.encode(envelopes)


def decode(payload: bytes) -> list[Envelope]:
    """The envelopes of one message. Raises msgspec.ValidationError or UnknownEvent for what is no event of ours."""
    return _decode(payload, _FULL)


def decode_slim(payload: bytes) -> list[Envelope]:
    """As `decode`, but results and items keep their rows as undecoded bytes (ItemSettled, ItemsCounted)."""
    return _decode(payload, _SLIM)


class UnknownEvent(ValueError):
    """The type is not one this version knows; the reader is older than the writer."""


def _decode(payload: bytes, decoders: Mapping[str, msgspec.json.Decoder[Any]]) -> list[Envelope]:
    return [_open(head, decoders) for head in _HEADS.decode(payload)]


def _open(head: _Head, decoders: Mapping[str, msgspec.json.Decoder[Any]]) -> Envelope:
    decoder = decoders.get(head.type)
    if decoder is None:
        raise UnknownEvent(f"event type {head.type!r} is not known here")
    return Envelope(
        id=head.id,
        source=head.source,
        type=head.type,
        subject=head.subject,
        time=head.time,
        tenant=head.tenant,
        data=decoder.decode(head.data),
    )


def slim_type(event: Event) -> str:
    """The type name under which a slim event is written. Raises KeyError for any other event."""
    return {ItemSettled: "outsend.item_processed.v1", ItemsCounted: "outsend.items_submitted.v1"}[type(event)]


def log_id(sequence: int, position: int) -> int:
    """The id of an event in the log: grows with the log, never reused."""
    return sequence * LOG_ID_POSITIONS + position


__all__ = [
    "ItemProcessed",
    "ItemSettled",
    "ItemsCounted",
    "ItemsSubmitted",
    "UnknownEvent",
    "decode",
    "decode_slim",
    "encode",
    "log_id",
    "slim_type",
]
