"""Golden cases of brand_assets: a page with its pictures, served over a real socket and read by the whole module."""

from __future__ import annotations

import asyncio
import tomllib
from pathlib import Path
from typing import Any

from contracts.items import ItemRequested
from contracts.manifest import load_manifests
from services.brand_assets.extract import process
from shared.modulekit.module import Context
from shared.net.client import Fetcher
from shared.settings import Settings
from tests.unit.brand_assets.drawing import TYPES, drawn
from tests.unit.net.servers import page, redirect
from tests.unit.net.world import World

CASES: dict[str, dict[str, Any]] = {
    path.stem: tomllib.loads(path.read_text("utf-8"))
    for path in sorted((Path(__file__).parent / "brand_assets").glob("*.toml"))
}
SPEC = load_manifests()["brand_assets"]
_VAGUE = ("brand_palette", "brand_color")
"""A case may leave open what a lossy picture gives."""


async def outcomes(folder: Path) -> tuple[Settings, dict[str, dict[str, Any]]]:
    """What the module makes of every case, and the settings under which it stored the pictures."""
    world = World(folder)
    await world.start()
    for name, case in CASES.items():
        host = _host(name)
        world.dns.records[host] = [["127.0.0.1"]]
        world.site.pages[f"{host}/"] = page(case["html"].encode(), Content_Type="text/html; charset=utf-8")
        world.site.pages |= {f"{host}{path}": _answer(spec) for path, spec in case["pictures"].items()}
    settings = world.but(data_dir=folder, public_url="https://leads.example")
    async with Fetcher(settings) as fetcher:
        context = Context(SPEC, settings, fetcher, _say)
        found = await asyncio.gather(*(_columns(name, context) for name in CASES))
        context.close()
    await world.stop()
    return settings, dict(zip(CASES, found, strict=True))


def expected(name: str) -> dict[str, Any]:
    """The columns of a case, its copies of pictures apart."""
    columns = CASES[name]["columns"]
    return {key: f"http://{_host(name)}{value}" if key.endswith("_url") else value for key, value in columns.items()}


def comparable(name: str, columns: dict[str, Any]) -> dict[str, Any]:
    """What was found and is not null, without the copies and what the case leaves open."""
    stated = CASES[name]["columns"]
    open_ones = {key for key in _VAGUE if key not in stated and "logo_source" in stated}
    return {
        key: value
        for key, value in columns.items()
        if value is not None and "_local_" not in key and key not in open_ones
    }


async def _say(*_: object) -> None:
    """Nobody watches."""


def _host(name: str) -> str:
    return f"{name.replace('_', '-')}.example"


def _answer(spec: dict[str, Any]) -> Any:
    if "redirect" in spec:
        return redirect(spec["redirect"])
    if "text" in spec:
        return page(spec["text"].encode(), Content_Type=spec["type"])
    return page(drawn(spec), Content_Type=spec.get("type") or TYPES[spec.get("format", "PNG")])


async def _columns(name: str, context: Context) -> dict[str, Any]:
    item = {"site_web": f"http://{_host(name)}/"}
    asked = ItemRequested(job="j_1", tenant="u_1", job_type="brand_assets", index=0, item=item)
    return (await process(asked, context)).columns
