"""Looking into a job's items: what is malformed refuses the job, what is unusable is dropped before billing."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from contracts.jobs import ValidationIssue
from contracts.manifest import ModuleSpec, has_key, read_key
from shared.api.errors import ValidationFailed, issue, issues_of
from shared.net.site import normalize_site

MAX_ITEM_BYTES = 64 * 1024
MAX_ITEM_KEYS = 200

MAX_NESTING = 32
"""An item is a table's row; stores and spreadsheets behind us have limits of their own (BSON: 100 levels)."""

_MAX_ISSUES = 20
"""Enough to mend a client by; a body of 10 000 wrong items needs no 10 000 sentences."""

_SLICE = 0.005
"""Seconds of decoding after which other requests have their turn."""

Requirements = Mapping[str, Sequence[Sequence[str]]]
"""`ModuleSpec.requirements`."""

_DECODER = msgspec.json.Decoder(dict[str, Any])


class Sifted(msgspec.Struct, frozen=True):
    """The items a job is made of, as the client wrote them, and how many were dropped."""

    accepted: list[msgspec.Raw]
    dropped: int
    """That the module cannot work on."""
    repeated: int = 0
    """That say again what an earlier one says."""


async def sift(items: Sequence[msgspec.Raw], spec: ModuleSpec, *, without_result: bool = False) -> Sifted:
    """Decode every item once and keep what the module can use; of a second look only rows `without_result`.

    Raises ValidationFailed for an item that is no object, too large or too deep, and, where the module's page does
    not say otherwise, when no item has a key that the module needs.
    """
    accepted: list[msgspec.Raw] = []
    settled = repeated = 0
    seen: set[str] = set()
    issues: list[ValidationIssue] = []
    absent = needed = spec.requirements
    turn = time.perf_counter() + _SLICE
    for index, raw in enumerate(items):
        if time.perf_counter() > turn:
            await asyncio.sleep(0)
            turn = time.perf_counter() + _SLICE
        item = _decode(raw, index, issues)
        if item is None:
            continue
        absent = {name: sets for name, sets in absent.items() if not _has_one(item, sets)}
        if without_result and spec.has_result(item):
            settled += 1
        elif _is_repeated(item, spec, seen):
            repeated += 1
        elif spec.keeps_unusable or is_usable(item, needed):
            accepted.append(raw)
    if not issues and absent and spec.validation_status == 422:
        issues = [
            issue(f"No item has the key {name!r}.", "body", "items", name, kind="missing") for name in sorted(absent)
        ]
    if issues:
        raise ValidationFailed(issues[:_MAX_ISSUES], status=spec.validation_status)
    return Sifted(accepted, len(items) - len(accepted) - settled - repeated, repeated)


def _decode(raw: msgspec.Raw, index: int, issues: list[ValidationIssue]) -> dict[str, Any] | None:
    place = ("body", "items", index)
    payload = memoryview(raw)
    if len(payload) > MAX_ITEM_BYTES:
        issues.append(issue(f"An item may have {MAX_ITEM_BYTES} bytes, not {len(payload)}.", *place))
        return None
    try:
        item: dict[str, Any] = _DECODER.decode(payload)
    except msgspec.DecodeError as error:
        issues.extend(
            ValidationIssue(loc=[*place, *each.loc[1:]], msg=each.msg, type=each.type) for each in issues_of(error)
        )
        return None
    except UnicodeDecodeError:
        issues.append(issue("An item must be UTF-8.", *place, kind="json_invalid"))
        return None
    except RecursionError:
        issues.append(issue("An item may not be nested this deeply.", *place))
        return None
    if len(item) > MAX_ITEM_KEYS:
        issues.append(issue(f"An item may have {MAX_ITEM_KEYS} keys, not {len(item)}.", *place))
    elif is_too_deep(bytes(payload), item):
        issues.append(issue(f"An item may be nested {MAX_NESTING} levels deep.", *place))
    return item


def is_too_deep(payload: bytes, item: dict[str, Any]) -> bool:
    """Whether lists and objects in each other pass MAX_NESTING; the bytes tell at once that most items do not."""
    if payload.count(b"{") + payload.count(b"[") <= MAX_NESTING:
        return False
    level: list[Any] = [item]
    for _ in range(MAX_NESTING):
        level = [
            child
            for parent in level
            for child in (parent.values() if isinstance(parent, dict) else parent)
            if isinstance(child, dict | list)
        ]
        if not level:
            return False
    return True


def is_usable(item: dict[str, Any], needed: Requirements) -> bool:
    """Whether the module can work on the item: of each requirement, one set of keys has usable values."""
    return all(any(_says(item, keys) for keys in sets) for sets in needed.values())


def _says(item: dict[str, Any], keys: Sequence[str]) -> bool:
    return all(_USABLE.get(key, _is_said)(read_key(item, key)) for key in keys)


def _has_one(item: dict[str, Any], sets: Sequence[Sequence[str]]) -> bool:
    return any(all(has_key((item,), key) for key in keys) for keys in sets)


def _is_repeated(item: dict[str, Any], spec: ModuleSpec, seen: set[str]) -> bool:
    """Whether the job has this value of `unique_by` already; from now on it has."""
    value = read_key(item, spec.unique_by) if spec.unique_by else None
    if not isinstance(value, str) or not (text := value.strip().lower()):
        return False
    known = text in seen
    seen.add(text)
    return known


def _is_said(value: Any) -> bool:
    if isinstance(value, str):
        return bool(value.strip())
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_site(value: Any) -> bool:
    return normalize_site(value) is not None


def _is_email(value: Any) -> bool:
    return isinstance(value, str) and "@" in value.strip().strip("@")


_USABLE: dict[str, Callable[[Any], bool]] = {"site_web": _is_site, "email": _is_email}
"""What makes a value usable; of keys that are not here any text or number is."""
