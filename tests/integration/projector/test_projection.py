"""The log -> views, with real servers: whatever happens, the views are what the log says."""

import msgspec
import pytest

from contracts.events import CancelRequested
from services.projector.pages import decoded_pages, json_page
from services.projector.reader import Reader
from shared.job import JobState, public
from shared.store import JobView
from tests.integration.projector.story import bad, ok, until, until_ready

pytestmark = pytest.mark.servers


async def rows_of(store, job):
    views = await store.current(fresh=True)
    view = await views.job(job)
    return [row async for page in decoded_pages(views, view) for row in page]


async def test_a_job_from_request_to_rows(story, store, projector):
    job = await story.request(total=3)
    await until(lambda: _view(store, job))
    await story.start(job)
    await story.append(job, ok(2), bad(0))
    running = await until(lambda: _view(store, job, processed=2))
    assert public(running.state).status == "running"
    assert (running.state.results, running.state.errors) == (1, 1)

    await story.append(job, ok(1))
    await story.end(job, processed=3, results=2, errors=1)
    view = await until_ready(store, job)
    shown = public(view.state, view_ready=view.ready)
    assert (shown.status, shown.download_available, shown.output_filename) == ("done", True, f"techstack_{job}.csv")
    assert [row["nom"] for row in await rows_of(store, job)] == ["N0", "N1", "N2"]
    assert view.columns == ["nom", "site_web", "tech_cms"]
    assert view.reports == [2]


async def test_an_ended_job_still_runs_for_the_api_until_its_rows_are_there(story, store):
    job = await story.done(total=3)
    view = JobView(state=(await _fold(story, job)).state, seq=9, ended_seq=9)
    assert public(view.state, view_ready=False).status == "running"
    assert public(view.state, view_ready=False).completed_at is None


async def test_the_first_result_counts_and_none_after_the_end(story, store, projector):
    job = await story.request(total=2)
    await story.start(job)
    await story.append(job, ok(0, nom="first"), ok(0, nom="same message"))
    await story.append(job, ok(0, nom="again"), ok(7, nom="beyond"))
    await story.cancel(job, processed=1)
    await story.append(job, ok(1, nom="late"))
    view = await until_ready(store, job)
    assert await rows_of(store, job) == [{"nom": "first"}]
    assert (view.state.processed, view.state.results, public(view.state).status) == (1, 1, "cancelled")


async def test_columns_are_input_keys_by_first_appearance_then_the_produced_ones(story, store, projector):
    job = await story.request(total=3)
    await story.start(job)
    await story.append(job, ok(1, b=1, tech_cms="x", c=2))
    await story.append(job, ok(2, d=1), ok(0, tech_cms=None, a=1, b=2))
    await story.end(job, processed=3)
    assert (await until_ready(store, job)).columns == ["a", "b", "c", "d", "tech_cms"]


async def test_many_rows_and_large_rows_make_pages(story, store, projector):
    job = await story.request(total=1200)
    await story.start(job)
    for first in range(1199, -1, -60):
        await story.append(job, *(ok(index, n=index) for index in range(first, max(first - 60, -1), -1)))
    await story.end(job, processed=1200)
    large = await story.request(total=12)
    await story.start(large)
    for index in range(12):
        await story.append(large, ok(index, n=index, text="x" * 900_000))
    await story.end(large, processed=12)

    view = await until_ready(store, job)
    assert view.rows == [500, 500, 200]
    assert [row["n"] for row in await rows_of(store, job)] == list(range(1200))
    assert (await until_ready(store, large)).rows == [4, 4, 4]
    views = await store.current()
    text = b"".join([part async for part in json_page(views, view, "rows", offset=490, limit=600)])
    page = msgspec.json.decode(text)
    assert page["count"] == 1200
    assert [row["n"] for row in page["items"]] == list(range(490, 1090))
    beyond = b"".join([part async for part in json_page(views, view, "rows", offset=1200, limit=10)])
    assert msgspec.json.decode(beyond) == {"count": 1200, "items": []}


async def test_an_event_this_version_does_not_know_is_skipped(story, store, client, projector):
    job = await story.request(total=1)
    subject = f"jobs.{story.tenant}.{job}.lifecycle"
    await client.jetstream().publish(subject, b'[{"id":"1","source":"/x","type":"outsend.job_renamed.v1","subject":"j",'
                                              b'"time":"2026-01-01T00:00:00Z","tenant":"t","data":{}}]')  # fmt: skip
    await client.jetstream().publish(subject, b"not json")
    await story.start(job)
    await until(lambda: _view(store, job, phase="running"))


async def test_deletion_removes_everything(story, store, projector):
    job = await story.done(total=3)
    await until_ready(store, job)
    await story.ask_delete(job)
    await story.delete(job)
    await story.append(job, ok(1))  # late
    views = await store.current()
    await until(lambda: _gone(views, job))
    assert await views.page("rows", job, 0) is None
    assert await views.page("reports", job, 0) is None


async def test_expiry_removes_rows_and_keeps_the_summary(story, store, projector):
    job = await story.done(total=3)
    await until_ready(store, job)
    await story.expire(job)
    view = await until(lambda: _view(store, job, expired=True))
    shown = public(view.state, view_ready=view.ready)
    assert (shown.status, shown.results_count, shown.download_available) == ("expired", 3, False)
    assert await (await store.current()).page("rows", job, 0) is None


async def test_a_wish_to_delete_does_not_take_rows_back(story, store, projector):
    job = await story.done(total=3)
    await until_ready(store, job)
    await story.ask_delete(job)
    view = await until(lambda: _view(store, job, delete_requested=True))
    assert view.ready and view.rows == [3]


async def test_a_cancelled_pending_job_has_no_rows(story, store, projector):
    job = await story.request(total=5)
    await story.append(job, CancelRequested(by=story.tenant))
    await story.cancel(job, processed=0)
    view = await until_ready(store, job)
    assert (view.rows, public(view.state).status, public(view.state).started_at) == ([], "cancelled", None)


async def test_views_never_go_back(store):
    views = await store.current()
    await views.prepare()
    job = "j_01TEST"
    state = JobState(id=job, tenant="u_1", phase="running", total=9, processed=5)
    await views.save([JobView(state=state, seq=10)])
    await views.save([JobView(state=msgspec.structs.replace(state, processed=4), seq=9)])
    assert (await views.job(job)).state.processed == 5


async def _fold(story, job):
    return await Reader(story.log, None).fold(story.tenant, job)


async def _view(store, job, **wanted):
    view = await (await store.current(fresh=True)).job(job)
    if view is not None and all(getattr(view.state, name) == value for name, value in wanted.items()):
        return view
    return None


async def _gone(views, job):
    return await views.job(job) is None
