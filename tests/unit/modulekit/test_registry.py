"""Which modules there are, and what is said when one cannot be used."""

from __future__ import annotations

from pathlib import Path

import pytest

from contracts.manifest import ManifestError
from shared.modulekit.registry import load_process, module_specs, registry_entry
from shared.settings import Settings
from tests.unit.modulekit.test_output import spec

MANIFEST = """
slug = "visites"
category = "intelligence"
label = { fr = "Visites", en = "Visits" }
description = { fr = "…", en = "…" }
needs = ["site_web"]
produces = [{ name = "visites", meaning = "Visits a month", type = "integer", signal = true }]
unit = "sites"
ef_weight = 0.1
timeout = 5
concurrency = 4
"""


def test_every_module_of_the_product_can_be_loaded():
    for module in module_specs(Settings()).values():
        if not module.coming_soon:
            assert callable(load_process(module))


def test_further_folders_add_modules(tmp_path: Path):
    (tmp_path / "visites.toml").write_text(MANIFEST)
    specs = module_specs(Settings(module_folders=[tmp_path]))
    assert {"visites", "techstack"} <= set(specs)
    assert registry_entry(specs["visites"]).api_endpoint == "/api/jobs/visites"


def test_a_manifest_that_cannot_be_read_is_named(tmp_path: Path):
    (tmp_path / "visites.toml").write_text(MANIFEST.replace('unit = "sites"', "colour = 1"))
    with pytest.raises(ManifestError, match=r"visites\.toml"):
        module_specs(Settings(module_folders=[tmp_path]))


def test_a_manifest_under_another_name_is_refused(tmp_path: Path):
    (tmp_path / "visits.toml").write_text(MANIFEST)
    with pytest.raises(ManifestError, match="visites"):
        module_specs(Settings(module_folders=[tmp_path]))


@pytest.mark.parametrize("path", ["services.nowhere.extract", "contracts.events"])
def test_code_that_is_not_there_is_named(path):
    with pytest.raises(ManifestError, match=path):
        load_process(spec(implementation=path))


def test_a_path_has_hyphens_and_a_slug_underscores():
    entry = registry_entry(spec(slug="verify_emails"), unavailable=True)
    assert (entry.slug, entry.api_endpoint, entry.alpha_unavailable) == (
        "verify_emails",
        "/api/jobs/verify-emails",
        True,
    )
