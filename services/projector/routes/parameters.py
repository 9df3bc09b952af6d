"""Query parameters as text: whether they make sense is asked after the object was found and is the caller's."""

from __future__ import annotations

import re
from typing import Annotated

from litestar.openapi.spec import OpenAPIType
from litestar.params import QueryParameter

from shared.api.errors import ValidationFailed, issue

_INTEGER = re.compile(r"[+-]?[0-9]{1,19}")


def _integer(name: str, description: str, default: int | None = None, minimum: int | None = None) -> object:
    extra = {"type": OpenAPIType.INTEGER, "default": default, "minimum": minimum}
    return QueryParameter(
        name=name,
        description=description,
        required=False,
        schema_extra={key: value for key, value in extra.items() if value is not None},
    )


Limit = Annotated[str | None, _integer("limit", "How many at most; clamped to what is allowed.", 100)]
Offset = Annotated[str | None, _integer("offset", "How many to skip.", 0, 0)]
Since = Annotated[str | None, _integer("since", "Log id after which the replay begins; all events without it.")]


def parse_integer(name: str, text: str) -> int:
    """The integer a text says. Raises ValidationFailed."""
    if not _INTEGER.fullmatch(text.strip()):
        raise ValidationFailed([issue("Input should be a valid integer", "query", name, kind="int_parsing")])
    return int(text)


def parse_page(limit: str | None, offset: str | None, *, most: int) -> tuple[int, int]:
    """Limit (default 100, clamped to [1, most]) and offset (default 0). Raises ValidationFailed."""
    count = 100 if limit is None else parse_integer("limit", limit)
    start = 0 if offset is None else parse_integer("offset", offset)
    if start < 0:
        raise ValidationFailed(
            [issue("Input should be greater than or equal to 0", "query", "offset", kind="greater_than_equal")]
        )
    return min(max(count, 1), most), start
