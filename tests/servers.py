"""Real servers as child processes on loopback: they can be killed, paused, started again, and wiped."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sysconfig
import time
from pathlib import Path

from deploy.ports import free_port

SCRIPTS = Path(sysconfig.get_path("scripts"))

_NATS_CONF = """\
host: 127.0.0.1
port: {port}
max_payload: 8388608
jetstream {{
  store_dir: "{folder}"
  sync_interval: always
}}
"""


class ServerProcess:
    """A server on a port and a folder of its own."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.port = free_port()
        self.process = None

    def command(self):
        raise NotImplementedError

    def start(self):
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder.parent / f"{self.folder.name}.log").open("ab") as log:
            self.process = subprocess.Popen(self.command(), stdout=log, stderr=log, start_new_session=True)
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1):
                return self
            assert self.process.poll() is None, f"{self.command()} did not start"
            time.sleep(0.01)
        raise TimeoutError(f"{self.command()} did not listen")

    def kill(self):
        if self.process and self.process.poll() is None:
            os.kill(self.process.pid, signal.SIGCONT)
            self.process.kill()
            self.process.wait()

    def restart(self):
        self.kill()
        return self.start()

    def pause(self):
        os.kill(self.process.pid, signal.SIGSTOP)

    def resume(self):
        os.kill(self.process.pid, signal.SIGCONT)

    def wipe(self):
        """Killed, emptied, and started again."""
        self.kill()
        shutil.rmtree(self.folder)
        return self.start()


class NatsServer(ServerProcess):
    @property
    def url(self):
        return f"nats://127.0.0.1:{self.port}"

    def command(self):
        conf = self.folder.parent / f"{self.folder.name}.conf"
        conf.write_text(_NATS_CONF.format(port=self.port, folder=self.folder))
        return [SCRIPTS / "nats-server", "-c", conf]


class MongoServer(ServerProcess):
    @property
    def url(self):
        return f"mongodb://127.0.0.1:{self.port}"

    def command(self):
        options = ["--port", str(self.port), "--storage-path", self.folder, "--sync-on-commit", "--cache-size", "256M"]
        return [SCRIPTS / "secantusd-py", "--log-level", "WARNING", *options]
