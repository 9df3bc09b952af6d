"""Golden cases of the modules that read a site: pages in, expected columns out."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from shared.web.links import Kind
from shared.web.page import Page
from shared.web.site_pages import SitePage

HERE = Path(__file__).parent


class CasePage(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One page of a case."""

    html: str
    url: str = "https://www.boulangerie-lemoine.fr/"
    kind: Kind = "home"
    status: int = 200
    headers: dict[str, str] = {}

    def site_page(self) -> SitePage:
        return SitePage(self.kind, Page(self.url, self.status, list(self.headers.items()), self.html))


class Case(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A site and everything that must be found on it; columns that are not named are null."""

    name: str
    pages: list[CasePage]
    columns: dict[str, Any] = {}
    given: dict[str, Any] = {}
    """What the lead itself says: keyword arguments of the module's `extract`."""
    trap: bool = False
    """Whether it shows what looks right and is not."""

    def site(self) -> list[SitePage]:
        return [page.site_page() for page in self.pages]


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    case: list[Case]


@cache
def load(slug: str) -> tuple[Case, ...]:
    """The cases of a module, by file name and then in the file's order."""
    files = sorted((HERE / slug).glob("*.toml"))
    return tuple(case for path in files for case in msgspec.toml.decode(path.read_bytes(), type=_File).case)
