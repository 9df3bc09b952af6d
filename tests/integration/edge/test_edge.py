"""One app for the whole API: each request reaches the service that answers it."""

import asyncio
import time

import msgspec
import pytest
from httpx_sse import aconnect_sse
from ulid import ULID

from services.edge.app import create_app
from services.edge.openapi import render
from tests.integration.projector.story import Story, ok, until
from tests.timing import SLACK

pytestmark = pytest.mark.servers


async def log_in(http):
    who = {"email": f"{ULID()}@example.com".lower(), "password": "correct horse battery"}
    assert (await http.post("/api/auth/register", json=who)).status_code == 201
    login = await http.post("/api/auth/login", json=who)
    assert login.status_code == 200
    return (await http.get("/api/auth/me")).json()["id"]


async def create(http, count=2):
    items = [{"nom": f"N{index}", "site_web": f"https://s{index}.example"} for index in range(count)]
    answer = await http.post("/api/jobs/techstack", json={"items": items})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_a_job_from_creation_to_deletion(http, log):
    tenant = await log_in(http)
    created = await create(http)
    job = created["id"]
    assert (await http.get(f"/api/jobs/{job}")).json() == created, "gateway and projector show the same job"

    async def listed():
        return [each["id"] for each in (await http.get("/api/jobs")).json()] == [job]

    await until(listed)
    story = Story(log, tenant)
    await story.start(job)
    await story.append(job, ok(0), ok(1))
    await story.end(job, processed=2)
    async with aconnect_sse(http, "GET", f"/api/jobs/{job}/stream") as source:
        kinds = [event.event async for event in source.aiter_sse()]
    assert kinds[-1] == "done" and kinds.count("progress") == 2
    assert (await http.get(f"/api/jobs/{job}/items")).json()["count"] == 2
    assert (await http.get(f"/api/jobs/{job}/download")).status_code == 200

    deletion = asyncio.create_task(http.delete(f"/api/jobs/{job}"))
    assert (await deletion).status_code == 204
    assert (await http.get(f"/api/jobs/{job}")).status_code == 404


async def test_a_logout_counts_for_reads_at_once(http):
    await log_in(http)
    job = (await create(http))["id"]
    cookies = dict(http.cookies)
    assert (await http.get(f"/api/jobs/{job}")).status_code == 200
    assert (await http.post("/api/auth/logout")).status_code == 204
    http.cookies.update(cookies)
    assert (await http.get(f"/api/jobs/{job}")).status_code == 401
    assert (await http.get("/api/jobs")).status_code == 401


async def test_what_anyone_may_read(http):
    assert "techstack" in [entry["slug"] for entry in (await http.get("/api/modules-registry")).json()]
    document = await http.get("/schema/openapi.json")
    assert msgspec.json.decode(document.content) == msgspec.json.decode(render())
    page = await http.get("/schema")
    assert page.status_code == 200 and "text/html" in page.headers["content-type"]
    assert "://" not in page.text.replace(str(http.base_url), ""), "nothing is loaded from elsewhere"
    assert (await http.get("/api/jobs")).status_code == 401
    assert (await http.get("/nowhere")).status_code == 404


async def test_health(http):
    assert (await http.get("/livez")).status_code == 200
    ready = await http.get("/readyz")
    assert ready.status_code == 200
    assert {"gateway.log", "projector.nats", "projector.mongodb"} <= set(ready.json()["checks"])
    await http.get("/api/jobs")
    assert 'route="/api/jobs"' in (await http.get("/metrics")).text


async def test_a_refused_start_says_so(settings):
    app = create_app(msgspec.structs.replace(settings, mongodb_url="mongodb://[nonsense"))
    sent, began = [], time.monotonic()

    async def receive():
        return {"type": "lifespan.startup"}

    async def send(message):
        sent.append(message["type"])

    await app({"type": "lifespan"}, receive, send)
    assert sent == ["lifespan.startup.failed"]
    assert time.monotonic() - began < 2 * SLACK, "it does not try for ever"
