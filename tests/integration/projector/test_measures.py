"""What the projector tells Prometheus: how far behind it is, also while its store is away, and who listens."""

import asyncio
import contextlib

import pytest
from prometheus_client import REGISTRY

from tests.integration.projector.story import until, until_ready

pytestmark = pytest.mark.servers


def sample(name, **labels):
    return REGISTRY.get_sample_value(f"outsend_{name}", labels)


async def _is(name, wanted, **labels):
    return sample(name, **labels) == wanted


async def test_a_projector_that_keeps_up(projector, story, store):
    folded, laid_out = sample("projection_messages_total"), sample("rows_seconds_count")
    job = await story.done(total=3)
    await until_ready(store, job)
    assert sample("projection_messages_total") > folded
    # What is measured is told just after it can be read.
    await until(lambda: _is("rows_seconds_count", laid_out + 1))
    await until(lambda: _is("rows_unfinished", 0))
    await until(lambda: _is("projection_lag_messages", 0))
    assert sample("acting", role="projector") == 1
    assert sample("projection_behind_seconds") < 5
    await projector.stop()
    assert (sample("acting", role="projector"), sample("projection_behind_seconds")) == (0, 0)


async def test_a_projector_whose_store_is_away_is_behind(projector, mongo_server, story, store):
    await until_ready(store, await story.done(total=1))
    mongo_server.pause()
    try:
        await story.done(total=1)
        await until(lambda: _has_fallen_behind(1.5))
    finally:
        mongo_server.resume()
    await until(lambda: _is("projection_lag_messages", 0))
    await until(_catches_up)


async def _has_fallen_behind(seconds):
    return sample("projection_behind_seconds") > seconds and sample("projection_lag_messages") > 0


async def _catches_up():
    return sample("projection_behind_seconds") < 1.3


async def test_open_streams_and_their_hubs_are_counted(api, people, story):
    story.tenant = people["ann"].user_id
    job = await story.request(total=3)
    reading = asyncio.create_task(api.client().get(f"/api/jobs/{job}/stream"))
    await until(lambda: _is("event_streams", 1))
    assert sample("event_hubs") == 1
    reading.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await reading
    await until(lambda: _is("event_streams", 0))
