"""Follows docs/how-to-add-a-module.md word for word, in a copy of the tree, and looks whether the module is there."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs/how-to-add-a-module.md").read_text()
NAMED = re.compile(
    r"`((?:contracts|services|tests)/[\w/.]*page_title[\w/.]*\.(?:toml|py))`|```(?:toml|python)\n(.*?)```", re.DOTALL
)


def steps():
    """The files of the page in order: path and text. An `__init__.py` is empty, any other has its block below it."""
    path = ""
    for named, block in NAMED.findall(PAGE):
        if named.endswith("__init__.py"):
            yield named, ""
        elif named:
            path = named
        elif path:
            yield path, block
            path = ""


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tree")
    for name in ("contracts", "shared", "services", "deploy"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "docker-compose.yml"):
        shutil.copy(ROOT / name, folder)
    (folder / "tests/unit").mkdir(parents=True)
    for name in ("tests/__init__.py", "tests/unit/__init__.py"):
        (folder / name).touch()
    for name, text in steps():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        assert not file.exists(), f"{name} exists: adding a module edits no file"
        file.write_text(text)
    return folder


def run(tree, *command):
    done = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=tree,
        check=False,
        env=os.environ | {"PYTHONPATH": str(tree)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_page_has_all_its_files():
    assert [name for name, _ in steps()] == [
        "contracts/modules/page_title.toml",
        "services/page_title/__init__.py",
        "services/page_title/extract.py",
        "tests/golden/page_title/plain.toml",
        "tests/golden/page_title/none.toml",
        "tests/unit/page_title/__init__.py",
        "tests/unit/page_title/test_extract.py",
    ]


def test_its_own_test_passes(tree):
    assert "2 passed" in run(tree, "pytest", "-q", "-o", "addopts=", "tests/unit/page_title")


def test_the_command_line_knows_it(tree):
    assert "page-title" in run(tree, "services.cli", "modules")
    run(tree, "services.cli", "jobs", "create", "page-title", "--help")


def test_compose_gets_its_worker(tree):
    run(tree, "deploy.compose_modules")
    assert (
        '  worker-page-title:\n    <<: *worker\n    command: ["worker", "page_title"]\n'
        in (tree / "docker-compose.yml").read_text()
    )


def test_it_is_written_as_the_house_writes(tree):
    run(tree, "ruff", "check", "services/page_title", "tests/unit/page_title")
    run(tree, "ruff", "format", "--check", "services/page_title", "tests/unit/page_title")
