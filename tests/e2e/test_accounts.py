"""Registration, verification, passwords, sessions and API keys, from mail to cookie."""

import itertools
import time

import pytest

from tests.e2e.acts import PASSWORD, TIME, create, is_problem, is_validation_problem, mailed_link, named

pytestmark = pytest.mark.servers

_numbers = itertools.count(1)


@pytest.fixture
def who():
    return {"email": f"person{next(_numbers)}@example.com", "password": PASSWORD}


@pytest.fixture
def browser(stack):
    """A client that keeps cookies and has no key."""
    with stack.client() as client:
        yield client


def logged_in(browser, who):
    assert browser.post("/api/auth/register", json=who).status_code == 201
    answer = browser.post("/api/auth/login", json=who)
    assert answer.status_code == 200
    return answer


def test_register_verify_and_log_in(stack, browser, who):
    registered = browser.post("/api/auth/register", json=who)
    assert (registered.status_code, registered.json()) == (201, {"ok": True})
    me = browser.post("/api/auth/login", json=who).json()
    assert list(me) == ["id", "email", "email_verified", "active", "ef_used"]
    assert me | {"id": ""} == {
        "id": "", "email": who["email"], "email_verified": False, "active": True, "ef_used": 0,
    }  # fmt: skip
    token = mailed_link(stack, who["email"], "verify-email")
    verified = browser.post("/api/auth/verify-email", json={"token": token})
    assert (verified.status_code, verified.json()) == (200, {"ok": True})
    assert browser.get("/api/auth/me").json() == me | {"email_verified": True}
    is_problem(browser.post("/api/auth/verify-email", json={"token": token}), 400)


def test_a_taken_address_gets_the_same_answer_and_another_mail(stack, browser, who):
    first = browser.post("/api/auth/register", json=who)
    again = browser.post("/api/auth/register", json=who | {"email": who["email"].upper(), "password": "x" * 20})
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert browser.post("/api/auth/login", json=who).status_code == 200
    is_problem(browser.post("/api/auth/login", json=who | {"password": "x" * 20}), 401)


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({}, ("body",)),
        ({"email": "a@example.com"}, ("body",)),
        ({"email": "a@example.com", "password": 5}, ("body", "password")),
        ({"email": "a@example.com", "password": "short"}, ("body", "password")),
        ({"email": "a@example.com", "password": " " * 20}, ("body", "password")),
        ({"email": "no address", "password": PASSWORD}, ("body", "email")),
        ({"email": "a@localhost", "password": PASSWORD}, ("body", "email")),
        ({"email": "a@b.fr\r\nBcc: c@d.fr", "password": PASSWORD}, ("body", "email")),
    ],
)
def test_registrations_that_are_refused(browser, body, place):
    is_validation_problem(browser.post("/api/auth/register", json=body), *place)


@pytest.mark.parametrize("route", ["verify-email", "reset-password"])
def test_tokens_that_are_none(browser, route):
    body = {"token": "x" * 43, "password": PASSWORD}
    is_problem(browser.post(f"/api/auth/{route}", json=body), 400)
    is_validation_problem(browser.post(f"/api/auth/{route}", json={"password": PASSWORD}), "body")


def test_a_second_verification_mail(stack, browser, who):
    browser.post("/api/auth/register", json=who)
    mailed_link(stack, who["email"], "verify-email")
    resent = browser.post("/api/auth/resend-verification", json={"email": who["email"]})
    assert (resent.status_code, resent.json()) == (200, {"ok": True})
    token = mailed_link(stack, who["email"], "verify-email", number=2)
    assert browser.post("/api/auth/verify-email", json={"token": token}).status_code == 200
    unknown = browser.post("/api/auth/resend-verification", json={"email": "nobody-at-all@example.com"})
    assert (unknown.status_code, unknown.json()) == (200, {"ok": True})


def test_a_forgotten_password(stack, browser, who):
    logged_in(browser, who)
    asked = browser.post("/api/auth/request-password-reset", json={"email": who["email"]})
    unknown = browser.post("/api/auth/request-password-reset", json={"email": "nobody-here@example.com"})
    assert (asked.status_code, asked.json()) == (unknown.status_code, unknown.json()) == (200, {"ok": True})
    token = mailed_link(stack, who["email"], "reset-password")
    is_validation_problem(
        browser.post("/api/auth/reset-password", json={"token": token, "password": "short"}), "body", "password"
    )
    new = {"token": token, "password": "another good one"}
    assert browser.post("/api/auth/reset-password", json=new).json() == {"ok": True}
    is_problem(browser.get("/api/auth/me"), 401)
    is_problem(browser.post("/api/auth/reset-password", json=new), 400)
    is_problem(browser.post("/api/auth/login", json=who), 401)
    assert browser.post("/api/auth/login", json=who | {"password": new["password"]}).status_code == 200


