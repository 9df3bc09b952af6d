"""Accounts over HTTP: what strangers learn (nothing), what users may do, and how often."""

import asyncio

import pytest

from tests.integration.gateway.stack import PASSWORD, running

MAILED = {"ok": True}


def credentials(client, password=PASSWORD):
    return {"email": client.email, "password": password}


async def link_token(gateway, email, subject_part=""):
    line = await gateway.lines.wait_for("mail_link", to=email)
    assert subject_part in line["subject"]
    return line["link"].partition("#token=")[2]


async def test_registering_twice_looks_the_same(gateway):
    client = await gateway.user()
    again = await client.post("/api/auth/register", json=credentials(client, "another password"))
    fresh = await client.post("/api/auth/register", json={"email": "fresh@example.com", "password": PASSWORD})
    assert (again.status_code, again.json()) == (fresh.status_code, fresh.json()) == (201, MAILED)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"email": "no address", "password": PASSWORD}, "email"),
        ({"email": "short@example.com", "password": "short"}, "password"),
        ({"email": "nothing@example.com"}, None),
        ({"email": 5, "password": PASSWORD}, "email"),
    ],
)
async def test_unusable_registrations_are_422(gateway, body, field):
    answer = await gateway.http().post("/api/auth/register", json=body)
    assert answer.status_code == 422
    detail = answer.json()["detail"]
    assert detail["message"] == "Validation error"
    assert field is None or detail["errors"][0]["loc"] == ["body", field]


async def test_a_body_that_is_no_json_is_422(gateway):
    for content in (b"", b"{", b"\xff", b'{"email": "\xff", "password": "x"}'):
        answer = await gateway.http().post("/api/auth/login", content=content)
        assert answer.status_code == 422
        assert answer.json()["detail"]["message"] == "Validation error"


async def test_verification_link_works_once(gateway):
    client = await gateway.user(verified=False)
    assert (await client.get("/api/auth/me")).json()["email_verified"] is False
    token = await link_token(gateway, client.email, "Verify")
    first = await client.post("/api/auth/verify-email", json={"token": token})
    second = await client.post("/api/auth/verify-email", json={"token": token})
    assert (first.status_code, first.json()) == (200, MAILED)
    assert second.status_code == 400
    assert isinstance(second.json()["detail"], str)
    assert (await client.get("/api/auth/me")).json()["email_verified"] is True


async def test_resending_tells_nobody_who_has_an_account(gateway):
    client = await gateway.user(verified=False)
    known = await client.post("/api/auth/resend-verification", json={"email": client.email})
    unknown = await client.post("/api/auth/resend-verification", json={"email": "nobody@example.com"})
    assert (known.status_code, known.json()) == (unknown.status_code, unknown.json()) == (200, MAILED)


async def test_a_new_password_ends_every_session(gateway):
    client = await gateway.user()
    gateway.lines.seen.clear()
    asked = await client.post("/api/auth/request-password-reset", json={"email": client.email})
    assert (asked.status_code, asked.json()) == (200, MAILED)
    token = await link_token(gateway, client.email, "password")
    done = await client.post("/api/auth/reset-password", json={"token": token, "password": "a new password"})
    assert (done.status_code, done.json()) == (200, MAILED)
    assert (await client.get("/api/auth/me")).status_code == 401
    assert (await client.post("/api/auth/login", json=credentials(client))).status_code == 401
    assert (await client.post("/api/auth/login", json=credentials(client, "a new password"))).status_code == 200


async def test_login_sets_the_cookie_and_answers_the_account(gateway):
    client = await gateway.user()
    answer = await client.post("/api/auth/login", json=credentials(client))
    assert answer.json() == {
        "id": client.user, "email": client.email, "email_verified": True, "active": True, "ef_used": 0.0,
    }  # fmt: skip
    cookie = answer.headers["set-cookie"].lower()
    assert cookie.startswith("outsend_session=")
    for attribute in ("httponly", "samesite=lax", "path=/", f"max-age={7 * 86_400}"):
        assert attribute in cookie
    assert "secure" not in cookie  # plain http on loopback


async def test_cookies_are_secure_elsewhere(nats_server):
    async with running(nats_server, public_url="https://leads.example") as gateway:
        client = gateway.http()
        await client.post("/api/auth/register", json={"email": "secure@example.com", "password": PASSWORD})
        answer = await client.post("/api/auth/login", json={"email": "secure@example.com", "password": PASSWORD})
        assert "; secure" in answer.headers["set-cookie"].lower()
        assert "max-age" in answer.headers["strict-transport-security"]


