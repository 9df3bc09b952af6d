"""Appending under a fence, all-or-nothing batches, and what is said when the log cannot take an event."""

from __future__ import annotations

import asyncio
import shutil

import msgspec
import pytest
from nats.js import api

from contracts import codec
from contracts.events import ItemsSubmitted, JobLogged, JobRequested, JobStarted
from contracts.subjects import job_history, job_subject, tenant_lifecycles
from shared.messaging.connection import connect
from shared.messaging.log import Conflict, EventLog, Fence, LogFull, LogUnavailable, now_rfc3339
from shared.messaging.streams import declare_log, declare_stream, log_config, queue_config

REQUEST = JobRequested(owner="u_1", job_type="techstack", total=1, ef_cost=0.0, expires_at="2999-01-01T00:00:00Z")
ITEMS = ItemsSubmitted(first=0, items=[{"site_web": "a.example"}])
LINE = JobLogged(level="info", message="…")


async def count(log: EventLog) -> int:
    return (await log.client.jetstream().stream_info("JOBS")).state.messages


async def test_an_event_goes_to_its_channel_in_an_envelope(log):
    before = now_rfc3339()
    sequence = await log.append("u_1", "j_1", ITEMS, ITEMS)
    (message,) = [message async for message in log.read(job_history("u_1", "j_1"))]
    assert (message.sequence, message.subject, message.pending) == (sequence, "jobs.u_1.j_1.items", 0)
    first, second = codec.decode(message.payload)
    assert (first.source, first.subject, first.tenant, first.data) == ("/outsend/test", "j_1", "u_1", ITEMS)
    assert before <= first.time <= now_rfc3339()
    assert first.id != second.id


@pytest.mark.parametrize(
    ("filter_of", "other", "refused"),
    [
        (job_history, ("u_1", "j_1"), True),
        (job_history, ("u_1", "j_2"), False),
        (lambda tenant, _: tenant_lifecycles(tenant), ("u_1", "j_2"), True),
        (lambda tenant, _: tenant_lifecycles(tenant), ("u_2", "j_3"), False),
    ],
    ids=["same job", "another job", "another job of the tenant", "another tenant"],
)
async def test_a_fence_holds_what_others_write_meanwhile(log, filter_of, other, refused):
    seen = await log.append("u_1", "j_1", REQUEST)
    await log.append(*other, REQUEST)
    fence = Fence(filter_of("u_1", "j_1"), seen)
    if refused:
        with pytest.raises(Conflict):
            await log.append("u_1", "j_1", JobStarted(), fence=fence)
        assert await count(log) == 2
    else:
        await log.append("u_1", "j_1", JobStarted(), fence=fence)


async def test_a_line_of_the_job_breaks_the_fence_over_its_history(log):
    """So the counts of a terminal event equal the results before it, whatever channel a write came by."""
    seen = await log.append("u_1", "j_1", REQUEST)
    await log.append("u_1", "j_1", LINE)
    with pytest.raises(Conflict):
        await log.append("u_1", "j_1", JobStarted(), fence=Fence(job_history("u_1", "j_1"), seen))


def creation(log, job, chunks=3):
    drafts = [log.draft("u_1", job, [ITEMS]) for _ in range(chunks)]
    return [*drafts, log.draft("u_1", job, [REQUEST], fence=Fence(job_subject("u_1", job, "lifecycle"), 0))]


async def test_a_batch_is_stored_whole_and_in_order(log):
    last = await log.publish_atomic(creation(log, "j_1"))
    messages = [message async for message in log.read("jobs.>")]
    assert [message.subject.rpartition(".")[2] for message in messages] == ["items"] * 3 + ["lifecycle"]
    assert [message.sequence for message in messages] == list(range(last - 3, last + 1))


async def test_a_job_that_exists_refuses_the_whole_batch(log):
    await log.publish_atomic(creation(log, "j_1"))
    with pytest.raises(Conflict):
        await log.publish_atomic(creation(log, "j_1"))
    assert await count(log) == 4


async def test_a_batch_without_its_commit_leaves_nothing(log):
    first, *_ = creation(log, "j_1")
    headers = {"Nats-Batch-Id": "b", "Nats-Batch-Sequence": "1"}
    await log.client.request(first.subject, first.payload, headers=headers)
    assert await count(log) == 0


async def test_of_two_creations_at_once_one_wins(log):
    outcomes = await asyncio.gather(
        *(log.publish_atomic(creation(log, "j_1")) for _ in range(8)), return_exceptions=True
    )
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Conflict"] * 7 + ["int"]
    assert await count(log) == 4


async def test_lifecycles_never_age_and_the_rest_does(log):
    await log.append("u_1", "j_1", REQUEST)
    await log.append("u_1", "j_1", LINE)
    js = log.client.jetstream()
    kept, aging = [
        await js.get_last_msg("JOBS", job_subject("u_1", "j_1", channel)) for channel in ("lifecycle", "log")
    ]
    assert kept.headers["Nats-TTL"] == "never"
    assert not (aging.headers or {}).get("Nats-TTL")
    config = (await js.stream_info("JOBS")).config
    assert (config.discard, config.max_age) == (api.DiscardPolicy.NEW, 37 * 86_400)


