"""POST /api/jobs/{type}: what is accepted, what it costs, what is refused and how; the log is looked at each time."""

import asyncio
import json
import re

import pytest

from contracts.events import ItemsSubmitted, JobCancelled, JobExpired, JobLogged, JobRequested
from shared.messaging.log import LogFull
from tests.integration.gateway.stack import running

SITE = {"nom": "Cabinet Dupont", "site_web": "https://dupont.example", "ville": "Paris"}
FIELDS = [
    "id", "job_type", "queries", "zones", "include_reviews", "status", "grid_points_count", "processed_points",
    "results_count", "error_count", "ef_cost", "created_at", "started_at", "completed_at", "expires_at",
    "error_message", "output_filename", "download_available", "source_job_id", "pipeline_id", "email_mode",
    "breakdown", "dead_queries", "flagged_tiles_count", "total_attempts_count", "query_stats",
]  # fmt: skip
JOB_ID = re.compile(r"j_[0-9A-HJKMNP-TV-Z]{26}")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


async def post(client, path="techstack", **body):
    return await client.post(f"/api/jobs/{path}", json=body)


def said(answer):
    return answer.status_code, answer.json()["detail"]


def first_error(answer):
    detail = answer.json()["detail"]
    assert detail["message"] == "Validation error"
    return detail["errors"][0]


async def test_the_answer_is_the_pending_job(gateway):
    client = await gateway.user()
    answer = await post(client, items=[SITE] * 120, source_job_id=None)
    job = answer.json()
    assert answer.status_code == 200
    assert list(job) == FIELDS
    assert JOB_ID.fullmatch(job["id"])
    assert TIME.fullmatch(job["created_at"])
    assert TIME.fullmatch(job["expires_at"])
    assert job | {"id": "", "created_at": "", "expires_at": ""} == {
        "id": "", "job_type": "techstack", "queries": [], "zones": [], "include_reviews": False, "status": "pending",
        "grid_points_count": 120, "processed_points": 0, "results_count": 0, "error_count": 0, "ef_cost": 0.001,
        "created_at": "", "started_at": None, "completed_at": None, "expires_at": "", "error_message": None,
        "output_filename": None, "download_available": False, "source_job_id": None, "pipeline_id": None,
        "email_mode": None, "breakdown": {"by_query": {}, "by_zone": {}}, "dead_queries": [],
        "flagged_tiles_count": 0, "total_attempts_count": 0, "query_stats": {},
    }  # fmt: skip


async def test_an_unverified_user_may_create_typed_jobs(gateway):
    client = await gateway.user(verified=False)
    assert (await post(client, items=[SITE])).status_code == 200


async def test_the_log_has_items_note_and_request(gateway):
    client = await gateway.user()
    items = [
        SITE,
        {"site_web": "ftp://no.example"},
        {"nom": "x"},
        {"website": "bare.example", "n": 1.50},
        {"site_web": 5},
    ]
    job = (await post(client, items=items)).json()
    chunk, note, request = await gateway.events(client, job)
    assert chunk == ItemsSubmitted(first=0, items=[items[0], items[3]])
    assert note == JobLogged(level="warn", message="3 éléments inexploitables ignorés")
    assert isinstance(request, JobRequested)
    assert (request.total, request.dropped, request.owner, request.unit) == (2, 3, client.user, "sites")
    assert request.produces == ["tech_cms", "tech_analytics", "tech_ads_pixels"]
    assert job["grid_points_count"] == 2


async def test_many_items_come_in_bounded_messages_in_order(gateway):
    client = await gateway.user()
    items = [{"site_web": f"https://{number}.example", "notes": "é" * 400} for number in range(2_500)]
    job = (await post(client, items=items)).json()
    *chunks, request = await gateway.events(client, job)
    assert len(chunks) > 3
    assert [chunk.first for chunk in chunks] == [
        sum(len(each.items) for each in chunks[:n]) for n in range(len(chunks))
    ]
    assert [item for chunk in chunks for item in chunk.items] == items
    assert request.total == 2_500
    sizes = [len(message.payload) async for message in gateway.log.read(f"jobs.{client.user}.{job['id']}.items")]
    assert max(sizes) <= 256 * 1024 + 1024


@pytest.mark.parametrize(
    "items",
    [
        [{"nom": "no site"}],
        [{"site_web": value} for value in ("", "   ", None, "mailto:a@b.example", "javascript:alert(1)", "localhost")],
        [{"site_web": "ftp://a.example"}, {"url": "file:///etc/passwd"}],
    ],
)
async def test_techstack_without_a_usable_site_is_400(gateway, items):
    client = await gateway.user()
    assert said(await post(client, items=items)) == (400, "Aucun établissement avec site web")
    assert await gateway.messages(client) == 0


