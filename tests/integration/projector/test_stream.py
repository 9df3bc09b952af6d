"""Server-sent events over real HTTP: every event once, whatever happens to the connection."""

import asyncio
import contextlib
import re
import time

import httpx
import pytest
from httpx_sse import aconnect_sse

from contracts.codec import log_id
from tests.integration.projector.story import TENANT, Story, bad, ok, until
from tests.integration.projector.test_read_api import until_status

pytestmark = pytest.mark.servers


async def read(client, job, *, query="", last=None, until_event=None):
    """The events of one connection, to its end or to an event."""
    headers = {"Last-Event-ID": str(last)} if last is not None else {}
    events = []
    async with aconnect_sse(client, "GET", f"/api/jobs/{job}/stream{query}", headers=headers) as source:
        assert source.response.status_code == 200, await source.response.aread()
        async for event in source.aiter_sse():
            events.append(event)
            if until_event and until_event(event):
                break
    return events


def logged(events):
    """Those with an id of their own (httpx-sse repeats the last one on events that carry none)."""
    seen, found = None, []
    for event in events:
        if event.id and event.id != seen:
            found.append((int(event.id), event.event))
            seen = event.id
    return found


async def whole_job(story, total=6):
    job = await story.request(total=total)
    await story.start(job)
    await story.say(job, "hello")
    await story.append(job, ok(3), ok(1), bad(0))
    await story.append(job, ok(1), ok(2))
    await story.append(job, ok(3))
    await story.append(job, ok(4), ok(5))
    ended = await story.end(job, processed=6, results=5, errors=1)
    return job, ended


async def test_the_whole_story_of_an_ended_job(api, own_story):
    ann = api.client()
    job, ended = await whole_job(own_story)
    await until_status(ann, job, "done")
    raw = await ann.get(f"/api/jobs/{job}/stream")
    assert raw.headers["content-type"] == "text/event-stream"
    assert raw.headers["cache-control"] == "no-cache"
    assert raw.headers["x-accel-buffering"] == "no"
    assert raw.text.startswith("retry: 3000\nevent: status\ndata: ")

    events = await read(ann, job)
    first = events[0].json()
    assert (first["status"], first["download_available"]) == ("done", True)
    assert list(first) == [
        "id", "status", "processed_points", "grid_points_count", "results_count", "error_count",
        "download_available", "query_stats",
    ]  # fmt: skip
    kinds = [event.event for event in events[1:]]
    assert kinds == ["status", "status", "log", *["progress"] * 6, "status", "done"]
    progress = [event.json() for event in events if event.event == "progress"]
    assert [each["index"] for each in progress] == [3, 1, 0, 2, 4, 5], "first results only, in the log's order"
    assert [each["processed_points"] for each in progress] == [1, 2, 3, 4, 5, 6], "counters of that moment"
    assert (progress[2]["ok"], progress[2]["error"]["code"], progress[2]["error_count"]) == (False, "timeout", 1)
    assert (progress[0]["unit"], progress[0]["label"], progress[0]["grid_points_count"]) == ("sites", "s3.example", 6)
    assert events[3].json()["message"] == "hello" and events[3].json()["level"] == "info"
    assert events[-2].id == str(log_id(ended, 0)) and events[-1].id == str(log_id(ended, 1))
    done = events[-1].json()
    assert (done["id"], done["status"], done["results_count"]) == (job, "done", 5)
    assert isinstance(done["duration_seconds"], int)
    identities = [identity for identity, _ in logged(events)]
    assert identities == sorted(set(identities)) and len(identities) == 11


async def test_a_reconnect_at_every_offset_has_no_gap_and_no_duplicate(api, own_story):
    ann = api.client()
    job, _ = await whole_job(own_story)
    await until_status(ann, job, "done")
    everything = logged(await read(ann, job))
    for cut in range(len(everything)):
        identity = everything[cut][0]
        rest = [pair for pair in everything if pair[0] > identity]
        if rest:
            assert logged(await read(ann, job, last=identity)) == rest
            assert logged(await read(ann, job, query=f"?since={identity}")) == rest
            assert logged(await read(ann, job, query="?since=0", last=identity)) == rest, "Last-Event-ID wins"
    at_end = await ann.get(f"/api/jobs/{job}/stream", headers={"Last-Event-ID": str(everything[-1][0])})
    assert (at_end.status_code, at_end.content) == (204, b"")
    past_end = await ann.get(f"/api/jobs/{job}/stream", headers={"Last-Event-ID": str(10**15)})
    assert past_end.status_code == 204
    beyond = await read(ann, job, query=f"?since={10**15}")
    assert [event.event for event in beyond] == ["status", "done"]
    assert (await ann.get(f"/api/jobs/{job}/stream?since=x")).status_code == 422