async def test_a_full_log_refuses_and_keeps_what_it_has(client, settings):
    small = type(settings)(nats_url=settings.nats_url, log_max_bytes=100_000)
    await declare_log(client.jetstream(), small)
    log = EventLog(client, "test")
    assert not await log.nearly_full()
    line = JobLogged(level="info", message="x" * 20_000)
    with pytest.raises(LogFull):
        for _ in range(9):
            await log.append("u_1", "j_1", line)
    stored = await count(log)
    assert 0 < stored < 9
    assert (await client.jetstream().stream_info("JOBS")).state.first_seq == 1
    with pytest.raises(LogFull):
        await log.publish_atomic([log.draft("u_1", "j_1", [line]), log.draft("u_1", "j_1", [line])])
    assert await count(log) == stored


async def test_a_log_beyond_nine_tenths_says_so(client, settings):
    await declare_log(client.jetstream(), type(settings)(nats_url=settings.nats_url, log_max_bytes=100_000))
    log = EventLog(client, "test")
    await log.append("u_1", "j_1", JobLogged(level="info", message="x" * 95_000))
    assert await log.nearly_full()


async def test_a_broker_that_is_away_is_unavailable_and_nothing_is_invented(server, settings, log):
    quick = EventLog(log.client, "test", timeout=0.3)
    server.kill()
    for call in (
        quick.append("u_1", "j_1", LINE),
        quick.publish_atomic(creation(quick, "j_1")),
        quick.last("jobs.>"),
        quick.last_sequence(),
        quick.nearly_full(),
        quick.purge("jobs.u_1.j_1.log"),
    ):
        with pytest.raises(LogUnavailable):
            await call


async def test_what_was_confirmed_survives_kill_9(server, settings, log):
    written = await log.append("u_1", "j_1", REQUEST)
    await log.client.close()
    server.restart()
    again = await connect(settings, "again")
    found = await EventLog(again, "test").last(job_subject("u_1", "j_1", "lifecycle"))
    assert found is not None
    assert found.sequence == written
    await again.close()


async def test_purging_below_keeps_the_last(log):
    await log.append("u_1", "j_1", REQUEST)
    last = await log.append("u_1", "j_1", JobStarted())
    await log.append("u_1", "j_2", REQUEST)
    await log.purge(job_subject("u_1", "j_1", "lifecycle"), below=last)
    assert [message.sequence async for message in log.read("jobs.>")] == [last, last + 1]


async def test_reading_ends_where_it_is_told_or_where_the_log_ends(log):
    assert [message async for message in log.read("jobs.>")] == []
    js = log.client.jetstream()
    await asyncio.gather(*[await js.publish_async("jobs.u_1.j_1.log", b"[]") for _ in range(700)])
    assert len([message async for message in log.read("jobs.>")]) == 700
    assert [m.sequence async for m in log.read("jobs.>", after=10, upto=13)] == [11, 12, 13]
    assert [message async for message in log.read("jobs.>", after=700)] == []


async def test_declaring_twice_changes_nothing_and_new_limits_are_taken(client, settings):
    js = client.jetstream()
    for config in (log_config(settings), queue_config(settings)):
        first = await declare_stream(js, config)
        second = await declare_stream(js, config)
        assert (first.created, first.config) == (second.created, second.config)
    updates = []
    js.update_stream = updates.append
    for config in (log_config(settings), queue_config(settings)):
        await declare_stream(js, config)
    assert updates == []
    wider = await declare_stream(client.jetstream(), log_config(type(settings)(log_max_bytes=2 * 1024**3)))
    assert wider.config.max_bytes == 2 * 1024**3


async def test_processes_that_start_together_make_one_log(settings, tmp_path):
    """The server counts the room of a stream for each that makes it: here two of them would not fit."""
    large = msgspec.structs.replace(settings, log_max_bytes=shutil.disk_usage(tmp_path).free // 2)
    clients = [await connect(large, f"starter-{number}") for number in range(6)]
    admin = clients[0].jetstream()
    for _ in range(5):
        for stream in await admin.streams_info():
            await admin.delete_stream(stream.config.name)
        await asyncio.gather(*(declare_log(client.jetstream(), large) for client in clients))
        assert [stream.config.name for stream in await admin.streams_info()] == ["JOBS"]
    for client in clients:
        await client.close()


@pytest.mark.parametrize("answer", [b"", b"ok", b"{}", b'{"seq": "1"}'])
async def test_an_answer_of_somebody_else_is_not_taken_for_the_logs(log, settings, answer):
    """A subscriber that answers what it hears must not make a refused write look like a stored one."""
    stranger = await connect(settings, "stranger")

    async def reply(message):
        await stranger.publish(message.reply, answer)

    await stranger.subscribe("jobs.*.*.lifecycle", cb=reply)
    await stranger.flush()
    seen = await _any_outcome(log.append("u_1", "j_1", REQUEST))
    assert seen == 1 or isinstance(seen, LogUnavailable)
    async with asyncio.timeout(20):  # sooner or later the stranger is the first to answer
        while not isinstance(seen, LogUnavailable):
            seen = await _any_outcome(log.append("u_1", "j_1", JobStarted(), fence=Fence("jobs.>", 99)))
            assert isinstance(seen, Conflict | LogUnavailable)


async def _any_outcome(call):
    try:
        return await call
    except (Conflict, LogUnavailable) as error:
        return error
