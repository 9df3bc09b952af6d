"""Section 5 of the API with the limits the product is shipped with, and what retention leaves of a job."""

import json
import uuid

import pytest

from shared.settings import Settings
from tests.e2e.acts import PASSWORD, create, events_of, is_problem, named, status_becomes

pytestmark = pytest.mark.servers


@pytest.fixture
def client(strict):
    with strict.client(strict.new_user()) as client:
        yield client


@pytest.fixture
def nobody(strict):
    with strict.client() as client:
        yield client


def address():
    return f"{uuid.uuid4().hex}@example.com"


def test_the_shipped_settings_are_the_documented_limits(strict):
    shipped = Settings()
    assert (shipped.max_items, shipped.max_body_bytes, shipped.max_ef_per_job) == (10_000, 32 * 1024**2, 1.0)
    assert (shipped.running_jobs_per_user, shipped.job_creations_per_minute) == (5, 60)
    assert (shipped.login_attempts, shipped.login_window, shipped.registrations_per_hour) == (5, 900, 3)
    assert (shipped.retention_days, shipped.session_days) == (30, 7)
    assert strict.settings.login_attempts == 5 and strict.settings.registrations_per_hour == 3


def test_five_logins_in_fifteen_minutes(nobody):
    wrong = {"email": address(), "password": "not this one"}
    for _ in range(5):
        is_problem(nobody.post("/api/auth/login", json=wrong), 401)
    refused = nobody.post("/api/auth/login", json=wrong)
    is_problem(refused, 429)
    assert 890 <= int(refused.headers["retry-after"]) <= 900
    is_problem(nobody.post("/api/auth/login", json=wrong | {"email": wrong["email"].upper()}), 429)
    forged = {"X-Forwarded-For": "198.51.100.7"}
    is_problem(nobody.post("/api/auth/login", json=wrong, headers=forged), 429)
    is_problem(nobody.post("/api/auth/login", json=wrong | {"email": address()}), 401)


def test_three_registrations_an_hour(nobody):
    for _ in range(3):
        assert nobody.post("/api/auth/register", json={"email": address(), "password": PASSWORD}).status_code == 201
    refused = nobody.post("/api/auth/register", json={"email": address(), "password": PASSWORD})
    is_problem(refused, 429)
    assert 3500 <= int(refused.headers["retry-after"]) <= 3600


@pytest.mark.parametrize("route", ["request-password-reset", "resend-verification"])
def test_three_mails_an_hour(nobody, route):
    who = {"email": address()}
    for _ in range(3):
        assert nobody.post(f"/api/auth/{route}", json=who).status_code == 200
    is_problem(nobody.post(f"/api/auth/{route}", json=who), 429)
    assert nobody.post(f"/api/auth/{route}", json={"email": address()}).status_code == 200


def test_sixty_new_jobs_a_minute(client, strict):
    for _ in range(60):
        create(client, items=named(1))
    refused = client.post("/api/jobs/techstack", json={"items": named(1)})
    is_problem(refused, 429)
    assert 1 <= int(refused.headers["retry-after"]) <= 60
    with strict.client(strict.new_user()) as other:
        create(other, items=named(1))


def test_a_job_above_the_ceiling_costs_too_much(client, strict):
    assert strict.settings.max_ef_per_job == 0.05
    is_problem(client.post("/api/jobs/noop", json={"items": named(5_060)}), 400, "Quota dépassé")
    assert create(client, items=named(5_000))["ef_cost"] == 0.05


def test_an_expired_job_keeps_its_counters_and_loses_its_rows(client):
    created = create(client, items=named(3))
    assert created["expires_at"] == created["created_at"]
    job = status_becomes(client, created["id"], "expired")
    assert (job["processed_points"], job["results_count"], job["ef_cost"]) == (3, 3, 0.001)
    assert job["completed_at"] is not None
    assert (job["download_available"], job["output_filename"]) == (False, None)
    for path in ("items", "download", "download?format=xlsx", "report"):
        is_problem(client.get(f"/api/jobs/{job['id']}/{path}"), 410)
    assert [each["status"] for each in client.get("/api/jobs").json()] == ["expired"]
    assert client.get("/api/auth/me").json()["ef_used"] == 0.001
    is_problem(client.post(f"/api/jobs/{job['id']}/cancel"), 400)
    is_problem(client.post(f"/api/jobs/{job['id']}/resume"), 400)


def test_the_stream_of_an_expired_job_says_so_and_ends(client):
    job = create(client, items=named(2))["id"]
    status_becomes(client, job, "expired")
    first, *_, status, done = events_of(client, job)
    assert (first.event, first.id, status.event, done.event) == ("status", "", "status", "done")
    assert json.loads(first.data)["status"] == "expired"
    assert json.loads(done.data)["status"] == "done", "an event of the past says what was true then"
    assert not json.loads(status.data)["download_available"]


def test_an_expired_job_can_be_deleted(client):
    job = create(client, items=named(1))["id"]
    status_becomes(client, job, "expired")
    assert client.delete(f"/api/jobs/{job}").status_code == 204
    is_problem(client.get(f"/api/jobs/{job}"), 404)