async def test_a_live_job_seen_by_one_who_is_cut_again_and_again(api, own_story):
    """Connections that end after every few events see together exactly what one that lasts sees."""
    job = await own_story.request(total=60)
    steady = asyncio.create_task(read(api.client(), job))

    async def restless():
        client, found, last = api.client(), [], None
        while not found or found[-1][1] != "done":
            count = 0

            def enough(event):
                nonlocal count
                count += bool(event.id)
                return count >= 4

            found += logged(await read(client, job, last=last, until_event=enough))
            last = found[-1][0] if found else None
        return found

    cut = asyncio.create_task(restless())
    await own_story.start(job)
    for index in range(60):
        await own_story.append(job, ok(index), ok(max(index - 1, 0)))
        await asyncio.sleep(0.01)
    await own_story.end(job, processed=60)
    seen = logged(await asyncio.wait_for(steady, 20))
    assert await asyncio.wait_for(cut, 20) == seen
    assert [kind for _, kind in seen] == ["status", "status", *["progress"] * 60, "status", "done"]


async def test_a_download_right_after_done_works(api, own_story):
    ann = api.client()
    for _ in range(5):
        job = await own_story.request(total=300)
        watching = asyncio.create_task(read(ann, job))
        await own_story.start(job)
        for first in range(0, 300, 60):
            await own_story.append(job, *(ok(index) for index in range(first, first + 60)))
        await own_story.end(job, processed=300)
        events = await asyncio.wait_for(watching, 20)
        assert events[-1].event == "done"
        assert (await ann.get(f"/api/jobs/{job}/download")).status_code == 200
        assert (await ann.get(f"/api/jobs/{job}")).json()["status"] == "done"


async def test_failed_and_cancelled_jobs_end_with_done_too(api, own_story):
    job = await own_story.request(total=5)
    watching = asyncio.create_task(read(api.client(), job))
    await own_story.cancel(job, processed=0)
    events = await asyncio.wait_for(watching, 20)
    assert (events[-1].event, events[-1].json()["status"]) == ("done", "cancelled")
    assert events[-2].json()["download_available"] is False


async def test_a_job_that_is_deleted_while_watched(api, own_story):
    job = await own_story.request(total=5)
    watching = asyncio.create_task(read(api.client(), job))
    await until(lambda: _clients(api.app.state.hubs, job, 1))
    await own_story.ask_delete(job)
    events = await asyncio.wait_for(watching, 20)
    assert (events[-1].event, events[-1].json()["code"]) == ("error", "deleted")


async def test_ticks_and_heartbeats(api, own_story, monkeypatch):
    monkeypatch.setattr("services.projector.event_stream._HEARTBEAT_AFTER", 0.3)
    job = await own_story.request(total=9)
    await own_story.start(job)
    lines = []

    async def watch():
        async with api.client().stream("GET", f"/api/jobs/{job}/stream") as answer:
            async for line in answer.aiter_lines():
                lines.append(line)  # noqa: PERF401 - others look at the list meanwhile

    task = asyncio.create_task(watch())
    await until(lambda: _count(lines, ":", 2))
    before = lines.count("event: status")
    await own_story.append(job, ok(0))
    await until(lambda: _count(lines, "event: status", before + 1))
    at = len(lines) - 1 - lines[::-1].index("event: status")
    assert not lines[at - 1].startswith("id:"), "a tick has no id"
    task.cancel()


async def _count(lines, line, least):
    return lines.count(line) >= least


async def test_a_hub_serves_all_and_goes_after_the_last(api, own_story):
    ann = api.client()
    hubs = api.app.state.hubs
    hubs._linger = 0.3
    job = await own_story.request(total=3)
    tasks = [asyncio.create_task(read(ann, job)) for _ in range(20)]
    await until(lambda: _clients(hubs, job, 20))
    assert len(hubs) == 1
    # One fold, and for moments the short reads beside it: never a consumer for each client.
    await until(lambda: _consumers_are(own_story.log, job, range(1, 5)))
    for task in tasks:
        task.cancel()
    await until(lambda: _is(hubs, 0))
    await until(lambda: _consumers_are(own_story.log, job, range(1)), timeout=60)


async def _consumers_are(log, job, counts):
    consumers = await log.client.jetstream().consumers_info("JOBS")
    return sum(job in str(consumer.config) for consumer in consumers) in counts


async def _clients(hubs, job, count):
    return job in hubs._hubs and hubs._hubs[job].clients == count


