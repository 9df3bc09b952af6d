"""Idempotency-Key: however often and however many at once ask, there is one job."""

import asyncio

import pytest

from contracts.events import JobRequested

BODY = {"items": [{"site_web": "https://a.example"}, {"site_web": ""}]}


async def post(client, key, body=BODY, path="techstack"):
    return await client.post(f"/api/jobs/{path}", json=body, headers={"Idempotency-Key": key})


async def requested(gateway, client):
    """Ids of the jobs the tenant has in the log."""
    return {message.subject.split(".")[2] async for message in gateway.log.read(f"jobs.{client.user}.*.lifecycle")}


async def test_the_same_key_and_body_give_the_same_job(gateway):
    client = await gateway.user()
    first, second = await post(client, "k1"), await post(client, "k1")
    assert (first.status_code, first.json()) == (second.status_code, second.json())
    assert await requested(gateway, client) == {first.json()["id"]}


async def test_many_at_once_make_one_job(gateway):
    client = await gateway.user()
    answers = await asyncio.gather(*(post(client, "k1") for _ in range(12)))
    assert {each.status_code for each in answers} == {200}
    ids = {each.json()["id"] for each in answers}
    assert len(ids) == 1
    assert await requested(gateway, client) == ids
    events = await gateway.events(client, {"id": ids.pop()})
    assert sum(isinstance(event, JobRequested) for event in events) == 1
    assert len(events) == 3


async def test_another_body_or_module_is_409(gateway):
    client = await gateway.user()
    await post(client, "k1")
    for answer in (
        await post(client, "k1", {"items": [{"site_web": "b.example"}]}),
        await post(client, "k1", BODY, "emails"),
    ):
        assert answer.status_code == 409
        assert isinstance(answer.json()["detail"], str)
    assert len(await requested(gateway, client)) == 1


async def test_another_key_or_user_is_another_job(gateway):
    client, other = await gateway.user(), await gateway.user()
    ids = {(await post(who, key)).json()["id"] for who, key in ((client, "k1"), (client, "k2"), (other, "k1"))}
    assert len(ids) == 3


async def test_the_repeated_answer_shows_the_job_as_it_is_now(gateway):
    client = await gateway.user()
    job = (await post(client, "k1")).json()
    await gateway.finish(client, job, [[{"a": 1}]])
    assert (await post(client, "k1")).json()["status"] == "done"
    await gateway.delete_for_good(client, job)
    assert (await post(client, "k1")).status_code == 409


async def test_a_refused_request_does_not_use_the_key_up(gateway):
    client = await gateway.user()
    assert (await post(client, "k1", {"items": [{"site_web": ""}]})).status_code == 400
    assert (await post(client, "k1")).status_code == 200


async def test_a_key_whose_job_was_never_written_is_taken_up(gateway):
    """The gateway died between naming the job and writing it."""
    client = await gateway.user()
    log, writer = gateway.log, gateway.app.state.submissions._intake._writer
    job = (await post(client, "k1")).json()
    await log.purge(f"jobs.{client.user}.>")
    again = await post(client, "k1")
    assert again.json()["id"] == job["id"]
    assert await requested(gateway, client) == {job["id"]}
    assert writer._open._value == 10  # every batch gave its place back


@pytest.mark.parametrize("key", ["", "x" * 256])
async def test_unusable_keys_are_422(gateway, key):
    client = await gateway.user()
    answer = await post(client, key)
    assert answer.status_code == 422
    assert answer.json()["detail"]["errors"][0]["loc"] == ["header", "Idempotency-Key"]
