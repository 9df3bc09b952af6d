"""Section 1 of the API: names, times, errors and what bodies may carry."""

import httpx
import pytest

from tests.e2e.acts import NOBODYS_JOB, TIME, create, is_problem, is_validation_problem, named

pytestmark = pytest.mark.servers

SECURITY_HEADERS = {"x-content-type-options": "nosniff", "x-frame-options": "DENY", "referrer-policy": "no-referrer"}


def test_names_are_snake_case_and_times_are_utc_in_whole_seconds(finished):
    job = finished(named(1))
    assert all(name == name.lower() and "-" not in name for name in job)
    for name in ("created_at", "started_at", "completed_at", "expires_at"):
        assert TIME.fullmatch(job[name]), job[name]


def test_answers_are_utf8(finished, api):
    job = finished([{"nom": "Crêperie du Pont – œuf"}])
    answer = api.get(f"/api/jobs/{job['id']}/items")
    assert answer.content.decode("utf-8").count("Crêperie du Pont – œuf") == 2


def test_every_answer_carries_the_security_headers(anyone, api):
    answers = (anyone.get("/api/auth/me"), api.get("/api/jobs"), anyone.get("/api/nowhere"), anyone.get("/schema"))
    for answer in answers:
        assert {name: answer.headers[name] for name in SECURITY_HEADERS} == SECURITY_HEADERS
        assert "server" not in answer.headers


@pytest.mark.parametrize("path", ["/api/jobs", "/api/jobs/{job}", "/api/jobs/{job}/items", "/api/auth/me"])
def test_a_content_type_on_a_get_without_body_does_no_harm(api, finished, path):
    job = finished(named(1))
    answer = api.get(path.format(job=job["id"]), headers={"Content-Type": "application/json"})
    assert answer.status_code == 200


def test_nor_on_a_delete_or_a_post_without_body(api, finished):
    job = finished(named(1))
    content = {"Content-Type": "application/json"}
    is_problem(api.post(f"/api/jobs/{job['id']}/cancel", headers=content), 400)
    assert api.delete(f"/api/jobs/{job['id']}", headers=content).status_code == 204


def test_unknown_paths_and_methods(api, anyone):
    is_problem(api.get("/api/nowhere"), 404)
    is_problem(api.get("/api/jobs/x/nowhere"), 404)
    is_problem(api.put("/api/jobs/techstack", json={}), 405)
    is_problem(anyone.get("/api/estimate"), 405)


@pytest.mark.parametrize(
    ("body", "loc"),
    [
        ({"queries": ["dentiste"], "zones": ["Paris"], "type": "techstack"}, ("body", "type")),
        ({"queries": [" "], "zones": ["Paris"]}, ("body", "queries")),
        ({"type": "techstack", "items": [{"site_web": "a.fr"}]}, ("body",)),
        ({}, ("body",)),
    ],
)
def test_only_searches_are_created_without_naming_a_module(api, body, loc):
    is_validation_problem(api.post("/api/jobs", json=body), *loc)


def test_no_credentials(anyone):
    is_problem(anyone.get("/api/jobs"), 401)
    is_problem(anyone.get(f"/api/jobs/{NOBODYS_JOB}"), 401)


def test_unknown_fields_are_ignored(stack, api, anyone):
    job = create(api, items=named(1), colour="red", priority={"high": True}, type="other")
    assert stack.finished(api, job["id"])["status"] == "done"
    answer = anyone.post("/api/auth/resend-verification", json={"email": "nobody@example.com", "why": "lost"})
    assert answer.status_code == 200


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'"text"', b"\xff\xfe", b'{"items": [{"nom": "\xff"}]}'])
def test_a_body_that_is_no_json_object(api, body):
    answer = api.post("/api/jobs/noop", content=body, headers={"Content-Type": "application/json"})
    is_validation_problem(answer, "body")


def test_a_key_needs_no_content_type_and_a_cookie_does(stack, user, api):
    body = b'{"items": [{"nom": "a"}]}'
    assert api.post("/api/jobs/noop", content=body).status_code == 200
    with stack.client() as browser:
        browser.post("/api/auth/login", json={"email": user.email, "password": user.password})
        assert browser.post("/api/jobs/noop", content=body).status_code == 415
        is_problem(browser.post("/api/jobs/noop", content=body, headers={"Content-Type": "text/plain"}), 415)
        assert browser.post("/api/jobs/noop", json={"items": [{"nom": "a"}]}).status_code == 200


def test_checks_come_in_their_order(stack, api, anyone, stranger, finished):
    job = finished(named(1))["id"]
    nonsense = f"/api/jobs/{job}/items?limit=x&offset=-1"
    is_problem(anyone.get(f"/api/jobs/{NOBODYS_JOB}/items?limit=x"), 401)
    is_problem(api.get(f"/api/jobs/{NOBODYS_JOB}/items?limit=x"), 404)
    is_problem(stranger.get(nonsense), 403)
    is_validation_problem(api.get(nonsense), "query", "limit")
    is_problem(stranger.get(f"/api/jobs/{job}/download?format=pdf"), 403)
    is_problem(api.get(f"/api/jobs/{job}/download?format=pdf"), 400)
    is_problem(stranger.post(f"/api/jobs/{job}/cancel"), 403)
    is_problem(anyone.post("/api/jobs/noop", content=b"{"), 401)


@pytest.mark.parametrize("job_id", ["j_1", "x", "j_", "j_" + "0" * 26, "%2e%2e", "j_*", "j_>", "a" * 300, "j_%00", "é"])
@pytest.mark.parametrize("rest", ["", "/items", "/download", "/report", "/stream"])
def test_text_that_is_no_job_id_is_an_unknown_job(api, job_id, rest):
    is_problem(api.get(f"/api/jobs/{job_id}{rest}"), 404)


@pytest.mark.parametrize("job_id", ["j_1", "j_*", "j_>", "a" * 300, "é"])
def test_for_commands_too(api, job_id):
    is_problem(api.post(f"/api/jobs/{job_id}/cancel"), 404)
    is_problem(api.post(f"/api/jobs/{job_id}/resume"), 404)
    is_problem(api.delete(f"/api/jobs/{job_id}"), 404)


def test_a_client_that_leaves_in_the_middle_of_its_body_harms_nobody(stack, api):
    def half():
        yield b'{"items": ['
        raise RuntimeError("gone")

    with pytest.raises(RuntimeError, match="gone"), httpx.Client(base_url=stack.url, headers=api.headers) as client:
        client.post("/api/jobs/noop", content=half())
    assert api.get("/api/auth/me").status_code == 200
