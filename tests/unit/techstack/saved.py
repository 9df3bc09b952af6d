"""Golden cases: pages written by hand, one TOML file each."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

import msgspec

from services.techstack.detect import evidence_of
from services.techstack.evidence import PageEvidence
from shared.web.page import Page

GOLDEN = Path(__file__).parents[2] / "golden" / "techstack"


class Saved(msgspec.Struct, frozen=True):
    url: str
    expect: list[str]
    """Every slug the page must yield, the file's own first; nothing else may be found."""
    html: str
    version: str | None = None
    headers: dict[str, list[str]] = {}
    cookies: dict[str, str] = {}
    tempts: list[str] = []
    """Of a look-alike: the technologies that somebody careless would find there."""
    containers: list[str] = []
    """Files of the folder `containers`: the Google Tag Manager containers the page loads."""
    columns: dict[str, str] = {}
    """The flat columns that are not empty."""

    def page(self) -> Page:
        headers = [(name, value) for name, values in self.headers.items() for value in values]
        headers += [("set-cookie", f"{name}={value}; path=/") for name, value in self.cookies.items()]
        return Page(self.url, 200, headers, self.html)

    def scripts(self) -> list[str]:
        return [(GOLDEN / "containers" / name).read_text("utf-8") for name in self.containers]

    def evidence(self) -> PageEvidence:
        return evidence_of(self.page())


@cache
def saved(kind: str) -> dict[str, Saved]:
    """All cases of a folder (positive, negative, sites) by name."""
    paths = sorted((GOLDEN / kind).glob("*.toml"))
    return {path.stem: msgspec.convert(tomllib.loads(path.read_text("utf-8")), Saved) for path in paths}
