import contextlib
import os
import signal
import subprocess
import sys

import psutil
import pytest

from deploy.place import running_stack
from tests.live import ROOT, wait_until


class Up:
    """An `outsend up` of the test's own."""

    def __init__(self, folder, *options, **env):
        self.data_dir, self.log = folder / "data", folder / "up.log"
        argv = [sys.executable, "-m", "services.cli", "up", "--data-dir", self.data_dir, *options]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(argv, env=os.environ | env, stdout=log, stderr=log, cwd=ROOT)
        self.children = []

    def wait_ready(self):
        wait_until(lambda: running_stack(self.data_dir), self.process, self.log)
        self.children = psutil.Process(self.process.pid).children(recursive=True)
        return running_stack(self.data_dir)

    def ended(self, within=30):
        """Its exit code, and those of its processes that are still there."""
        code = self.process.wait(within)
        _, alive = psutil.wait_procs(self.children, timeout=5)
        return code, alive

    def said(self):
        return self.log.read_text()

    def send(self, number):
        self.process.send_signal(number)


@pytest.fixture
def up(tmp_path):
    started = []

    def start(*options, **env):
        started.append(Up(tmp_path, *options, **env))
        return started[-1]

    yield start
    for one in started:
        with contextlib.suppress(ProcessLookupError):
            one.send(signal.SIGKILL)
        one.process.wait()
