"""GET of the Jobs API over real HTTP."""

import csv
import io
import time

import msgspec
import pytest
from openpyxl import load_workbook

from contracts.jobs import JobPublic
from tests.integration.projector.story import Story, bad, job_id, ok, until
from tests.servers import MongoServer
from tests.timing import SLACK

pytestmark = pytest.mark.servers


async def get(client, path, status=200):
    answer = await client.get(path)
    assert answer.status_code == status, (answer.status_code, answer.text[:500])
    return answer


async def until_status(client, job, status):
    async def look():
        answer = await client.get(f"/api/jobs/{job}")
        return answer.json() if answer.status_code == 200 and answer.json()["status"] == status else None

    return await until(look)


async def test_a_job_is_there_before_its_view_and_has_every_field_in_order(api, own_story):
    job = await own_story.request(total=3)
    shown = (await get(api.client(), f"/api/jobs/{job}")).json()
    assert list(shown) == list(JobPublic.__struct_fields__)
    assert (shown["status"], shown["grid_points_count"], shown["ef_cost"]) == ("pending", 3, 0.01)


@pytest.mark.parametrize("path", ["", "/items", "/download", "/report", "/stream"])
async def test_the_order_of_checks(api, own_story, people, path):
    job = await own_story.request(total=3)
    ann, bob, nobody = api.client("ann"), api.client("bob"), api.client(None)
    wrong = f"{path}?limit=x&format=pdf&since=x"
    await get(nobody, f"/api/jobs/{job}{wrong}", 401)
    await get(nobody, f"/api/jobs/{job_id()}{wrong}", 401)
    await get(ann, f"/api/jobs/{job_id()}{wrong}", 404)
    await get(ann, f"/api/jobs/nonsense{wrong}", 404)
    await get(ann, f"/api/jobs/j_*{wrong}", 404)
    await get(bob, f"/api/jobs/{job}{wrong}", 403)
    bad_key = await nobody.get(f"/api/jobs/{job}", headers={"X-API-Key": "osk_nope"})
    assert bad_key.status_code == 401


async def test_listing(api, own_story, people):
    ann = api.client()
    jobs = [await own_story.request(job_id(time.time() - age), total=1) for age in (500, 3_000, 3, 2_000, 0.5)]
    foreign = await Story(own_story.log, people["bob"].user_id).request()

    async def all_there():
        listed = (await get(ann, "/api/jobs")).json()
        return listed if len(listed) == 5 else None

    listed = await until(all_there)
    assert [job["id"] for job in listed] == sorted(jobs, reverse=True)
    assert (await get(ann, "/api/jobs?limit=2&offset=1")).json() == listed[1:3]
    assert (await get(ann, "/api/jobs?limit=0")).json() == listed[:1]
    assert (await get(ann, "/api/jobs?limit=-7")).json() == listed[:1]
    assert (await get(ann, "/api/jobs?limit=9999")).json() == listed
    assert (await get(ann, "/api/jobs?offset=99")).json() == []
    assert [job["id"] for job in (await get(api.client("bob"), "/api/jobs")).json()] == [foreign]
    for query in ("limit=x", "limit=1.5", "offset=-1", "offset=x", "limit="):
        problem = (await get(ann, f"/api/jobs?{query}", 422)).json()
        assert problem["detail"]["message"] == "Validation error"
        assert problem["detail"]["errors"][0]["loc"] == ["query", query.partition("=")[0]]
    await get(api.client(None), "/api/jobs?limit=x", 401)


async def test_a_bodyless_get_may_claim_json(api, own_story):
    job = await own_story.request()
    answer = await api.client().get(f"/api/jobs/{job}", headers={"Content-Type": "application/json"})
    assert answer.status_code == 200


async def test_items_and_reports(api, own_story):
    ann = api.client()
    job = await own_story.request(total=700)
    await get(ann, f"/api/jobs/{job}/items", 400)
    await get(ann, f"/api/jobs/{job}/report", 400)
    await own_story.start(job)
    for first in range(0, 700, 50):
        await own_story.append(job, *(ok(index, n=index, text="=1+1") for index in range(first, first + 50)))
    await own_story.end(job, processed=700)
    await until_status(ann, job, "done")

    page = (await get(ann, f"/api/jobs/{job}/items")).json()
    assert (page["count"], len(page["items"])) == (700, 100)
    assert page["items"][0] == {"n": 0, "text": "=1+1"}, "raw, never sanitised"
    page = (await get(ann, f"/api/jobs/{job}/items?offset=450&limit=100")).json()
    assert [row["n"] for row in page["items"]] == list(range(450, 550))
    whole = await get(ann, f"/api/jobs/{job}/items?limit=99999")
    assert [row["n"] for row in whole.json()["items"]] == list(range(700))
    assert whole.headers["content-type"] == "application/json"
    assert (await get(ann, f"/api/jobs/{job}/items?offset=700")).json() == {"count": 700, "items": []}
    await get(ann, f"/api/jobs/{job}/items?offset=-1", 422)
    reports = (await get(ann, f"/api/jobs/{job}/report?offset=699")).json()
    assert reports == {"count": 700, "reports": [{"index": 699}]}