def test_the_session_cookie(browser, who):
    answer = logged_in(browser, who)
    name, *attributes = answer.headers["set-cookie"].split("; ")
    assert name.startswith("outsend_session=")
    found = {part.partition("=")[0].lower(): part.partition("=")[2] for part in attributes}
    assert found["max-age"] == str(7 * 86_400)
    assert found["samesite"].lower() == "lax"
    assert found["path"] == "/"
    assert "httponly" in found
    assert "secure" not in found, "plain http on loopback"


def test_a_cookie_works_wherever_a_key_does(stack, browser, who):
    logged_in(browser, who)
    job = create(browser, items=named(2))
    assert stack.finished(browser, job["id"])["results_count"] == 2
    assert [each["id"] for each in browser.get("/api/jobs").json()] == [job["id"]]
    assert browser.get(f"/api/jobs/{job['id']}/download").status_code == 200


def test_logout_ends_the_session_everywhere(browser, who):
    logged_in(browser, who)
    token = browser.cookies["outsend_session"]
    ended = browser.post("/api/auth/logout")
    assert (ended.status_code, ended.content) == (204, b"")
    assert "outsend_session" not in browser.cookies
    for path in ("/api/auth/me", "/api/jobs"):
        is_problem(browser.get(path, headers={"Cookie": f"outsend_session={token}"}), 401)
    is_problem(browser.post("/api/auth/logout"), 401)


def test_login_says_the_same_in_the_same_time_to_a_wrong_password_and_to_nobody(browser, who):
    browser.post("/api/auth/register", json=who)

    def ask(email):
        began = time.perf_counter()
        answer = browser.post("/api/auth/login", json={"email": email, "password": "not the password"})
        is_problem(answer, 401)
        return answer.content, time.perf_counter() - began

    known, unknown = [], []

    def ratio():
        """Of the least: a busy machine only adds."""
        return min(seconds for _, seconds in known) / min(seconds for _, seconds in unknown)

    while not known or (not 0.5 < ratio() < 2 and len(known) < 48):
        for number in range(12):
            known.append(ask(who["email"]))
            unknown.append(ask(f"nobody{number}@example.com"))
    assert {content for content, _ in known} == {content for content, _ in unknown}
    assert 0.5 < ratio() < 2, (known, unknown)


def test_keys_are_shown_once_listed_without_secret_and_revoked(stack, browser, who):
    logged_in(browser, who)
    assert browser.get("/api/auth/api-keys").json() == []
    made = browser.post("/api/auth/api-keys", json={"name": "ordinateur"})
    assert made.status_code == 201
    key = made.json()
    assert key["key"].startswith("osk_") and key["key"].startswith(key["prefix"])
    assert TIME.fullmatch(key["created_at"])
    listed = browser.get("/api/auth/api-keys")
    assert [each["name"] for each in listed.json()] == ["ordinateur"]
    assert key["key"] not in listed.text and "key" not in listed.json()[0]
    with stack.client() as script:
        script.headers["X-API-Key"] = key["key"]
        assert script.get("/api/auth/me").json()["email"] == who["email"]
        assert browser.get("/api/auth/api-keys").json()[0]["last_used_at"] is not None
        assert browser.delete(f"/api/auth/api-keys/{key['id']}").status_code == 204
        is_problem(script.get("/api/auth/me"), 401)
        is_problem(script.get("/api/jobs"), 401)
    is_problem(browser.delete(f"/api/auth/api-keys/{key['id']}"), 404)


def test_keys_that_cannot_be_made(browser, who):
    logged_in(browser, who)
    assert browser.post("/api/auth/api-keys", json={}).json()["name"], "a key without a name gets one"
    is_validation_problem(browser.post("/api/auth/api-keys", json={"name": "x" * 101}), "body", "name")
    is_validation_problem(browser.post("/api/auth/api-keys", json={"name": 5}), "body", "name")


def test_used_ef_is_the_sum_of_this_months_jobs(stack, api):
    assert api.get("/api/auth/me").json()["ef_used"] == 0
    costs = [stack.finished(api, create(api, items=named(count))["id"])["ef_cost"] for count in (1, 300)]
    assert costs == [0.001, 0.003]
    assert api.get("/api/auth/me").json()["ef_used"] == 0.004