async def _is(hubs, count):
    return len(hubs) == count


async def test_a_thousand_clients_of_one_job(api, own_story):
    job = await own_story.request(total=50)
    assert (await api.client().get(f"/api/jobs/{job}")).status_code == 200  # the key's use is noted once a minute
    tasks = [asyncio.create_task(raw_ids(api, job)) for _ in range(1000)]
    await until(lambda: _clients(api.app.state.hubs, job, 1000), timeout=60)
    await own_story.start(job)
    for index in range(50):
        await own_story.append(job, ok(index))
    ended = await own_story.end(job, processed=50)
    told = await asyncio.wait_for(asyncio.gather(*tasks), 60)
    assert len(told[0]) == 54 and told[0][-1] == log_id(ended, 1)
    assert all(ids == told[0] for ids in told)


async def raw_ids(api, job):
    """The ids of a stream read over a plain socket: a thousand HTTP clients would cost more than the server."""
    url = httpx.URL(api.base_url)
    reader, writer = await asyncio.open_connection(url.host, url.port)
    key = api.people["ann"].key
    request = f"GET /api/jobs/{job}/stream HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-API-Key: {key}\r\n\r\n"
    writer.write(request.encode())
    body = await reader.read()
    writer.close()
    return [int(found) for found in re.findall(rb"^id: (\d+)$", body, re.MULTILINE)]


async def test_a_stop_of_the_server_ends_streams_at_once(serve, own_story):
    job = await own_story.request(total=5)
    async with serve() as api:
        connected = asyncio.Event()
        watching = asyncio.create_task(read(api.client(), job, until_event=lambda _: connected.set()))
        await connected.wait()
        began = time.monotonic()
    assert time.monotonic() - began < 7, "a stream that is waited for takes the ten seconds of the drain"
    events = await asyncio.wait_for(watching, 20)
    assert {event.event for event in events} == {"status"}, "the response ended as it should, it was not cut"


async def test_the_broker_restarts_under_a_stream(tmp_path, serve, own_story, client, nats_server, api):
    """The tail begins again behind what it had: no gap, no duplicate."""
    job = await own_story.request(total=10)
    watching = asyncio.create_task(read(api.client(), job))
    await until(lambda: _clients(api.app.state.hubs, job, 1))
    await own_story.start(job)
    for index in range(5):
        await own_story.append(job, ok(index))
    nats_server.restart()
    for index in range(5, 10):
        await _insist(own_story, job, index)
    await own_story.end(job, processed=10)
    events = await asyncio.wait_for(watching, 40)
    assert [event.json()["index"] for event in events if event.event == "progress"] == list(range(10))
    assert events[-1].event == "done"


async def _insist(story, job, index):
    async def tried():
        with contextlib.suppress(Exception):
            return await story.append(job, ok(index))
        return None

    await until(tried)


async def test_ten_thousand_items_stay_compact(api, own_story):
    ann = api.client()
    job = await own_story.done(total=10_000)
    await until_status(ann, job, "done")
    events = await read(ann, job)
    assert sum(event.event == "progress" for event in events) == 10_000
    hub = api.app.state.hubs._hubs[job]
    assert hub.size < 4 * 1024 * 1024


async def test_another_tenants_events_never_appear(api, own_story, log):
    job = await own_story.request(total=2)
    other = Story(log, TENANT)
    await own_story.start(job)
    foreign = await other.done(total=2)
    await own_story.append(job, ok(0), ok(1))
    await own_story.end(job, processed=2)
    events = await read(api.client(), job)
    assert foreign not in "".join(event.data for event in events)


async def test_a_client_that_reads_nothing_is_cut(api, own_story, monkeypatch):
    monkeypatch.setattr("services.projector.event_stream._TOO_SLOW", 0.5)
    job = await own_story.request(total=10_000)
    await own_story.start(job)
    hubs = api.app.state.hubs
    url = httpx.URL(api.base_url)
    reader, writer = await asyncio.open_connection(url.host, url.port, limit=1024)
    reader._transport.pause_reading()
    key = api.people["ann"].key
    writer.write(f"GET /api/jobs/{job}/stream HTTP/1.1\r\nHost: x\r\nX-API-Key: {key}\r\n\r\n".encode())
    await until(lambda: _clients(hubs, job, 1))
    for first in range(0, 10_000, 50):
        label = "x" * 1000
        results = [ok(index) for index in range(first, first + 50)]
        await own_story.append(job, *(type(each)(index=each.index, label=label, rows=each.rows) for each in results))
    await until(lambda: _clients(hubs, job, 0), timeout=30)
    writer.close()