async def test_downloads(api, own_story):
    ann = api.client()
    job = await own_story.request(total=2)
    await get(ann, f"/api/jobs/{job}/download", 400)
    await own_story.start(job)
    await own_story.append(job, ok(1, nom="Été", tech_cms=None), ok(0, nom="=cmd()", tech_cms="wix"))
    await own_story.end(job, processed=2)
    shown = await until_status(ann, job, "done")
    assert (shown["download_available"], shown["output_filename"]) == (True, f"techstack_{job}.csv")

    file = await get(ann, f"/api/jobs/{job}/download")
    assert file.headers["content-type"] == "text/csv; charset=utf-8"
    assert file.headers["content-disposition"] == f'attachment; filename="techstack_{job}.csv"'
    lines = list(csv.reader(io.StringIO(file.content.decode("utf-8-sig")), delimiter=";"))
    assert lines == [["nom", "tech_cms"], ["'=cmd()", "wix"], ["Été", ""]]
    assert (await get(ann, f"/api/jobs/{job}/download?format=csv")).content == file.content
    file = await get(ann, f"/api/jobs/{job}/download?format=json")
    assert file.headers["content-type"] == "application/json; charset=utf-8"
    assert file.headers["content-disposition"] == f'attachment; filename="techstack_{job}.json"'
    assert file.json() == [{"nom": "'=cmd()", "tech_cms": "wix"}, {"nom": "Été", "tech_cms": None}]
    file = await get(ann, f"/api/jobs/{job}/download?format=xlsx")
    assert file.headers["content-type"] == "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    assert [cell.value for cell in load_workbook(io.BytesIO(file.content)).active[2]] == ["'=cmd()", "wix"]
    await get(ann, f"/api/jobs/{job}/download?format=pdf", 400)
    await get(ann, f"/api/jobs/{job}/download?format=CSV", 400)


async def test_partial_and_empty_outputs(api, own_story):
    ann = api.client()
    partial = await own_story.request(total=5)
    await own_story.start(partial)
    await own_story.append(partial, ok(3), bad(1))
    await own_story.cancel(partial, processed=2)
    empty = await own_story.request(total=5)
    await own_story.cancel(empty, processed=0)
    report = await own_story.done(total=1, job_type="delivery_check", reusable_output=False)
    assert (await until_status(ann, partial, "cancelled"))["download_available"]
    assert len((await get(ann, f"/api/jobs/{partial}/download")).text.splitlines()) == 3
    await get(ann, f"/api/jobs/{partial}/items", 400)
    shown = await until_status(ann, empty, "cancelled")
    assert (shown["download_available"], shown["output_filename"]) == (False, None)
    await get(ann, f"/api/jobs/{empty}/download", 410)
    await until_status(ann, report, "done")
    await get(ann, f"/api/jobs/{report}/items", 400)


async def test_expired(api, own_story):
    ann = api.client()
    job = await own_story.done()
    await until_status(ann, job, "done")
    await own_story.expire(job)
    shown = await until_status(ann, job, "expired")
    assert (shown["results_count"], shown["download_available"]) == (3, False)
    for path in ("items", "download", "report"):
        await get(ann, f"/api/jobs/{job}/{path}", 410)


async def test_a_deleted_job_is_gone_at_once(api, own_story):
    ann = api.client()
    job = await own_story.done()
    await until_status(ann, job, "done")
    await own_story.ask_delete(job)
    for path in ("", "/items", "/download", "/report", "/stream"):
        await get(ann, f"/api/jobs/{job}{path}", 404)

    async def unlisted():
        return not (await get(ann, "/api/jobs")).json()

    await until(unlisted)
    await own_story.delete(job)
    await get(ann, f"/api/jobs/{job}", 404)


async def test_without_mongodb(serve, own_story, tmp_path):
    server = MongoServer(tmp_path / "mongo").start()
    try:
        async with serve(mongodb_url=server.url) as api:
            ann = api.client()
            done = await own_story.done()
            await until_status(ann, done, "done")
            running = await own_story.request(total=5)
            await own_story.start(running)
            await own_story.append(running, ok(0), ok(1))
            server.kill()
            began = time.monotonic()
            for path in ("/api/jobs", f"/api/jobs/{done}/items", f"/api/jobs/{done}/download", f"/api/jobs/{done}"):
                answer = await get(ann, path, 503)
                assert answer.headers["retry-after"] == "5"
                assert "Mongo" not in answer.json()["detail"]
            assert time.monotonic() - began < 4 * (3 + SLACK), "three seconds each at most, and not the driver's thirty"
            shown = (await get(ann, f"/api/jobs/{running}")).json()
            assert (shown["status"], shown["processed_points"]) == ("running", 2)
            await get(ann, f"/api/jobs/{job_id()}", 404)
            await get(api.client("bob"), f"/api/jobs/{running}", 403)
            assert (await ann.get("/readyz")).status_code == 503
            assert (await ann.get("/livez")).status_code == 200
            pending = await own_story.request()
            server.start()
            await until_status(ann, pending, "pending")
            await until(lambda: _answers(ann, f"/api/jobs/{done}/items"))
            await until(lambda: _answers(ann, "/readyz"))
    finally:
        server.kill()


async def _answers(client, path):
    return (await client.get(path)).status_code == 200


async def test_a_large_page_of_items_streams(api, own_story):
    ann = api.client()
    job = await own_story.request(total=40)
    await own_story.start(job)
    for index in range(40):
        await own_story.append(job, ok(index, n=index, text="é" * 400_000))
    await own_story.end(job, processed=40)
    await until_status(ann, job, "done")
    body = bytearray()
    async with ann.stream("GET", f"/api/jobs/{job}/items?offset=3&limit=30") as answer:
        async for chunk in answer.aiter_bytes():
            body += chunk
    assert [row["n"] for row in msgspec.json.decode(body)["items"]] == list(range(3, 33))
