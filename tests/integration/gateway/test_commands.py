"""Cancel, resume and delete: who may, in which state, and in which order the refusals come."""

import asyncio
import time

import pytest

from contracts.events import CancelRequested, DeleteRequested, JobCancelled, JobDeleted, JobExpired, JobFailed
from tests.timing import SLACK

CANCEL, RESUME, DELETE = ("POST", "/cancel"), ("POST", "/resume"), ("DELETE", "")
COMMANDS = {"cancel": CANCEL, "resume": RESUME, "delete": DELETE}


async def send(client, job, command):
    method, path = COMMANDS[command]
    return await client.request(method, f"/api/jobs/{job['id']}{path}")


async def bring_to(gateway, client, job, state):
    """Write what brings the job into that state, as dispatcher and gateway would."""
    match state:
        case "pending":
            pass
        case "running":
            await gateway.start(client, job)
        case "cancelling":
            await gateway.start(client, job)
            await gateway.log.append(client.user, job["id"], CancelRequested(by=client.user))
        case "done":
            await gateway.finish(client, job, [[{"a": 1}]])
        case "failed":
            await gateway.finish(client, job, [], JobFailed, error_message="no source")
        case "cancelled":
            await gateway.finish(client, job, [], JobCancelled)
        case "expired":
            await gateway.finish(client, job, [[{"a": 1}]])
            await gateway.log.append(client.user, job["id"], JobExpired())
        case "deleting":
            await gateway.log.append(client.user, job["id"], DeleteRequested(by=client.user))
        case "deleted":
            await gateway.delete_for_good(client, job)


STATES = {
    # state: (cancel, resume, delete)
    "pending": (200, 400, 204),
    "running": (200, 400, 400),
    "cancelling": (200, 400, 400),
    "done": (400, 400, 204),
    "failed": (400, 400, 204),
    "cancelled": (400, 400, 204),
    "expired": (400, 400, 204),
    "deleting": (200, 400, 204),
    "deleted": (404, 404, 404),
}


@pytest.mark.parametrize("state", STATES)
async def test_what_may_happen_in_each_state(gateway, state):
    client = await gateway.user()
    for command, expected in zip(COMMANDS, STATES[state], strict=True):
        job = await gateway.job(client)
        await bring_to(gateway, client, job, state)
        before = len(await gateway.events(client, job))
        deleting = asyncio.create_task(dispatch_deletion(gateway, client, job)) if command == "delete" else None
        answer = await send(client, job, command)
        assert answer.status_code == expected, (command, answer.text)
        if expected >= 400:
            assert isinstance(answer.json()["detail"], str)
            assert len(await gateway.events(client, job)) == before
        if deleting:
            deleting.cancel()


async def dispatch_deletion(gateway, client, job):
    """The dispatcher's part."""
    async for message in gateway.log.tail(f"jobs.{client.user}.{job['id']}.lifecycle").messages():
        if b"delete_requested" in message.payload:
            await gateway.delete_for_good(client, job)
            return


CALLERS = {
    # caller: (cancel, resume, delete) on the owner's pending techstack job
    "nobody": (401, 401, 401),
    "another": (403, 403, 403),
    "another, inactive": (403, 403, 403),
    "owner": (200, 400, 204),
    "owner, unverified": (200, 403, 204),
    "owner, inactive": (403, 403, 403),
}


@pytest.mark.parametrize("caller", CALLERS)
async def test_who_may(gateway, caller):
    verified = "unverified" not in caller
    owner = await gateway.user(verified=verified)
    client = {
        "nobody": gateway.http,
        "another": gateway.user,
        "owner": None,
    }[caller.partition(",")[0]]
    client = owner if client is None else client() if caller == "nobody" else await client()
    jobs = [await gateway.job(owner) for _ in COMMANDS]
    if "inactive" in caller:
        await gateway.app.state.identity.set_active(client.user, False)
    for command, job, expected in zip(COMMANDS, jobs, CALLERS[caller], strict=True):
        deleting = asyncio.create_task(dispatch_deletion(gateway, owner, job))
        answer = await send(client, job, command)
        assert answer.status_code == expected, (command, answer.text)
        deleting.cancel()


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("unknown", ["j_01M8294S6JDQPA99JBJ7AA0MKY", "j_1", "*", "%3E", "a.b", "j_%00", "é"])
async def test_an_unknown_job_is_404_before_anything_else(gateway, command, unknown):
    client = await gateway.user(verified=False, active=False)
    answer = await send(client, {"id": unknown}, command)
    assert (answer.status_code, answer.json()) == (404, {"detail": "Job not found"})


async def test_ownership_comes_before_the_callers_own_standing(gateway):
    owner, inactive = await gateway.user(), await gateway.user(active=False)
    job = await gateway.job(owner)
    answer = await send(inactive, job, "cancel")
    assert "another account" in answer.json()["detail"]
    assert "deactivated" not in answer.json()["detail"]


async def test_cancelling_is_written_once(gateway):
    client = await gateway.user()
    job = await gateway.job(client)
    answers = await asyncio.gather(*(send(client, job, "cancel") for _ in range(5)))
    assert {(each.status_code, each.text) for each in answers} == {(200, '{"ok":true}')}
    asked = [event for event in await gateway.events(client, job) if isinstance(event, CancelRequested)]
    assert asked == [CancelRequested(by=client.user)]


async def test_deleting_waits_for_the_job_to_vanish(gateway):
    client = await gateway.user()
    job = await gateway.job(client)
    deleting = asyncio.create_task(dispatch_deletion(gateway, client, job))
    answer = await send(client, job, "delete")
    assert (answer.status_code, answer.content) == (204, b"")
    # JobDeleted was there before the answer.
    assert [type(event) for event in await gateway.events(client, job, "lifecycle")][-1:] == [JobDeleted]
    await deleting
    assert (await send(client, job, "delete")).status_code == 404


async def test_deleting_answers_also_when_nobody_dispatches(gateway):
    client = await gateway.user()
    job = await gateway.job(client)
    started = time.monotonic()
    assert (await send(client, job, "delete")).status_code == 204
    assert 1.5 < time.monotonic() - started < 2 + SLACK, "two seconds"
    assert isinstance((await gateway.events(client, job, "lifecycle"))[-1], DeleteRequested)


async def test_commands_race_with_the_dispatcher(gateway):
    """Whoever is refused by the fence folds again: the log never has a wish that its state forbids."""
    client = await gateway.user()
    jobs = [await gateway.job(client) for _ in range(10)]
    answers = await asyncio.gather(
        *(send(client, job, "cancel") for job in jobs), *(gateway.finish(client, job, []) for job in jobs)
    )
    for job, answer in zip(jobs, answers[:10], strict=True):
        names = [type(event).__name__ for event in await gateway.events(client, job, "lifecycle")]
        if answer.status_code == 200:
            assert names.index("CancelRequested") < names.index("JobCompleted")
        else:
            assert answer.status_code == 400
            assert "CancelRequested" not in names