async def test_wrong_password_and_unknown_user_sound_the_same(gateway):
    client = await gateway.user()
    wrong = await client.post("/api/auth/login", json=credentials(client, "wrong password"))
    unknown = await client.post("/api/auth/login", json={"email": "who@example.com", "password": PASSWORD})
    assert wrong.status_code == unknown.status_code == 401
    assert wrong.json() == unknown.json()


async def test_logout_kills_the_session(gateway):
    client = await gateway.user()
    stolen = client.cookies["outsend_session"]
    answer = await client.post("/api/auth/logout")
    assert answer.status_code == 204
    assert answer.content == b""
    assert "max-age=0" in answer.headers["set-cookie"].lower()
    assert (await gateway.http(cookies={"outsend_session": stolen}).get("/api/auth/me")).status_code == 401
    assert (await client.post("/api/auth/logout")).status_code == 401


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/auth/me"),
        ("POST", "/api/auth/logout"),
        ("GET", "/api/auth/api-keys"),
        ("POST", "/api/auth/api-keys"),
        ("DELETE", "/api/auth/api-keys/k_1"),
        ("POST", "/api/jobs/techstack"),
        ("POST", "/api/jobs/j_1/cancel"),
        ("POST", "/api/jobs/j_1/resume"),
        ("DELETE", "/api/jobs/j_1"),
    ],
)
async def test_without_credentials_or_with_bad_ones_it_is_401(gateway, method, path):
    for options in ({}, {"cookies": {"outsend_session": "no"}}, {"headers": {"X-API-Key": "osk_no"}}):
        answer = await gateway.http(**options).request(method, path, json={"name": "x"} if method == "POST" else None)
        assert answer.status_code == 401, answer.text
        assert isinstance(answer.json()["detail"], str)


async def test_api_keys_open_what_the_cookie_opens(gateway):
    client = await gateway.user()
    made = await client.post("/api/auth/api-keys", json={"name": "laptop"})
    assert made.status_code == 201
    key = made.json()
    assert key["key"].startswith("osk_")
    listed = (await client.get("/api/auth/api-keys")).json()
    assert [(each["id"], each["name"]) for each in listed] == [(key["id"], "laptop")]
    assert "key" not in listed[0]

    machine = gateway.http(headers={"X-API-Key": key["key"]})
    assert (await machine.get("/api/auth/me")).json()["id"] == client.user
    machine.user = client.user
    assert (await gateway.job(machine))["status"] == "pending"

    assert (await client.delete(f"/api/auth/api-keys/{key['id']}")).status_code == 204
    assert (await machine.get("/api/auth/me")).status_code == 401
    assert (await client.delete(f"/api/auth/api-keys/{key['id']}")).status_code == 404


async def test_with_cookie_and_key_the_key_counts(gateway):
    one, other = await gateway.user(), await gateway.user()
    key = (await other.post("/api/auth/api-keys", json={})).json()["key"]
    assert (await one.get("/api/auth/me", headers={"X-API-Key": key})).json()["id"] == other.user
    assert (await one.get("/api/auth/me", headers={"X-API-Key": "osk_bad"})).status_code == 401


async def test_nobody_revokes_anothers_key(gateway):
    one, other = await gateway.user(), await gateway.user()
    key = (await other.post("/api/auth/api-keys", json={"name": "mine"})).json()
    assert (await one.delete(f"/api/auth/api-keys/{key['id']}")).status_code == 404
    assert len((await other.get("/api/auth/api-keys")).json()) == 1


async def test_an_inactive_user_may_log_in_and_read_only(gateway):
    client = await gateway.user()
    key = (await client.post("/api/auth/api-keys", json={"name": "old"})).json()
    await gateway.app.state.identity.set_active(client.user, False)
    login = await client.post("/api/auth/login", json=credentials(client))
    assert login.status_code == 200
    assert login.json()["active"] is False
    assert (await client.get("/api/auth/me")).status_code == 200
    assert (await client.get("/api/auth/api-keys")).status_code == 200
    assert (await client.post("/api/auth/api-keys", json={"name": "new"})).status_code == 403
    assert (await client.delete(f"/api/auth/api-keys/{key['id']}")).status_code == 403
    assert (await client.delete("/api/auth/api-keys/k_unknown")).status_code == 404
    assert (await client.post("/api/jobs/techstack", json={})).status_code == 403


