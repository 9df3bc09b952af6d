"""POST /api/jobs/{type}: what is accepted, what is refused and how, and Idempotency-Key."""

import asyncio
import json
import socket

import pytest

from contracts.jobs import JobPublic
from tests.e2e.acts import create, events_of, is_problem, is_validation_problem, named

pytestmark = pytest.mark.servers

NO_SITE = "Aucun établissement avec site web"
KIB = 1024


def post(client, module, items, **body):
    return client.post(f"/api/jobs/{module}", json={"items": items} | body)


def test_a_new_job_is_pending_with_every_field_in_order(api):
    job = create(api, "techstack", items=[{"site_web": "https://nowhere.valmont.test"}])
    assert list(job) == list(JobPublic.__struct_fields__)
    assert job["id"].startswith("j_")
    assert job | {"id": "", "created_at": "", "expires_at": ""} == {
        "id": "", "job_type": "techstack", "queries": [], "zones": [], "include_reviews": False, "status": "pending",
        "grid_points_count": 1, "processed_points": 0, "results_count": 0, "error_count": 0, "ef_cost": 0.001,
        "created_at": "", "started_at": None, "completed_at": None, "expires_at": "", "error_message": None,
        "output_filename": None, "download_available": False, "source_job_id": None, "pipeline_id": None,
        "email_mode": None, "breakdown": {"by_query": {}, "by_zone": {}}, "dead_queries": [], "flagged_tiles_count": 0,
        "total_attempts_count": 0, "query_stats": {},
    }  # fmt: skip


def test_it_can_be_read_at_once(api):
    job = create(api, items=named(1))
    assert api.get(f"/api/jobs/{job['id']}").json()["id"] == job["id"]


@pytest.mark.parametrize(
    "site_web",
    ["", "   ", None, 5, True, "ftp://a.fr", "mailto:a@b.fr", "javascript:alert(1)", "https://", "file:///etc"],
)
def test_techstack_without_a_usable_site_is_400_in_french(api, site_web):
    is_problem(post(api, "techstack", [{"nom": "a", "site_web": site_web}]), 400, NO_SITE)


def test_techstack_whose_items_have_no_such_key_too(api):
    is_problem(post(api, "techstack", [{"nom": "a"}, {"ville": "Paris"}]), 400, NO_SITE)


@pytest.mark.parametrize("key", ["site_web", "Website", "url", "site", "URL"])
@pytest.mark.parametrize("value", ["https://a.valmont.test", "http://a.valmont.test/x?y=1", "a.valmont.test"])
def test_usable_sites_under_every_name(api, key, value):
    job = post(api, "techstack", [{key: value}])
    assert job.status_code == 200, job.text
    api.delete(f"/api/jobs/{job.json()['id']}")


def test_unusable_items_are_dropped_before_billing_and_told(stack, api):
    usable = {"nom": "x", "site_web": "https://nowhere.valmont.test/"}
    job = create(api, "techstack", items=[usable, {"nom": "b"}, {"site_web": "ftp://c.fr"}, {"site_web": " "}])
    assert job["grid_points_count"] == 1
    logs = [json.loads(event.data) for event in events_of(api, job["id"]) if event.event == "log"]
    assert [(line["level"], line["message"]) for line in logs] == [("warn", "3 éléments inexploitables ignorés")]
    assert api.get(f"/api/jobs/{job['id']}/items").json()["count"] == 1


def test_the_items_of_other_modules_must_have_the_key_at_all(api):
    is_validation_problem(post(api, "noop", [{"ville": "Paris"}]), "body", "items", "nom")
    is_problem(post(api, "noop", [{"nom": " "}, {"nom": None}]), 400, "Aucun élément exploitable")


@pytest.mark.parametrize(
    "body",
    [
        {}, {"items": []}, {"items": {}}, {"items": "a"}, {"items": [1]}, {"items": [None]}, {"items": [[]]},
        {"items": None}, {"items": [{"nom": "a"}], "source_job_id": 5},
    ],
)  # fmt: skip
def test_bodies_of_the_wrong_shape(api, body):
    is_validation_problem(api.post("/api/jobs/noop", json=body), "body")
    is_validation_problem(api.post("/api/jobs/techstack", json=body), "body", status=400)


def test_the_place_of_an_error_is_named(api):
    is_validation_problem(post(api, "noop", [{"nom": "a"}, 7]), "body", "items", 1)


@pytest.mark.parametrize(("module", "status"), [("noop", 422), ("techstack", 400)])
def test_from_1_to_10_000_items(api, module, status):
    item = {"nom": "a", "site_web": "https://nowhere.valmont.test"}
    is_validation_problem(post(api, module, [item] * 10_001), "body", "items", status=status)
    job = post(api, module, [item] * 10_000).json()
    assert job["grid_points_count"] == 10_000
    assert job["ef_cost"] == 0.1, "a full job always fits under the ceiling"
    api.post(f"/api/jobs/{job['id']}/cancel")


