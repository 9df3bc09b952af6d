"""How right a module is on its golden cases: what it found rightly, found wrongly and missed."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from contracts.manifest import load_manifests
from tests.golden.cases import Case, load


def score(slug: str) -> tuple[int, int, int]:
    """True positives, false positives and misses over all cases of a module, value by value.

    A list counts each of its values; a wrong value counts as found wrongly and as missed.
    """
    extract = import_module(f"services.{slug}.extract").extract
    columns = load_manifests()[slug].columns
    right = wrong = missed = 0
    for case in load(slug):
        expected, found = values(case.columns, columns), values(extract(case.site(), **case.given), columns)
        right += len(expected & found)
        wrong += len(found - expected)
        missed += len(expected - found)
    return right, wrong, missed


def values(found: dict[str, Any], columns: list[str]) -> set[tuple[str, str]]:
    """Each column's values that are not null, as text."""
    pairs = ((name, found.get(name)) for name in columns)
    return {
        (name, repr(_bare(one)))
        for name, value in pairs
        for one in (value if isinstance(value, list) else [value])
        if one is not None
    }


def _bare(value: Any) -> Any:
    """TOML has no null: of a plan or the like only what has a value."""
    return {key: one for key, one in value.items() if one is not None} if isinstance(value, dict) else value


def differences(case: Case, found: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Columns in which a case is not met: what is expected and what was found."""
    names = [*found, *(name for name in case.columns if name not in found)]
    return {
        name: (case.columns.get(name), found.get(name)) for name in names if case.columns.get(name) != found.get(name)
    }
