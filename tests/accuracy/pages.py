"""Pages of real software as they were served, and what is known to be there."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

import msgspec

from shared.web.charset import decode
from shared.web.page import Page

HERE = Path(__file__).parent
PAGES = HERE / "pages"


class Site(msgspec.Struct, frozen=True, rename={"kind": "class"}, forbid_unknown_fields=True):
    """One table of sites.toml: where a page comes from and, written by hand, what it is made of."""

    url: str
    address: str
    """Where the capture has the software listen."""
    kind: str
    """Of the page: site, application, generated, framework, libraries, server."""
    software: list[str]
    """Debian packages, or `npm:` and `pypi:` ones."""
    there: list[str]
    """What is really there: slugs of our vocabulary, or the peer's names where ours has none."""


class SavedPage(msgspec.Struct, frozen=True):
    """One file of pages/: an HTTP message after a few lines of its own."""

    url: str
    status: int
    headers: list[tuple[str, str]]
    body: bytes
    software: list[str] = []
    """Names and versions of what served it."""

    def page(self) -> Page:
        kind = next((value for name, value in self.headers if name == "content-type"), "")
        return Page(self.url, self.status, self.headers, decode(self.body, kind))


@cache
def sites() -> dict[str, Site]:
    """Every site by name, in the order of sites.toml."""
    return msgspec.convert(tomllib.loads((HERE / "sites.toml").read_text("utf-8")), dict[str, Site])


def save(name: str, page: SavedPage) -> None:
    """Write one page: what it is, the status and headers, an empty line, the body as served."""
    head = [f"url {page.url}", *(f"software {one}" for one in page.software), f"status {page.status}"]
    head += [f"header {key}: {value}" for key, value in page.headers]
    (PAGES / f"{name}.http").write_bytes("\n".join([*head, "", ""]).encode("latin-1") + page.body)


def load(name: str) -> SavedPage:
    """One page of pages/."""
    head, _, body = (PAGES / f"{name}.http").read_bytes().partition(b"\n\n")
    lines = [line.partition(" ") for line in head.decode("latin-1").split("\n")]
    of = {kind: [text for key, _, text in lines if key == kind] for kind in ("url", "software", "status", "header")}
    headers = [(name, value) for name, _, value in (line.partition(": ") for line in of["header"])]
    return SavedPage(of["url"][0], int(of["status"][0]), headers, body, of["software"])


@cache
def saved() -> dict[str, SavedPage]:
    """Every saved page, in the order of sites.toml."""
    return {name: load(name) for name in sites() if (PAGES / f"{name}.http").exists()}
