"""docs/how-to-add-a-module.md, followed word for word in a copy of the product."""

import os
import re
import shutil
import subprocess
import sys

import pytest

from tests.e2e.acts import create
from tests.live import ROOT, live_stack
from tests.world.catalogue import load_sites

pytestmark = pytest.mark.servers

PAGE = (ROOT / "docs" / "how-to-add-a-module.md").read_text("utf-8")
BLOCK = re.compile(
    r"`(?P<path>[\w/.-]+/[\w.-]+\.(?:toml|py))`\n+"
    r"(?:[^`\n][^\n]*`(?P<empty>[\w/.-]+)`[^\n]*\n+)?"
    r"```\w+\n(?P<text>.*?)```",
    re.DOTALL,
)
"""A file of the page: its path at the end of a line, perhaps a line about an empty file beside it, and the text."""


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """The product with the page's files in it. Nothing that was there is changed."""
    copy = tmp_path_factory.mktemp("copy") / "outsend"
    leave_out = shutil.ignore_patterns("__pycache__", "golden", "unit", "integration", "bench", "e2e", "chaos")
    for folder in ("contracts", "shared", "services", "deploy", "tests"):
        shutil.copytree(ROOT / folder, copy / folder, ignore=leave_out)
    for name in ("pyproject.toml", "docker-compose.yml"):
        shutil.copy(ROOT / name, copy)
    (copy / "tests" / "unit").mkdir()
    (copy / "tests" / "unit" / "__init__.py").touch()
    for match in BLOCK.finditer(PAGE):
        path = copy / match["path"]
        assert not path.exists(), "a module adds files and edits none"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(match["text"], "utf-8")
        if match["empty"]:
            (copy / match["empty"]).touch()
    return copy


def python(copy, *arguments):
    """A command of the page, in the copy."""
    env = {name: value for name, value in os.environ.items() if not name.startswith(("OUTSEND_", "PYTEST_"))}
    env["PYTHONPATH"] = str(copy)
    return subprocess.run(
        [sys.executable, *arguments], check=False, cwd=copy, env=env, capture_output=True, text=True, timeout=100
    )


def test_the_page_names_these_files(copy):
    assert {match["path"] for match in BLOCK.finditer(PAGE)} == {
        "contracts/modules/page_title.toml",
        "services/page_title/extract.py",
        "tests/golden/page_title/plain.toml",
        "tests/golden/page_title/none.toml",
        "tests/unit/page_title/test_extract.py",
    }
    assert (copy / "services/page_title/__init__.py").exists()
    assert (copy / "tests/unit/page_title/__init__.py").exists()


def test_its_unit_test_passes(copy):
    done = python(copy, "-m", "pytest", "tests/unit/page_title")
    assert done.returncode == 0, done.stdout
    assert done.stdout.count(".") >= 2


def test_its_files_pass_the_checks_of_the_house(copy):
    done = python(copy, "-m", "ruff", "check", "services/page_title", "tests/unit/page_title")
    assert done.returncode == 0, done.stdout
    assert python(copy, "-m", "ruff", "format", "--check", "services/page_title").returncode == 0


def test_the_generated_files_follow(copy):
    assert python(copy, "-m", "services.edge.openapi").returncode == 0
    assert "/api/jobs/page-title" in (copy / "contracts" / "openapi.json").read_text("utf-8")
    done = python(copy, "-m", "deploy.compose_modules")
    assert done.returncode == 0, done.stderr
    assert "page_title" in (copy / "docker-compose.yml").read_text("utf-8")


def test_a_job_runs_from_creation_to_download(copy, tmp_path_factory):
    folder = tmp_path_factory.mktemp("page-title")
    sites = [site for site in load_sites() if not site.fault and site.expect.error is None][:5]
    with (
        live_stack(folder, PYTHONPATH=str(copy), PYTHONSAFEPATH="1") as stack,
        stack.client(stack.new_user()) as client,
    ):
        entry = next(each for each in client.get("/api/modules-registry").json() if each["slug"] == "page_title")
        assert (entry["produces"], entry["api_endpoint"]) == (["page_title"], "/api/jobs/page-title")
        assert "/api/jobs/page-title" in client.get("/schema/openapi.json").json()["paths"]
        refused = client.post("/api/jobs/page-title", json={"items": [{"site_web": " "}]})
        assert (refused.status_code, refused.json()["detail"]) == (400, "Aucun établissement avec site web")
        job = create(client, "page-title", items=[site.item() for site in sites])
        ended = stack.finished(client, job["id"])
        assert (ended["status"], ended["results_count"], ended["error_count"]) == ("done", 5, 0)
        rows = client.get(f"/api/jobs/{job['id']}/items").json()["items"]
        assert all(row["page_title"] for row in rows)
        head = client.get(f"/api/jobs/{job['id']}/download").content.decode("utf-8-sig").splitlines()[0]
        assert head.split(";") == [*sites[0].item(), "page_title"]
