import json
import os
import subprocess
import sys

import pytest

from tests.live import MODULES, ROOT


class Ran:
    def __init__(self, done):
        self.code, self.out, self.err = done.returncode, done.stdout, done.stderr

    @property
    def json(self):
        return json.loads(self.out)


def outsend_command(*arguments):
    return [sys.executable, "-m", "services.cli", *map(str, arguments)]


@pytest.fixture
def bare_env():
    """No service, no credentials."""
    env = {name: value for name, value in os.environ.items() if not name.startswith(("OUTSEND_", "NATS_", "MONGODB_"))}
    return env | {"OUTSEND_MODULE_FOLDERS": str(MODULES), "PYTHONPATH": str(ROOT), "COLUMNS": "200"}


@pytest.fixture
def run(tmp_path, bare_env):
    """Run `outsend`; returns code, out, err."""

    def run(*arguments, env=None, given=""):
        done = subprocess.run(
            outsend_command(*arguments),
            check=False,
            env=bare_env | (env or {}),
            input=given,
            capture_output=True,
            text=True,
            timeout=90,
            cwd=tmp_path,
        )
        return Ran(done)

    return run


@pytest.fixture
def outsend(run, stack, user):
    """Run `outsend` as a user of the running stack."""
    return lambda *arguments, **options: run(*arguments, env=stack.cli_env(user) | options.pop("env", {}), **options)
