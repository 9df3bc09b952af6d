"""Hand-written pages that speak of technologies and run none of what they name: tests/golden/techstack/lookalikes.toml."""

from __future__ import annotations

from functools import cache

import msgspec

from shared.web.page import Page
from tests.unit.techstack.saved import GOLDEN


class LookAlike(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One table of the file."""

    name: str
    body: str = ""
    """Of a small page around it."""
    html: str = ""
    """Or a whole page."""
    headers: dict[str, str] = {}
    runs: list[str] = []
    """Slugs of what the page does run."""

    @property
    def url(self) -> str:
        return "https://www.exemple.test/"

    @property
    def all_headers(self) -> list[tuple[str, str]]:
        return [("content-type", "text/html; charset=utf-8"), *self.headers.items()]

    @property
    def markup(self) -> str:
        frame = f'<!doctype html><html lang="fr"><head><meta charset="utf-8"><title>Atelier</title></head><body>{self.body}</body></html>'
        return self.html or frame

    def page(self) -> Page:
        return Page(self.url, 200, self.all_headers, self.markup)


class _File(msgspec.Struct):
    page: list[LookAlike]


@cache
def lookalikes() -> tuple[LookAlike, ...]:
    """All of them, in the file's order."""
    return tuple(msgspec.toml.decode((GOLDEN / "lookalikes.toml").read_bytes(), type=_File).page)