def test_an_item_of_64_kib_and_200_keys_at_most(api):
    def sized(size):
        item = {"nom": "a", "x": ""}
        return item | {"x": "y" * (size - len(json.dumps(item, separators=(",", ":"))))}

    assert post(api, "noop", [sized(64 * KIB)]).status_code == 200
    is_validation_problem(post(api, "noop", [{"nom": "a"}, sized(64 * KIB + 1)]), "body", "items", 1)
    keys = {f"k{number}": number for number in range(200)}
    assert post(api, "noop", [{"nom": "a"} | dict(list(keys.items())[:199])]).status_code == 200
    is_validation_problem(post(api, "noop", [{"nom": "a"} | keys]), "body", "items", 0)
    is_validation_problem(post(api, "techstack", [{"site_web": "a.fr"} | keys]), "body", "items", 0, status=400)


def raw_answer(url, head, chunks):
    """What the server says to a request whose body may be cut off by its answer."""
    host, port = url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=20) as connection:
        connection.sendall(head.encode())
        try:
            for chunk in chunks:
                connection.sendall(chunk)
        except (BrokenPipeError, ConnectionResetError):
            pass
        answer = b""
        while chunk := connection.recv(64 * KIB):
            answer += chunk
            if answer.endswith(b"}"):
                break
        return answer.decode()


@pytest.mark.parametrize("framing", ["Content-Length: 33554433", "Transfer-Encoding: chunked"])
def test_a_body_of_32_mib_at_most(stack, user, framing):
    head = f"POST /api/jobs/noop HTTP/1.1\r\nHost: x\r\nX-API-Key: {user.api_key}\r\n{framing}\r\n\r\n"
    block = b" " * (256 * KIB)
    chunked = (b"%x\r\n%b\r\n" % (len(block), block) for _ in range(129))
    answer = raw_answer(stack.url, head, chunked if "chunked" in framing else [])
    assert answer.startswith("HTTP/1.1 413 "), answer[:200]
    assert answer.endswith('{"detail":"The body is too large"}')


def test_nobody_sends_32_mib_without_a_name(stack):
    head = "POST /api/jobs/noop HTTP/1.1\r\nHost: x\r\nContent-Length: 33554432\r\n\r\n"
    assert raw_answer(stack.url, head, []).startswith("HTTP/1.1 401 ")


def test_options(stack, api):
    plain = stack.finished(api, create(api, "faulty", items=[{"nom": "ann"}])["id"])
    loud = stack.finished(api, create(api, "faulty", items=[{"nom": "ann"}], shout=True)["id"])
    echoes = [api.get(f"/api/jobs/{job['id']}/items").json()["items"][0]["echo"] for job in (plain, loud)]
    assert echoes == ["ann", "ANN"]
    is_validation_problem(post(api, "faulty", named(1), mode="quiet"), "body", "mode")
    is_validation_problem(post(api, "faulty", named(1), shout="yes"), "body", "shout")


def test_a_module_that_is_not_here(api):
    is_problem(api.post("/api/jobs/no-such-module", json={"items": named(1)}), 405)


def test_the_same_key_and_body_is_the_same_job(stack, api, stranger):
    key = {"Idempotency-Key": "import-7"}
    first = api.post("/api/jobs/noop", json={"items": named(2)}, headers=key)
    stack.finished(api, first.json()["id"])
    again = api.post("/api/jobs/noop", json={"items": named(2)}, headers=key)
    assert (again.status_code, again.json()["id"]) == (200, first.json()["id"])
    is_problem(api.post("/api/jobs/noop", json={"items": named(3)}, headers=key), 409)
    is_problem(api.post("/api/jobs/faulty", json={"items": named(2)}, headers=key), 409)
    foreign = stranger.post("/api/jobs/noop", json={"items": named(3)}, headers=key)
    assert foreign.status_code == 200, "a key belongs to its user"
    assert len(api.get("/api/jobs").json()) == 1


async def test_of_many_at_once_with_one_key_one_job_comes(stack, user):
    async with stack.async_client(user) as client:
        body = {"json": {"items": named(2)}, "headers": {"Idempotency-Key": "k"}}
        answers = await asyncio.gather(*(client.post("/api/jobs/noop", **body) for _ in range(20)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["id"] for answer in answers}) == 1


@pytest.mark.parametrize("key", ["", "x" * 256])
def test_keys_that_are_none(api, key):
    answer = api.post("/api/jobs/noop", json={"items": named(1)}, headers={"Idempotency-Key": key})
    is_validation_problem(answer, "header", "Idempotency-Key")


def test_a_refused_job_uses_no_key_up(api):
    key = {"Idempotency-Key": "again"}
    is_problem(api.post("/api/jobs/techstack", json={"items": [{"nom": "a"}]}, headers=key), 400, NO_SITE)
    assert api.post("/api/jobs/noop", json={"items": named(1)}, headers=key).status_code == 200
