"""brand_assets on its golden cases: pages with their pictures, from a real server, through the whole module."""

from __future__ import annotations

import asyncio
import io
import tomllib
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
import pytest
from PIL import Image

from contracts.items import ItemRequested
from contracts.manifest import load_manifests
from services.brand_assets.extract import process
from shared.artefacts import ArtefactName, open_artefacts
from shared.modulekit.module import Context
from shared.net.client import Fetcher
from tests.unit.brand_assets.drawing import TYPES, drawn
from tests.unit.net.servers import page, redirect
from tests.unit.net.world import World

CASES = {
    path.stem: tomllib.loads(path.read_text("utf-8"))
    for path in sorted((Path(__file__).parents[2] / "golden" / "brand_assets").glob("*.toml"))
}
SPEC = load_manifests()["brand_assets"]
COPIES = {"logo_local_url": "logo_source", "favicon_local_url": "favicon_url"}
"""Each is there exactly when the other one is."""


async def _say(*_):
    """Nobody watches."""


def _host(name):
    return f"{name.replace('_', '-')}.example"


def _answer(spec):
    if "redirect" in spec:
        return redirect(spec["redirect"])
    if "text" in spec:
        return page(spec["text"].encode(), Content_Type=spec["type"])
    return page(drawn(spec), Content_Type=spec.get("type") or TYPES[spec.get("format", "PNG")])


async def _all(folder):
    """What the module makes of every case, and the stored pictures."""
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

        async def one(name):
            item = {"site_web": f"http://{_host(name)}/"}
            return (
                await process(ItemRequested(job="j_1", tenant="u_1", job_type="brand_assets", index=0, item=item), context)
            ).columns

        results = dict(zip(CASES, await asyncio.gather(*map(one, CASES)), strict=True))
        context.close()
    await world.stop()
    return settings, results


@pytest.fixture(scope="module")
def outcome(tmp_path_factory):
    """Settings of the run and the columns by case."""
    return asyncio.run(_all(tmp_path_factory.mktemp("golden")))


def stored(settings, url):
    """The picture behind a local address."""
    assert url.startswith("https://leads.example/api/brand-assets/u_1/")
    name = ArtefactName.parse("u_1", url.rpartition("/")[2])
    return Image.open(io.BytesIO(asyncio.run(open_artefacts(settings).get(name))))


@pytest.mark.parametrize("name", CASES)
def test_finds_what_is_there_and_nothing_else(outcome, name):
    settings, results = outcome
    columns = {key: value for key, value in results[name].items() if value is not None}
    expected = {
        key: f"http://{_host(name)}{value}" if key.endswith("_url") else value
        for key, value in CASES[name]["columns"].items()
    }
    for local, reason in COPIES.items():
        assert (local in columns) == (reason in expected), (local, columns)
        if local in columns:
            assert stored(settings, columns.pop(local)).format == "PNG"
    variants = columns.pop("logo_variants_local_urls", [])
    assert bool(variants) == ("logo_source" in expected)
    sizes = [stored(settings, url).size for url in variants]
    assert sizes == sorted(sizes[:-1], reverse=True) + sizes[-1:]
    assert all(max(size) <= 512 for size in sizes)
    assert sizes[-1:] in ([], [(256, 256)])
    palette = columns.get("brand_palette", [])
    assert len(palette) <= 5
    for vague in ("brand_palette", "brand_color"):  # a case may leave open what a lossy picture gives
        if vague not in expected and "logo_source" in expected:
            columns.pop(vague, None)
    assert columns == expected


def test_half_of_the_cases_are_traps():
    traps = sum(case["kind"] == "trap" for case in CASES.values())
    assert len(CASES) >= 40
    assert traps >= 0.45 * len(CASES)


def test_columns_are_the_manifests(outcome):
    for columns in outcome[1].values():
        assert set(columns) <= set(SPEC.columns)
        msgspec.json.encode(columns)
