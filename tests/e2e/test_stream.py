"""Server-sent events, read by a client library and by raw sockets."""

import asyncio
import json
import time

import httpx
import pytest
from httpx_sse import connect_sse

from tests.e2e.acts import busy, cancel_all, create, events_of, is_validation_problem, named, status_becomes
from tests.timing import SLACK

pytestmark = pytest.mark.servers

FIELDS = {
    "status": [
        "id", "status", "processed_points", "grid_points_count", "results_count", "error_count", "download_available",
        "query_stats",
    ],
    "progress": [
        "index", "ok", "error", "unit", "label", "processed_points", "grid_points_count", "results_count",
        "error_count",
    ],
    "log": ["message", "level", "timestamp"],
    "done": ["id", "status", "results_count", "duration_seconds"],
}  # fmt: skip


def numbers(events):
    """The ids of the events of the log, in order; those of the moment have none."""
    return [int(event.id) for event in own(events)]


def own(events):
    """httpx-sse keeps the last id for events without one: such an event is no news of the log."""
    last, kept = "", []
    for event in events:
        if event.id and event.id != last:
            kept.append(event)
        last = event.id
    return kept


@pytest.fixture
def story(finished, api):
    """A finished job of every kind of event: its id and its events."""
    items = [{"nom": f"n{number}"} for number in range(12)]
    items += [{"nom": "bad", "do": "permanent"}, {"nom": "slow", "do": "sleep 100"}]
    job = finished(items, "faulty", mode="loud")
    return job["id"], events_of(api, job["id"])


def test_the_headers(api, story):
    job, _ = story
    with api.stream("GET", f"/api/jobs/{job}/stream") as answer:
        answer.read()
        assert answer.headers["content-type"] == "text/event-stream"
        assert answer.headers["cache-control"] == "no-cache"
        assert answer.headers["x-accel-buffering"] == "no"
        assert answer.text.startswith("retry: 3000\n")


def test_the_whole_story(story):
    job, events = story
    first, *_, last = events
    assert (first.event, first.id) == ("status", ""), "where the job stands at connect"
    assert last.event == "done"
    assert [event.event for event in events].count("done") == 1
    assert {event.event for event in events} == set(FIELDS)
    for event in events:
        assert list(json.loads(event.data)) == FIELDS[event.event]
    ids = numbers(events)
    assert ids == sorted(set(ids)), "ids grow and none comes twice"
    assert [json.loads(event.data)["status"] for event in own(events) if event.event == "status"] == [
        "pending", "running", "done",
    ]  # fmt: skip
    assert json.loads(last.data) | {"duration_seconds": 0} == {
        "id": job, "status": "done", "results_count": 13, "duration_seconds": 0,
    }  # fmt: skip


def test_progress_tells_each_item_once_with_the_counters_of_that_moment(story):
    _, events = story
    progress = [json.loads(event.data) for event in events if event.event == "progress"]
    assert sorted(each["index"] for each in progress) == list(range(14))
    assert [each["processed_points"] for each in progress] == list(range(1, 15))
    bad = next(each for each in progress if each["label"] == "bad")
    assert (bad["ok"], bad["error"]["code"], bad["unit"]) == (False, "gone", "items")


def test_a_reconnect_at_any_id_gets_every_later_event_once(api, story):
    job, events = story
    told = own(events)
    for position, event in enumerate(told[:-1]):
        rest = [(each.id, each.event, each.data) for each in told[position + 1 :]]
        for how in ({"last_event_id": event.id}, {"since": event.id}):
            again = [(each.id, each.event, each.data) for each in own(events_of(api, job, **how))]
            assert again == rest, how


def test_the_last_event_id_wins_over_since(api, story):
    job, events = story
    ids = numbers(events)
    assert numbers(events_of(api, job, last_event_id=ids[-3], since=ids[2])) == ids[-2:]
    assert numbers(events_of(api, job, since=0)) == ids
    assert numbers(events_of(api, job, since=-1)) == ids


def test_an_id_between_two_events_works_as_well(api, story):
    job, events = story
    ids = numbers(events)
    assert numbers(events_of(api, job, since=ids[4] - 1)) == ids[4:]


@pytest.mark.parametrize("since", ["x", "", "1.5", "0x10", "9" * 40])
def test_a_since_that_is_no_integer(api, story, since):
    is_validation_problem(api.get(f"/api/jobs/{story[0]}/stream", params={"since": since}), "query", "since")


def test_beyond_the_end(api, story):
    job, events = story
    last = numbers(events)[-1]
    for identity in (last, last + 1, last * 1000):
        answer = api.get(f"/api/jobs/{job}/stream", headers={"Last-Event-ID": str(identity)})
        assert (answer.status_code, answer.content) == (204, b""), "stops a browser's reconnecting"
    assert events_of(api, job, since=last + 1)[-1].event == "done", "who cannot read a 204 is told the end"