SHAPES = [
    {},
    {"items": None},
    {"items": []},
    {"items": {}},
    {"items": "x"},
    {"items": [1]},
    {"items": [SITE, "x"]},
    {"items": [SITE], "source_job_id": 5},
    {"items": [SITE] * 10_001},
    {"items": [SITE | {"big": "x" * 65_536}]},
    {"items": [SITE | {f"k{n}": 1 for n in range(200)}]},
    {"items": [SITE | {"deep": json.loads("[" * 40 + "]" * 40)}]},
]


@pytest.mark.parametrize("body", SHAPES, ids=[str(number) for number in range(len(SHAPES))])
async def test_a_wrong_shape_is_400_for_techstack_and_422_elsewhere(gateway, body):
    client = await gateway.user()
    for path, status in (("techstack", 400), ("emails", 422)):
        answer = await post(client, path, **body)
        assert answer.status_code == status, answer.text
        error = first_error(answer)
        assert error["loc"][0] == "body"
        assert set(error) == {"loc", "msg", "type"}
    assert await gateway.messages(client) == 0


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"null",
        b'{"items": [{"site_web": "a.example"}',
        b'{"items": [{"site_web": "\xff"}]}',
        b'{"items": [{"site_web": NaN}]}',
        b'{"items": ' + b"[" * 100_000,
        b'{"items": [{"site_web": "a.example", "x": ' + b"[" * 5_000 + b"]" * 5_000 + b"}]}",
    ],
    ids=["empty", "list", "null", "cut", "latin", "nan", "bomb", "deep"],
)
async def test_a_body_that_is_no_such_json_is_refused(gateway, content):
    client = await gateway.user()
    headers = {"Content-Type": "application/json"}
    for path, status in (("techstack", 400), ("emails", 422)):
        answer = await client.post(f"/api/jobs/{path}", content=content, headers=headers)
        assert answer.status_code == status, answer.text
        first_error(answer)


async def test_an_error_says_where(gateway):
    client = await gateway.user()
    error = first_error(await post(client, "emails", items=[SITE, 5]))
    assert error["loc"] == ["body", "items", 1]


