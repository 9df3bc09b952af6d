"""Overpass as its documentation has it: `[out:json]`, unions of `nwr` with tag filters in a box, `out tags center`."""

from __future__ import annotations

import re

from tests.world.places.api import Answer, FakeApi, Request, as_html, as_json, require
from tests.world.places.town import Business, osm_tags

_QUERY = re.compile(r"\[out:json\]\[timeout:(\d+)\]\[maxsize:(\d+)\];\((.+)\);out tags center qt;")
_QUOTED = r'"((?:[^"\\]|\\.)*)"'
_ANY = r'"(?:[^"\\]|\\.)*"'
_STATEMENT = re.compile(rf"nwr((?:\[{_ANY}(?:(?:=|~){_ANY}(?:,i)?)?\])+)\(([-\d.,]+)\);")
_FILTER = re.compile(rf"\[{_QUOTED}(?:(=|~){_QUOTED}(,i)?)?\]")


class Overpass(FakeApi):
    """The businesses as OpenStreetMap has them."""

    def __init__(self, businesses: list[Business]) -> None:
        super().__init__()
        self._businesses = [(one, osm_tags(one)) for one in businesses]

    def answer(self, request: Request) -> Answer:
        require((request.method, request.path) == ("POST", "/api/interpreter"), "POST /api/interpreter")
        require(request.headers.get("content-type") == "application/x-www-form-urlencoded", "a form")
        require(request.headers.get("user-agent"), "a User-Agent")
        query = _QUERY.fullmatch(request.form().get("data", ""))
        require(query, "parse error: unknown statement")
        assert query is not None
        statements = list(_STATEMENT.finditer(query[3]))
        require("".join(each[0] for each in statements) == query[3], f"parse error in {query[3]}")
        found = {}
        for statement in statements:
            for one, tags in self._businesses:
                if _within(one, statement[2]) and all(_has(tags, each) for each in _FILTER.finditer(statement[1])):
                    found[one.osm_id] = _element(one, tags)
        copyright_ = "The data included in this document is from www.openstreetmap.org. It is available under ODbL."
        osm3s = {"timestamp_osm_base": "2026-11-01T00:00:00Z", "copyright": copyright_}
        body = {"version": 0.6, "generator": "Overpass API", "osm3s": osm3s, "elements": list(found.values())}
        return as_json(body)

    def refuse(self, why: str) -> Answer:
        return as_html(f'<p><strong style="color:#FF0000">Error</strong>: line 1: parse error: {why}</p>', 400)


def _within(one: Business, box: str) -> bool:
    south, west, north, east = map(float, box.split(","))
    return south <= one.lat <= north and west <= one.lon <= east


def _has(tags: dict[str, str], wanted: re.Match[str]) -> bool:
    key, operator, value, insensitive = wanted.groups()
    if key not in tags or operator is None:
        return key in tags
    text = re.sub(r"\\(.)", r"\1", value)
    if operator == "=":
        return tags[key] == text
    return re.search(text, tags[key], re.IGNORECASE if insensitive else 0) is not None


def _element(one: Business, tags: dict[str, str]) -> dict[str, object]:
    if one.shape == "node":
        return {"type": "node", "id": one.number, "lat": one.lat, "lon": one.lon, "tags": tags}
    return {"type": one.shape, "id": one.number, "center": {"lat": one.lat, "lon": one.lon}, "tags": tags}
