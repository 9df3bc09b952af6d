"""brand_assets on its golden cases: pages with their pictures, from a real server, through the whole module."""

from __future__ import annotations

import asyncio
import io

import msgspec
import pytest
from PIL import Image

from shared.artefacts import ArtefactName, open_artefacts
from tests.golden.pictured import CASES, SPEC, comparable, expected, outcomes

COPIES = {"logo_local_url": "logo_source", "favicon_local_url": "favicon_url"}
"""Each is there exactly when the other one is."""


@pytest.fixture(scope="module")
def outcome(tmp_path_factory):
    """Settings of the run and the columns by case."""
    return asyncio.run(outcomes(tmp_path_factory.mktemp("golden")))


def stored(settings, url):
    """The picture behind a local address."""
    assert url.startswith("https://leads.example/api/brand-assets/u_1/")
    name = ArtefactName.parse("u_1", url.rpartition("/")[2])
    return Image.open(io.BytesIO(asyncio.run(open_artefacts(settings).get(name))))


@pytest.mark.parametrize("name", CASES)
def test_finds_what_is_there_and_nothing_else(outcome, name):
    settings, results = outcome
    columns, stated = results[name], CASES[name]["columns"]
    for local, reason in COPIES.items():
        assert (columns.get(local) is not None) == (reason in stated), (local, columns)
        if columns.get(local) is not None:
            assert stored(settings, columns[local]).format == "PNG"
    variants = columns.get("logo_variants_local_urls") or []
    assert bool(variants) == ("logo_source" in stated)
    sizes = [stored(settings, url).size for url in variants]
    assert sizes == sorted(sizes[:-1], reverse=True) + sizes[-1:]
    assert all(max(size) <= 512 for size in sizes)
    assert sizes[-1:] in ([], [(256, 256)])
    assert len(columns.get("brand_palette") or []) <= 5
    assert comparable(name, columns) == expected(name)


def test_half_of_the_cases_are_traps():
    traps = sum(case["kind"] == "trap" for case in CASES.values())
    assert len(CASES) >= 40
    assert traps >= 0.45 * len(CASES)


def test_columns_are_the_manifests(outcome):
    for columns in outcome[1].values():
        assert set(columns) <= set(SPEC.columns)
        msgspec.json.encode(columns)
