"""Jobs over a grid: pairs, splits, stop_at, and taking up an interrupted one."""

from __future__ import annotations

import pytest

from contracts.events import (
    CancelRequested,
    DeleteRequested,
    ItemProcessed,
    ItemsSubmitted,
    JobCancelled,
    JobCompleted,
    JobDeleted,
    JobEnded,
    JobRequested,
    JobStarted,
)
from contracts.subjects import job_subject
from shared.job import fold
from shared.messaging.log import Fence
from tests.integration.dispatcher.office import TENANT, times
from tests.modules.quadrants import everything

QUERIES, ZONES = ["dentiste", "notaire"], ["Paris", "Lyon"]


async def request(office, job, tiles, *, pace=0.0, stop_at=None, **more):
    items = [{"tile": str(number), "zone": ZONES[number % 2]} for number in range(tiles)]
    requested = JobRequested(
        owner=TENANT,
        job_type="quadrants",
        total=tiles,
        ef_cost=more.pop("ef_cost", tiles / 10_000),
        expires_at=times(3600),
        params={"queries": QUERIES, "zones": ZONES, "pace": pace, "stop_at": stop_at},
        produces=["place_id"],
        unit="tiles",
        **more,
    )
    drafts = [office.log.draft(TENANT, job, [ItemsSubmitted(first=0, items=items)])]
    fence = Fence(job_subject(TENANT, job, "lifecycle"), 0)
    await office.log.publish_atomic([*drafts, office.log.draft(TENANT, job, [requested], fence=fence)])


async def counted(office, job):
    """The state at the end, the ids of the results that counted, and how many results there were for each pair."""
    history = await office.history(job)
    end = next(position for position, envelope in enumerate(history) if isinstance(envelope.data, JobEnded))
    before = history[:end]
    ids, results = set(), []
    for envelope in before:
        if isinstance(envelope.data, ItemProcessed):
            results.append((envelope.data.index, envelope.data.part))
            ids |= {place.id for place in envelope.data.places}
    return fold(before), history[end].data, ids, results


async def test_every_pair_and_every_part_is_searched_once(office):
    await office.dispatcher()
    await office.worker("quadrants")
    await request(office, "j_1", 40)
    await office.until("j_1", JobCompleted)
    state, end, ids, results = await counted(office, "j_1")
    assert ids == everything(40, QUERIES)
    assert len(results) == len(set(results)) == 40 * 2 + 8 * 2 * 8
    assert (end.processed_points, end.results_count, end.rows) == (40, len(ids), len(ids))
    assert (end.error_count, end.flagged_tiles_count, end.total_attempts_count) == (0, 8, len(results))
    assert sum(end.breakdown.by_query.values()) == sum(end.breakdown.by_zone.values()) == len(ids)
    assert state.query_stats["notaire"].tiles == 40
    assert (await office.js.stream_info("ITEMS")).state.messages == 0


async def test_what_is_open_is_derived_anew_splits_too(office):
    first = await office.dispatcher()
    worker = await office.worker("quadrants")
    await request(office, "j_1", 60, pace=0.02)
    await office.results_at_least("j_1", 30)
    await first.app.stop()
    await worker.app.stop()
    await office.js.purge_stream("ITEMS")
    await office.dispatcher()
    await office.worker("quadrants")
    await office.until("j_1", JobCompleted)
    _, end, ids, _ = await counted(office, "j_1")
    assert ids == everything(60, QUERIES)
    assert (end.processed_points, end.results_count) == (60, len(ids))


async def test_stop_at_ends_the_job_when_enough_is_found(office):
    await office.dispatcher()
    await office.worker("quadrants")
    await request(office, "j_1", 3_000, pace=0.01, stop_at=50)
    await office.until("j_1", JobCompleted)
    _, end, ids, _ = await counted(office, "j_1")
    assert 50 <= end.results_count == len(ids) < len(everything(3_000, QUERIES))


@pytest.mark.parametrize("deleted", [False, True])
async def test_an_interrupted_search_is_taken_up_where_it_stopped(office, deleted):
    await office.dispatcher()
    await office.worker("quadrants")
    await request(office, "j_1", 60, pace=0.02)
    await office.results_at_least("j_1", 40)
    await office.log.append(TENANT, "j_1", CancelRequested(by=TENANT))
    await office.until("j_1", JobCancelled)
    old, cancelled, found, before = await counted(office, "j_1")
    assert 0 < old.finished < old.items and old.survey.splits is not None
    await request(
        office, "j_2", 60, source_job_id="j_1", resumes=True, inherited=old.processed,
        ef_cost=(60 - old.processed) / 10_000,
    )  # fmt: skip
    await office.until("j_2", JobStarted)
    if deleted:
        await office.log.append(TENANT, "j_1", DeleteRequested(by=TENANT))
        await office.until("j_1", JobDeleted)
    await office.until("j_2", JobCompleted)
    _, end, ids, results = await counted(office, "j_2")
    assert ids == everything(60, QUERIES)
    assert len(results) == len(set(results)), "nothing that was finished is searched again"
    assert set(before) <= set(results)
    assert (end.processed_points, end.results_count) == (60, len(ids))
    assert cancelled.ef_cost + end.ef_cost == pytest.approx(60 / 10_000)
    history = [type(envelope.data) for envelope in await office.history("j_2")]
    started = history.index(JobStarted)
    assert history[:started].count(ItemProcessed) == len(before), "all is inherited before the start"
    assert found <= ids
