"""Golden cases of pagespeed: two answers in, columns out. A case says how its answers differ from `base.json`."""

from __future__ import annotations

import copy
import json
from functools import cache
from pathlib import Path
from typing import Any, Literal

import msgspec

from services.pagespeed.answer import read
from services.pagespeed.measurement import Measurement, columns
from shared.modulekit.errors import ModuleError

FOLDER = Path(__file__).parent / "pagespeed"
_NULL, _ABSENT = "null", "absent"
"""TOML has neither: as values of a difference they stand for JSON's null and for a member that is not there."""


class Case(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Differences by path, e.g. `"lighthouseResult.categories.seo.score" = "null"`."""

    name: str
    mobile: dict[str, Any] = {}
    desktop: dict[str, Any] = {}
    whole: Any = None
    """In the place of both answers."""
    without: Literal["", "mobile", "desktop"] = ""
    """The one that could not be measured."""
    columns: dict[str, Any] = {}
    """Those that differ from the base's."""
    error: str = ""
    """The code of the failure there is instead of columns."""
    trap: bool = False
    """Whether it shows what looks right and is not."""

    def expected(self) -> dict[str, Any]:
        """Every column, of a case that is no failure."""
        stated = {name: None if value == _NULL else value for name, value in self.columns.items()}
        return BASE_COLUMNS | stated

    def outcome(self) -> dict[str, Any]:
        """The columns of its answers. Raises what `read` raises."""
        mobile, desktop = self._read("mobile"), self._read("desktop")
        return columns(mobile, desktop)

    def _read(self, strategy: str) -> Measurement | None:
        if strategy == self.without:
            return None
        return read(self.whole if self.whole is not None else _changed(getattr(self, strategy), strategy))


BASE_COLUMNS: dict[str, Any] = {
    "perf_score_mobile": 71,
    "perf_score_desktop": 94,
    "lcp_ms": 4500,
    "cls": 0.031,
    "accessibility_score": 88,
    "seo_score": 92,
    "suggestions": [
        "Des éléments d'image n'ont pas d'attribut `[alt]`",
        'Le document ne contient pas d\'attribut "meta description"',
        "Les erreurs de navigateur ont été enregistrées dans la console",
        "Améliorer l'affichage des images",
        "Requêtes de blocage de l'affichage",
    ],
    "best_practices_score": 96,
    "fcp_ms": 2000,
    "tbt_ms": 180,
    "inp_ms": 214,
}
"""Of the base, under both strategies."""
_DESKTOP = {"lighthouseResult.categories.performance.score": 0.94}


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    case: list[Case]


@cache
def cases() -> tuple[Case, ...]:
    """By file name and then in the file's order."""
    files = sorted(FOLDER.glob("*.toml"))
    return tuple(case for path in files for case in msgspec.toml.decode(path.read_bytes(), type=_File).case)


def outcome(case: Case) -> dict[str, Any] | str:
    """The columns, or the code of the failure."""
    try:
        return case.outcome()
    except ModuleError as failure:
        return failure.code


@cache
def _base() -> str:
    return (FOLDER / "base.json").read_text("utf-8")


def _changed(differences: dict[str, Any], strategy: str) -> Any:
    answer = json.loads(_base())
    for path, value in ((_DESKTOP if strategy == "desktop" else {}) | differences).items():
        *way, last = path.split(".")
        node = answer
        for step in way:
            node = node[int(step)] if isinstance(node, list) else node.setdefault(step, {})
        if value == _ABSENT:
            node.pop(last, None)
        elif isinstance(node, list):
            node.append(copy.deepcopy(value))
        else:
            node[last] = None if value == _NULL else copy.deepcopy(value)
    return answer