async def test_logins_are_limited_per_client_and_address(nats_server):
    async with running(nats_server, login_attempts=2, trusted_proxies=["127.0.0.0/8"]) as gateway:
        body = {"email": "guessed@example.com", "password": "wrong password"}

        async def login(client="203.0.113.9", **other):
            return await gateway.http().post("/api/auth/login", json=body | other, headers={"X-Forwarded-For": client})

        assert [(await login()).status_code for _ in range(3)] == [401, 401, 429]
        refused = await login()
        assert 0 < int(refused.headers["retry-after"]) <= 15 * 60
        assert isinstance(refused.json()["detail"], str)
        assert (await login(client="203.0.113.10")).status_code == 401
        assert (await login(email="other@example.com")).status_code == 401
        # What the client itself wrote into the header is not believed.
        assert (await login(client="198.51.100.1, 203.0.113.9")).status_code == 429


async def test_x_forwarded_for_of_strangers_is_ignored(nats_server):
    async with running(nats_server, registrations_per_hour=1) as gateway:
        await drain_limit(gateway)
        answer = await register(gateway, {"X-Forwarded-For": "192.0.2.77"})
        assert answer.status_code == 429


async def drain_limit(gateway):
    while (await register(gateway, {})).status_code != 429:
        pass


async def register(gateway, headers):
    body = {"email": "limited@example.com", "password": PASSWORD}
    return await gateway.http().post("/api/auth/register", json=body, headers=headers)


async def test_resending_and_resetting_have_limits(gateway):
    for path in ("resend-verification", "request-password-reset"):
        body = {"email": f"{path}@example.com"}
        answers = [await gateway.http().post(f"/api/auth/{path}", json=body) for _ in range(4)]
        assert [each.status_code for each in answers] == [200, 200, 200, 429]
        assert "retry-after" in answers[-1].headers


async def test_other_sites_cannot_act_with_the_cookie(gateway):
    client = await gateway.user()
    evil = {"Origin": "https://evil.example"}
    own = {"Origin": gateway.url}
    public = {"Origin": gateway.settings.public_url}
    item = {"items": [{"site_web": "a.example"}]}
    assert (await client.post("/api/jobs/techstack", json=item, headers=evil)).status_code == 403
    assert (await client.post("/api/jobs/techstack", json=item, headers={"Origin": "null"})).status_code == 403
    assert (await client.post("/api/jobs/techstack", json=item, headers=own)).status_code == 200
    assert (await client.post("/api/jobs/techstack", json=item, headers=public)).status_code == 200
    form = {"Content-Type": "text/plain"}
    assert (await client.post("/api/jobs/techstack", content=b"{}", headers=form)).status_code == 415
    assert (await client.get("/api/auth/me", headers=evil)).status_code == 200
    assert (await client.post("/api/auth/login", json=credentials(client), headers=evil)).status_code == 403


async def test_an_api_key_needs_no_origin(gateway):
    client = await gateway.user()
    key = (await client.post("/api/auth/api-keys", json={})).json()["key"]
    headers = {"X-API-Key": key, "Origin": "https://partner.example", "Content-Type": "text/plain"}
    body = b'{"items": [{"site_web": "a.example"}]}'
    assert (await gateway.http().post("/api/jobs/techstack", content=body, headers=headers)).status_code == 200


async def test_a_json_content_type_without_a_body_does_not_fail(gateway):
    client = await gateway.user()
    headers = {"Content-Type": "application/json"}
    job = await gateway.job(client)
    assert (await client.get("/api/auth/me", headers=headers)).status_code == 200
    assert (await client.get("/api/modules-registry", headers=headers)).status_code == 200
    assert (await client.post(f"/api/jobs/{job['id']}/cancel", headers=headers)).status_code == 200
    assert (await client.request("DELETE", f"/api/jobs/{job['id']}", headers=headers)).status_code == 204
    assert (await client.post("/api/auth/logout", headers=headers)).status_code == 204


async def test_ef_used_is_this_months_and_credits_count(gateway):
    client = await gateway.user()
    jobs = await asyncio.gather(*(gateway.job(client, count=1_000) for _ in range(3)))
    assert [job["ef_cost"] for job in jobs] == [0.01] * 3

    async def used():
        return (await client.get("/api/auth/me")).json()["ef_used"]

    assert await used() == 0.03
    await gateway.finish(client, jobs[0], [[{"a": 1}]], ef_cost=0.004)
    assert await used() == 0.024
    await gateway.delete_for_good(client, jobs[0], ef_cost=0.004)
    assert await used() == 0.024
    await gateway.delete_for_good(client, jobs[1], ef_cost=0.0)
    assert await used() == 0.014
