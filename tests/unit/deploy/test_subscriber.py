"""The restricted subscriber of docs/events.md, on a real nats-server: it may do what the page says, and no more."""

import asyncio
import contextlib
import json
import re
import subprocess
import sysconfig
import time
from pathlib import Path

import nats
import pytest
from nats.js import api

from contracts.subjects import LOG_STREAM, job_subject

ROOT = Path(__file__).parents[3]
TENANT = "u_01K9ZPXJ4M3N2B1V0C9X8Z7A6S"

pytestmark = pytest.mark.servers


def authorization():
    page = (ROOT / "docs/events.md").read_text()
    return next(
        block for block in re.findall(r"```text\n(.*?)```", page, re.DOTALL) if block.startswith("authorization")
    )


def written_ports(folder):
    """What nats-server says about its ports: a moment after it says that it is ready."""
    deadline = time.monotonic() + 30
    while True:
        for file in folder.glob("*.ports"):
            with contextlib.suppress(json.JSONDecodeError):  # half written
                return json.loads(file.read_text())
        assert time.monotonic() < deadline, "nats-server wrote no ports file"
        time.sleep(0.01)


@pytest.fixture
def broker(tmp_path):
    """The product's own configuration with the page's block in place of its user."""
    conf = (ROOT / "deploy/nats.conf").read_text()
    conf = re.sub(r"^authorization \{.*?^\}\n", lambda _: authorization(), conf, flags=re.DOTALL | re.MULTILINE)
    conf = (
        conf.replace("0.0.0.0:4222", "127.0.0.1:-1")
        .replace("0.0.0.0:8222", "127.0.0.1:-1")
        .replace("/data", str(tmp_path))
    )
    (tmp_path / "nats.conf").write_text(conf + f'ports_file_dir: "{tmp_path}"\n')
    program = Path(sysconfig.get_path("scripts"), "nats-server")
    process = subprocess.Popen(
        [program, "-c", tmp_path / "nats.conf"],
        env={"NATS_PASSWORD": "'12345'", "CRM_PASSWORD": "'67890'"},
        stderr=subprocess.PIPE,
        text=True,
    )
    for line in process.stderr:
        if "Server is ready" in line:
            break
    else:
        pytest.fail(f"nats-server refused the configuration: exit code {process.wait()}")
    ports = written_ports(tmp_path)
    yield ports["nats"][0].removeprefix("nats://")
    process.kill()
    process.communicate()


async def test_it_reads_the_results_of_its_tenant_and_nothing_else(broker):
    owner = await nats.connect(f"nats://outsend:12345@{broker}")
    await owner.jetstream().add_stream(name=LOG_STREAM, subjects=["jobs.>"])
    for tenant, channel in ((TENANT, "results"), (TENANT, "lifecycle"), ("u_other", "results")):
        await owner.jetstream().publish(job_subject(tenant, "j_1", channel), f"{tenant} {channel}".encode())
    refused, fourth = [], asyncio.Event()

    async def note(error):
        refused.append(str(error))
        if len(refused) >= 4:
            fourth.set()

    crm = await nats.connect(f"nats://crm:67890@{broker}", inbox_prefix="_INBOX_crm", error_cb=note)
    try:
        js = crm.jetstream(timeout=1)
        subscription = await js.pull_subscribe(f"jobs.{TENANT}.*.results", durable="crm", stream=LOG_STREAM)
        [message] = await subscription.fetch(1)
        await message.ack_sync()
        assert message.data == f"{TENANT} results".encode()
        with pytest.raises(nats.errors.TimeoutError):
            await subscription.fetch(1, timeout=0.2)

        for action in (
            js.add_consumer(LOG_STREAM, api.ConsumerConfig(name="crm", filter_subject="jobs.>")),
            js.publish(job_subject(TENANT, "j_1", "results"), b"forged"),
            js.purge_stream(LOG_STREAM),
        ):
            with pytest.raises((nats.errors.Error, TimeoutError)):
                await action
        await crm.subscribe("jobs.>")
        async with asyncio.timeout(30):
            await fourth.wait()
        assert all("permissions violation" in error.lower() for error in refused)
    finally:
        await crm.close()
        await owner.close()
