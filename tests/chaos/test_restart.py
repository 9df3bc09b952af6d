"""The whole product is stopped, or killed, in the middle of a job, and goes on from its data folder."""

import asyncio
import contextlib
import os
import signal
import sys

from deploy.place import running_stack
from deploy.ports import free_port
from services.cli.users import create_user
from shared.settings import Settings
from tests.chaos.product import Person
from tests.chaos.verdict import assert_done, assert_seamless, items_of
from tests.live import MODULES, leashed, wait_until


@contextlib.contextmanager
def up(folder, port):
    """`outsend up`, ready."""
    log, data_dir = folder / "up.log", folder / "data"
    env = os.environ | {"OUTSEND_MODULE_FOLDERS": str(MODULES), "OUTSEND_WORKER_CONCURRENCY": "5"}
    argv = [sys.executable, "-m", "services.cli", "up", "--port", str(port), "--data-dir", data_dir]
    with leashed(argv, env=env, log=log) as process:
        wait_until(lambda: running_stack(data_dir), process, log)
        yield process, Settings.from_env(running_stack(data_dir).env)


async def test_a_job_goes_on_after_a_stop_and_after_a_kill_of_everything(tmp_path, rng):
    port, items = free_port(), items_of(150, rng)
    url = f"http://127.0.0.1:{port}"
    with contextlib.ExitStack() as runs:
        process, settings = runs.enter_context(up(tmp_path, port))
        key = await create_user(settings, "a@example.com", "correct horse", api_key=True)
        person = Person("a@example.com", "correct horse", key, url, url)
        runs.callback(asyncio.ensure_future, person.aclose())
        job = await person.request(items)
        watcher = person.watch(job)
        for number in (signal.SIGTERM, signal.SIGKILL):
            await watcher.processed(len(watcher.progress) + rng.randint(5, 25))
            assert not watcher.over
            process.send_signal(number)
            await asyncio.to_thread(process.wait, 9)  # an open stream is ended, not waited for: that would take 10 s
            process, _ = await asyncio.to_thread(lambda: runs.enter_context(up(tmp_path, port)))
        await watcher.done()
        assert_seamless(watcher, len(items))
        await assert_done(person, job, items)
