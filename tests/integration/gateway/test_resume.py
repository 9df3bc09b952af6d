"""POST /api/jobs/{id}/resume: an interrupted search goes on once, and costs only the rest."""

import asyncio

import pytest

from contracts.events import (
    CancelRequested,
    DeleteRequested,
    ItemsSubmitted,
    JobCancelled,
    JobExpired,
    JobFailed,
    JobLogged,
    JobRequested,
)
from contracts.subjects import job_subject
from tests.integration.gateway.stack import running
from tests.integration.gateway.test_creation import said


async def resume(client, job):
    return await client.post(f"/api/jobs/{job['id']}/resume")


async def interrupted(gateway, client, done=3, ended=JobCancelled, more=None, **body):
    job = await gateway.search(client, **({"zones": ["Paris"]} | body))
    await gateway.interrupt(client, job, done, ended, **(more or {}))
    return job


async def resumed(gateway, client, job):
    answer = await resume(client, job)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_the_new_job_is_the_rest_of_the_old_one(searching):
    client = await searching.user()
    wishes = {"extra_columns": ["gps"], "stop_at": 900, "scrap_mode": "fast", "include_reviews": True}
    job = await interrupted(searching, client, done=3, queries=["a", "b"], zones=["Paris", "Ouessant"], **wishes)
    again = await resumed(searching, client, job)
    assert again["id"] != job["id"]
    assert (again["source_job_id"], again["status"]) == (job["id"], "pending")
    for field in ("job_type", "queries", "zones", "include_reviews", "grid_points_count"):
        assert again[field] == job[field]
    first = (await searching.events(client, job, "lifecycle"))[0]
    events = await searching.events(client, again)
    assert [event for event in events if isinstance(event, ItemsSubmitted)] == (
        await searching.events(client, job, "items")
    )
    note = next(event for event in events if isinstance(event, JobLogged))
    assert job["id"] in note.message and "3" in note.message
    request = events[-1]
    assert isinstance(request, JobRequested)
    total = job["grid_points_count"]
    assert (request.resumes, request.inherited, request.total) == (True, 3, total)
    assert request.ef_cost == (total - 3) / 10_000 * 2
    assert (request.params, request.produces) == (first.params, first.produces)
    assert request.list_columns == ["latest_reviews"]


async def test_a_failed_job_is_resumed_too(searching):
    client = await searching.user()
    job = await interrupted(searching, client, done=0, ended=JobFailed, more={"error_message": "no source"})
    assert (await resumed(searching, client, job))["ef_cost"] == job["ef_cost"]


async def test_what_cannot_be_resumed_is_400(searching):
    client = await searching.user()
    pending, running_, cancelling, done, whole, expired, deleting, purged = [
        await searching.search(client) for _ in range(8)
    ]
    typed = await searching.job(client)
    await searching.finish(client, typed, [], JobCancelled)
    for job in (running_, cancelling):
        await searching.start(client, job)
    await searching.log.append(client.user, cancelling["id"], CancelRequested(by=client.user))
    await searching.finish(client, done, [[]] * done["grid_points_count"])
    await searching.interrupt(client, whole, done=whole["grid_points_count"])
    for job in (expired, deleting, purged):
        await searching.interrupt(client, job)
    await searching.log.append(client.user, expired["id"], JobExpired())
    await searching.log.append(client.user, deleting["id"], DeleteRequested(by=client.user))
    await searching.log.purge(job_subject(client.user, purged["id"], "items"))
    before = await searching.messages(client)
    for job in (pending, running_, cancelling, done, whole, expired, deleting, purged, typed):
        answer = await resume(client, job)
        assert answer.status_code == 400, answer.text
        assert isinstance(answer.json()["detail"], str)
    assert await searching.messages(client) == before


@pytest.mark.parametrize("state", ["pending", "running", "done"])
async def test_a_second_resume_is_400_while_one_lives_or_is_done(searching, state):
    client = await searching.user()
    job = await interrupted(searching, client)
    first = await resumed(searching, client, job)
    if state == "running":
        await searching.start(client, first)
    elif state == "done":
        await searching.finish(client, first, [])
    status, detail = said(await resume(client, job))
    assert status == 400
    assert first["id"] in detail


async def test_a_resume_that_was_interrupted_goes_on_or_the_original_again_but_not_both(searching):
    client = await searching.user()
    for onward in ("original", "resume"):
        job = await interrupted(searching, client, done=1)
        first = await resumed(searching, client, job)
        await searching.interrupt(client, first, done=5)
        taken, left, inherited = (job, first, 1) if onward == "original" else (first, job, 5)
        second = await resumed(searching, client, taken)
        assert second["source_job_id"] == taken["id"]
        assert (await searching.events(client, second))[-1].inherited == inherited
        for other in (left, taken):
            assert (await resume(client, other)).status_code == 400


async def test_a_deleted_resume_stands_in_nobodys_way(searching):
    client = await searching.user()
    job = await interrupted(searching, client)
    first = await resumed(searching, client, job)
    await searching.finish(client, first, [])
    await searching.delete_for_good(client, first)
    assert (await resume(client, job)).status_code == 200


async def test_of_many_at_once_one_passes(searching):
    client = await searching.user()
    job = await interrupted(searching, client)
    answers = await asyncio.gather(*(resume(client, job) for _ in range(8)))
    assert sorted(answer.status_code for answer in answers) == [200] + [400] * 7
    winner = next(answer.json()["id"] for answer in answers if answer.status_code == 200)
    assert all(winner in answer.json()["detail"] for answer in answers if answer.status_code == 400)


async def test_other_jobs_of_the_user_only_delay_a_resume(searching):
    client = await searching.user()
    job = await interrupted(searching, client)
    answers = await asyncio.gather(resume(client, job), *(searching.job(client) for _ in range(10)))
    assert answers[0].status_code == 200, answers[0].text


async def test_checks_come_in_the_documented_order(searching):
    owner, stranger, inactive = [await searching.user() for _ in range(3)]
    job = await interrupted(searching, owner)
    assert (await resume(searching.http(), job)).status_code == 401
    assert (await resume(inactive, {"id": "j_01M8294S6JDQPA99JBJ7AA0MKY"})).status_code == 404
    assert "another account" in (await resume(stranger, job)).json()["detail"]
    theirs = await interrupted(searching, inactive)
    await searching.app.state.identity.set_active(inactive.user, False)
    assert "deactivated" in (await resume(inactive, theirs)).json()["detail"]


async def test_a_resume_is_a_creation_and_needs_a_source(nats_server, searching):
    client = await searching.user()
    job = await interrupted(searching, client)
    cookies = dict(client.cookies)
    async with running(nats_server) as without:
        answer = await resume(without.http(cookies=cookies), job)
        assert (answer.status_code, "outsend import-osm" in answer.text) == (503, True)
    async with running(nats_server, overpass_url="http://127.0.0.1:9", job_creations_per_minute=1) as slow:
        assert (await resume(slow.http(cookies=cookies), job)).status_code == 429