async def test_the_limits_themselves_are_accepted(gateway):
    client = await gateway.user()
    widest = SITE | {f"k{n}": 1 for n in range(197)}
    longest = SITE | {"big": "x" * (65_536 - len(json.dumps(SITE | {"big": ""}, separators=(",", ":"))))}
    body = json.dumps({"items": [widest, longest]}, separators=(",", ":"))
    answer = await client.post("/api/jobs/techstack", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 200, answer.text


async def test_missing_keys_are_422_and_unusable_values_400(gateway):
    client = await gateway.user()
    answer = await post(client, "verify-emails", items=[{"nom": "x"}])
    assert answer.status_code == 422
    assert first_error(answer) == {
        "loc": ["body", "items", "email"], "msg": "No item has the key 'email'.", "type": "missing",
    }  # fmt: skip
    unusable = await post(client, "verify-emails", items=[{"e-mail": ""}, {"mail": "no at sign"}])
    assert said(unusable) == (400, "Aucun élément exploitable")
    job = (await post(client, "verify-emails", items=[{"E-Mail": "a@b.example"}, {"email": None}])).json()
    assert (job["job_type"], job["grid_points_count"]) == ("verify_emails", 1)


async def test_a_module_may_keep_unusable_items(gateway):
    client = await gateway.user()
    job = (await post(client, "page-weight", items=[SITE, {"site_web": ""}, {"nom": "x"}])).json()
    assert job["grid_points_count"] == 3


async def test_unknown_fields_are_ignored(gateway):
    client = await gateway.user()
    assert (await post(client, items=[SITE], type="scrap", queries=5)).status_code == 200


async def test_options_are_checked_and_priced(gateway):
    client = await gateway.user()
    items = [SITE] * 1_000
    normal = (await post(client, "emails", items=items)).json()
    first = await _first_look(gateway, client, len(items))
    deep = (await post(client, "emails", items=items, mode="deep", source_job_id=first["id"])).json()
    assert (normal["email_mode"], normal["ef_cost"]) == ("normal", 0.01)
    assert (deep["email_mode"], deep["ef_cost"]) == ("deep", 0.03)
    mobile = (await post(client, "page-weight", items=items, mobile=True)).json()
    assert (mobile["email_mode"], mobile["ef_cost"]) == (None, 0.05)
    *_, request = await gateway.events(client, mobile)
    assert request.params == {"mobile": True}
    assert first_error(await post(client, "emails", items=items, mode="wild"))["loc"] == ["body", "mode"]
    assert first_error(await post(client, "page-weight", items=items, mobile="yes"))["loc"] == ["body", "mobile"]


async def test_over_the_ceiling_is_400(nats_server):
    async with running(nats_server, max_ef_per_job=0.01) as gateway:
        client = await gateway.user()
        assert (await post(client, items=[SITE] * 1_000)).status_code == 200
        refused = await post(client, items=[SITE] * 1_100)
        assert said(refused) == (400, "Quota dépassé")
        dropped_first = await post(client, items=[SITE] * 1_000 + [{"site_web": ""}] * 100)
        assert dropped_first.status_code == 200


async def test_sixty_a_minute(nats_server):
    async with running(nats_server, job_creations_per_minute=3) as gateway:
        one, other = await gateway.user(), await gateway.user()
        answers = [await post(one, items=[SITE]) for _ in range(4)]
        assert [each.status_code for each in answers] == [200, 200, 200, 429]
        assert 1 <= int(answers[-1].headers["retry-after"]) <= 60
        assert (await post(other, items=[SITE])).status_code == 200


async def test_an_unknown_type_is_no_route(gateway):
    client = await gateway.user()
    assert (await post(client, "nonsense", items=[SITE])).status_code == 405
    assert (await post(client, "scrap", items=[SITE])).status_code == 405
    assert (await client.post("/api/jobs/nonsense/at/all", json={})).status_code == 404


# A body's size


async def test_a_body_over_the_limit_is_413(nats_server):
    async with running(nats_server, max_body_bytes=100_000) as gateway:
        client = await gateway.user()
        body = json.dumps({"items": [SITE] * 2_000}).encode()
        headers = {"Content-Type": "application/json"}

        async def in_chunks():
            for start in range(0, len(body), 10_000):
                yield body[start : start + 10_000]

        announced = await client.post("/api/jobs/techstack", content=body, headers=headers)
        chunked = await client.post("/api/jobs/techstack", content=in_chunks(), headers=headers)
        assert said(announced) == said(chunked) == (413, "The body is too large")
        login = await client.post("/api/auth/login", content=body, headers=headers)
        assert login.status_code == 413
        assert await gateway.messages(client) == 0


async def test_a_strangers_body_is_not_read(gateway):
    reader, writer = await asyncio.open_connection(*gateway.url.removeprefix("http://").split(":"))
    writer.write(b"POST /api/jobs/techstack HTTP/1.1\r\nHost: x\r\nContent-Length: 30000000\r\n\r\n")
    await writer.drain()
    assert b" 401 " in await asyncio.wait_for(reader.readline(), 20)
    writer.close()


# A source job


async def test_the_rows_of_a_source_are_the_items_in_order(gateway):
    client = await gateway.user()
    source = await gateway.job(client, count=3)
    rows = [[{"site_web": "https://a.example", "n": 0}], [], [{"site_web": "b.example"}, {"site_web": ""}]]
    await gateway.finish(client, source, rows)
    answer = await post(client, source_job_id=source["id"])
    job = answer.json()
    assert answer.status_code == 200, answer.text
    assert (job["source_job_id"], job["grid_points_count"]) == (source["id"], 2)
    chunk, note, _ = await gateway.events(client, job)
    assert chunk.items == [rows[0][0], rows[2][0]]
    assert note.message == "1 élément inexploitable ignoré"


async def test_with_both_the_items_count(gateway):
    client = await gateway.user()
    source = await gateway.job(client)  # not done, which does not matter here
    job = (await post(client, items=[SITE], source_job_id=source["id"])).json()
    assert (job["source_job_id"], job["grid_points_count"]) == (source["id"], 1)


@pytest.mark.parametrize("body", [{}, {"items": [SITE]}], ids=["rows", "items"])
async def test_the_source_must_exist_and_be_the_callers(gateway, body):
    client, other = await gateway.user(), await gateway.user()
    foreign = await gateway.job(other)
    deleted = await gateway.job(client)
    await gateway.delete_for_good(client, deleted)
    for unknown in ("j_01HXYZ", "8b3e", "", "*", "j_" + "0" * 26, deleted["id"]):
        assert said(await post(client, source_job_id=unknown, **body)) == (404, "Source job not found")
    assert (await post(client, source_job_id=foreign["id"], **body)).status_code == 403


async def test_a_source_must_be_done_and_have_rows(gateway):
    client = await gateway.user()
    pending, empty, cancelled, expired = [await gateway.job(client) for _ in range(4)]
    await gateway.finish(client, empty, [[], []])
    await gateway.finish(client, cancelled, [[SITE]], JobCancelled)
    await gateway.finish(client, expired, [[SITE]])
    await gateway.log.append(client.user, expired["id"], JobExpired())
    assert said(await post(client, source_job_id=pending["id"])) == (400, "The source job is not done.")
    assert said(await post(client, source_job_id=cancelled["id"])) == (400, "The source job is not done.")
    assert said(await post(client, source_job_id=empty["id"])) == (400, "The source job has no reusable output.")
    assert said(await post(client, source_job_id=expired["id"])) == (410, "The rows of the source job have expired.")


async def test_a_source_may_not_have_more_rows_than_a_job_takes(nats_server):
    async with running(nats_server, max_items=3) as gateway:
        client = await gateway.user()
        source = await gateway.job(client, count=2)
        await gateway.finish(client, source, [[SITE] * 2, [SITE] * 2])
        answer = await post(client, source_job_id=source["id"])
        assert answer.status_code == 422
        assert first_error(answer)["loc"] == ["body", "source_job_id"]


# The log


async def test_a_log_nearly_full_accepts_nothing(fresh_nats):
    async with running(fresh_nats, log_max_bytes=1 << 20) as gateway:
        client = await gateway.user()
        filler = JobLogged(level="info", message="x" * 20_000)
        with pytest.raises(LogFull):
            while True:
                await gateway.log.append("u_filler", "j_filler", filler)
        answer = await post(client, items=[SITE])
        assert answer.status_code == 503
        assert "full" in answer.json()["detail"]
        assert int(answer.headers["retry-after"]) > 0
        assert await gateway.messages(client) == 0


async def test_without_the_log_nothing_is_promised(fresh_nats):
    async with running(fresh_nats) as gateway:
        client = await gateway.user()
        assert (await post(client, items=[SITE])).status_code == 200
        fresh_nats.stop()
        answer = await post(client, items=[SITE])
        assert answer.status_code == 503
        assert int(answer.headers["retry-after"]) > 0
        ready = await client.get("/readyz")
        assert (ready.status_code, ready.json()["ready"]) == (503, False)
        assert (await client.get("/livez")).status_code == 200


async def test_more_batches_at_once_than_the_server_takes(gateway):
    client = await gateway.user()
    items = [{"site_web": f"https://{n}.example", "notes": "x" * 2_000} for n in range(300)]
    answers = await asyncio.gather(*(post(client, items=items) for _ in range(40)))
    assert {each.status_code for each in answers} == {200}
    assert len({each.json()["id"] for each in answers}) == 40


# A second look


async def _first_look(gateway, client, count, rows=None):
    """A done emails job of the client's, mode normal."""
    items = [{"site_web": f"{number}.example"} for number in range(count)]
    job = (await post(client, "emails", items=items)).json()
    await gateway.finish(client, job, [[row] for row in rows or [item | {"email": None} for item in items]])
    return job


async def test_a_second_look_takes_and_bills_what_the_first_left_empty(gateway):
    client = await gateway.user()
    rows = [{"site_web": f"{number}.example", "email": None if number % 3 else "a@b.fr"} for number in range(30)]
    first = await _first_look(gateway, client, 30, rows)
    job = (await post(client, "emails", mode="deep", source_job_id=first["id"])).json()
    assert (job["grid_points_count"], job["email_mode"], job["source_job_id"]) == (20, "deep", first["id"])
    assert job["ef_cost"] == 0.001
    chunk, request = await gateway.events(client, job)
    assert chunk.items == [row for row in rows if row["email"] is None]
    assert (request.dropped, request.ef_cost) == (0, 0.001)


async def test_a_second_look_needs_a_done_first_one(gateway):
    client, other = await gateway.user(), await gateway.user()
    techstack = await gateway.job(client, count=1)
    await gateway.finish(client, techstack, [[SITE]])
    running = (await post(client, "emails", items=[SITE])).json()
    first = await _first_look(gateway, client, 2)
    second = (await post(client, "emails", mode="deep", source_job_id=first["id"])).json()
    await gateway.finish(client, second, [[SITE | {"email": None}]])
    for source in (techstack, running, second):
        refused = await post(client, "emails", mode="deep", source_job_id=source["id"])
        assert refused.status_code == 400 and "emails" in said(refused)[1]
    for body in ({}, {"items": [SITE]}):
        assert (await post(client, "emails", mode="deep", **body)).status_code == 400
    assert (await post(other, "emails", mode="deep", source_job_id=first["id"])).status_code == 403
    assert (await post(client, "emails", mode="deep", source_job_id="j_none")).status_code == 404


async def test_a_second_look_at_a_list_without_gaps_is_refused(gateway):
    client = await gateway.user()
    first = await _first_look(gateway, client, 1, [SITE | {"email": "a@b.fr"}])
    refused = await post(client, "emails", mode="deep", source_job_id=first["id"])
    assert refused.status_code == 400
