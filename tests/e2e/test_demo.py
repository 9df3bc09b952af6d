"""`make demo`, the first thing a newcomer runs."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys

import openpyxl
import pytest

from tests.world.demo import ROOT

pytestmark = pytest.mark.servers


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    """The folder of its results."""
    folder = tmp_path_factory.mktemp("demo")
    command = [sys.executable, "-m", "tests.world.demo"]
    env = os.environ | {"DEMO_FOLDER": str(folder)}
    run = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=240, check=False)
    assert run.returncode == 0, run.stderr
    assert "Done after" in run.stderr
    return folder / "out"


@pytest.mark.parametrize("job", ["scrap", "techstack"])
def test_it_leaves_the_same_table_in_three_formats(out, job):
    with (out / f"{job}.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file, delimiter=";"))
    sheet = openpyxl.load_workbook(out / f"{job}.xlsx", read_only=True).worksheets[0]
    assert len(json.loads((out / f"{job}.json").read_text())) == len(rows) == sum(1 for _ in sheet.rows) - 1 > 0
    assert any(row["nom"] for row in rows)


def test_what_was_found_was_read(out):
    rows = json.loads((out / "techstack.json").read_text())
    assert {row["site_web"] for row in rows} <= {
        row["site_web"] for row in json.loads((out / "scrap.json").read_text())
    }
    assert {"wordpress", "prestashop"} <= {row["tech_cms"] for row in rows}
