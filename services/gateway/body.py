"""Bodies of new jobs: that of POST /api/jobs/{type} decoded as its module's manifest says, items left as bytes."""

from __future__ import annotations

from typing import Any, Literal, TypeVar

import msgspec

from contracts.manifest import ModuleSpec, Option
from shared.api.errors import ValidationFailed, issue, issues_of

T = TypeVar("T")


class JobBody(msgspec.Struct, frozen=True):
    """What a client asked for. `items` is None when the rows of `source_job_id` are meant; a second look needs that."""

    items: list[msgspec.Raw] | None
    source_job_id: str | None
    options: dict[str, Any]
    """Every option of the manifest, with its default where the body has none."""


def decoded(decoder: msgspec.json.Decoder[T], payload: bytes, *, status: int = 422) -> T:
    """A body as its type says; unknown fields are ignored. Raises ValidationFailed."""
    try:
        return decoder.decode(payload)
    except RecursionError:
        found = [issue("The body is nested too deeply.", "body")]
    except UnicodeDecodeError:
        found = [issue("The body must be UTF-8.", "body", kind="json_invalid")]
    except msgspec.DecodeError as error:
        found = issues_of(error)
    raise ValidationFailed(found, status=status)


class BodyReader:
    """Reads the bodies of one module's jobs."""

    def __init__(self, spec: ModuleSpec, max_items: int) -> None:
        self._spec = spec
        self._max_items = max_items
        fields: list[tuple[str, Any, Any]] = [
            ("items", list[msgspec.Raw] | None, None),
            ("source_job_id", str | None, None),
            *((option.name, _option_type(option), option.default) for option in spec.options),
        ]
        self._decoder: msgspec.json.Decoder[Any] = msgspec.json.Decoder(
            msgspec.defstruct(f"{spec.slug}_body", fields, frozen=True)
        )

    def read(self, payload: bytes) -> JobBody:
        """Decode and check the outer shape; unknown fields are ignored. Raises ValidationFailed.

        It skips over the items (about 1 GB/s); looking into them is `sift`'s, which yields to the loop.
        """
        body = decoded(self._decoder, payload, status=self._spec.validation_status)
        options = {option.name: getattr(body, option.name) for option in self._spec.options}
        if body.items is None and body.source_job_id is None and not self._spec.is_second_look(options):
            raise self._refusal("Field required", "body", "items", kind="missing")
        if body.items is not None and not 1 <= len(body.items) <= self._max_items:
            raise self._refusal(f"A job takes 1 to {self._max_items} items, not {len(body.items)}.", "body", "items")
        return JobBody(body.items, body.source_job_id, options)

    def _refusal(self, msg: str, *loc: str | int, kind: str = "value_error") -> ValidationFailed:
        return ValidationFailed([issue(msg, *loc, kind=kind)], status=self._spec.validation_status)


def _option_type(option: Option) -> Any:
    if option.type == "boolean":
        return bool
    return Literal[tuple(option.choices)] if option.choices else str