def test_a_job_that_runs_is_followed_live_over_many_connections(api):
    job = create(api, "faulty", items=named(60, do="sleep 150"), mode="loud")["id"]
    seen, last, connections = [], None, 0
    while not seen or seen[-1].event != "done":
        connections += 1
        assert connections < 60
        headers = {"Last-Event-ID": last} if last else {}
        with connect_sse(api, "GET", f"/api/jobs/{job}/stream", headers=headers) as source:
            fresh = []
            for event in source.iter_sse():
                fresh.append(event)
                if len(own(fresh)) == 7:
                    break
            seen += own(fresh)
            last = seen[-1].id if seen else None
    assert connections > 10
    assert [(event.id, event.event, event.data) for event in seen] == [
        (event.id, event.event, event.data) for event in own(events_of(api, job))
    ]


def test_counters_tick_while_a_job_runs(api):
    job = create(api, "faulty", items=named(300, do="sleep 200"))["id"]
    ticks = [event for event in events_of(api, job) if event.event == "status"]
    running = [json.loads(event.data)["processed_points"] for event in ticks[1:-1]]
    assert running == sorted(running) and running[-1] > 0, "a status of the moment, every two seconds"
    assert len(ticks) < 9


@pytest.mark.parametrize("count", [1, 3000])
def test_done_comes_only_when_the_download_works(api, count):
    job = create(api, items=named(count))["id"]
    ended = 0
    with connect_sse(api, "GET", f"/api/jobs/{job}/stream") as source:
        for event in source.iter_sse():
            said = json.loads(event.data)
            if event.event == "done" or (event.event == "status" and said["status"] == "done"):
                ended += 1
                lines = api.get(f"/api/jobs/{job}/download").content.splitlines()
                assert len(lines) == count + 1
                assert api.get(f"/api/jobs/{job}").json()["status"] == "done"
    assert ended >= 2


def test_a_cancelled_job_ends_in_done_too(api):
    job = create(api, "faulty", items=busy())["id"]
    status_becomes(api, job, "running")
    with connect_sse(api, "GET", f"/api/jobs/{job}/stream") as source:
        events = []
        for event in source.iter_sse():
            if not events:
                api.post(f"/api/jobs/{job}/cancel")
            events.append(event)
    assert events[-1].event == "done"
    assert json.loads(events[-1].data)["status"] == "cancelled"


def five_running_and_one_pending(client):
    running = [create(client, "faulty", items=busy())["id"] for _ in range(5)]
    for job in running:
        status_becomes(client, job, "running")
    return create(client, "faulty", items=named(1))["id"]


def test_a_deleted_job_ends_its_streams_with_an_error(api):
    job = five_running_and_one_pending(api)
    with connect_sse(api, "GET", f"/api/jobs/{job}/stream") as source:
        events = []
        for event in source.iter_sse():
            if not events:
                assert api.delete(f"/api/jobs/{job}").status_code == 204
            events.append(event)
    assert events[-1].event == "error"
    assert list(json.loads(events[-1].data)) == ["code", "message"]
    cancel_all(api)


@pytest.mark.slow
def test_a_silent_stream_is_kept_alive_by_comments(api):
    job = five_running_and_one_pending(api)
    beats, began = [], time.monotonic()
    with api.stream("GET", f"/api/jobs/{job}/stream") as answer:
        for line in answer.iter_lines():
            if line.startswith(":"):
                beats.append(time.monotonic() - began)
                if len(beats) == 2:
                    break
    assert max(beats[0], beats[1] - beats[0]) <= 12 + SLACK, "every twelve seconds"
    cancel_all(api)


async def test_a_thousand_clients_follow_one_job(stack, user):
    url = httpx.URL(stack.url)
    async with stack.async_client(user) as client:
        job = (await client.post("/api/jobs/faulty", json={"items": named(60, do="sleep 1000")})).json()["id"]
        request = f"GET /api/jobs/{job}/stream HTTP/1.1\r\nHost: x\r\nX-API-Key: {user.api_key}\r\n\r\n".encode()

        async def follow():
            reader, writer = await asyncio.open_connection(url.host, url.port)
            writer.write(request)
            heard = b""
            while b"event: done" not in heard and (chunk := await reader.read(65536)):
                heard += chunk
            writer.close()
            return heard

        async with asyncio.timeout(60):
            heard = await asyncio.gather(*(follow() for _ in range(1000)))
    assert sum(b"event: done" in each for each in heard) == 1000
    assert {each.count(b"event: progress") for each in heard} == {60}
