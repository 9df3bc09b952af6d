"""Who may do what: every route of the document against every kind of caller, by cookie and by key."""

import asyncio
from typing import NamedTuple

import httpx
import pytest

from contracts.manifest import MODULES_FOLDER, load_manifests
from shared.artefacts import ArtefactName, open_artefacts
from shared.identity.credential_cache import CACHE_SECONDS
from tests.e2e.acts import create, deactivate, is_problem, named, until
from tests.live import MODULES

pytestmark = pytest.mark.servers

CALLERS = ("nobody", "stranger", "unverified", "inactive", "owner")
"""`stranger` asks for the owner's job; `unverified` and `inactive` for one of their own."""
ITEMS = {"items": [{"nom": "a", "ville": "b", "email": "a@nowhere.valmont.test", "site_web": "nowhere.valmont.test"}]}
ACCOUNT = {"email": "somebody.else@example.com", "password": "correct horse battery"}
SEARCH = {"queries": ["dentiste"], "zones": ["Paris"], "country": "none"}
SEARCHED = 400
"""What a search ends in once its caller may search: its country is none that is covered, so that nothing runs."""
PICTURE = b"not shown to anybody else"
PICTURE_NAME = ArtefactName.of("anybody", "png", PICTURE).file_name
NEW = {"token": "x" * 43, "password": "correct horse battery"}


class Route(NamedTuple):
    """What each of CALLERS gets. A body is sent where there is one."""

    expected: tuple[int, int, int, int, int]
    body: dict | None = None


def same(status):
    return (status,) * len(CALLERS)


TABLE = {
    # Anyone, with or without credentials.
    "POST /api/auth/register": Route(same(201), ACCOUNT),
    "POST /api/auth/login": Route(same(401), ACCOUNT | {"email": "nobody.of.this.name@example.com"}),
    "POST /api/auth/verify-email": Route(same(400), NEW),
    "POST /api/auth/reset-password": Route(same(400), NEW),
    "POST /api/auth/resend-verification": Route(same(200), None),
    "POST /api/auth/request-password-reset": Route(same(200), None),
    "GET /api/modules-registry": Route(same(200)),
    # Whoever is logged in, about themselves; an inactive user reads.
    "GET /api/auth/me": Route((401, 200, 200, 200, 200)),
    "GET /api/auth/api-keys": Route((401, 200, 200, 200, 200)),
    "POST /api/auth/api-keys": Route((401, 201, 201, 403, 201), {"name": "one more"}),
    "DELETE /api/auth/api-keys/{key_id}": Route((401, 404, 204, 403, 204)),
    "GET /api/jobs": Route((401, 200, 200, 200, 200)),
    # A search needs an active user and a verified address, an estimate only somebody.
    "POST /api/jobs": Route((401, SEARCHED, 403, 403, SEARCHED), SEARCH),
    "POST /api/estimate": Route((401, 200, 200, 200, 200), SEARCH),
    # Typed jobs need an active user, no verified address.
    **{
        f"POST {spec.endpoint}": Route((401, 200, 200, 403, 200), ITEMS)
        for spec in load_manifests((MODULES_FOLDER, MODULES)).values()
        if spec.takes_items and not spec.on_grid
    },
    # … and the stack has neither a key for page speeds nor a seed inbox.
    "POST /api/jobs/pagespeed": Route((401, 503, 503, 403, 503), ITEMS),
    "POST /api/jobs/delivery-check": Route((401, 503, 503, 403, 503), {"domain": "example.com"}),
    "GET /api/delivery-check/seeds": Route((401, 200, 200, 200, 200)),
    # A job is its owner's alone.
    "GET /api/jobs/{job_id}": Route((401, 403, 200, 200, 200)),
    "GET /api/jobs/{job_id}/items": Route((401, 403, 200, 200, 200)),
    "GET /api/jobs/{job_id}/report": Route((401, 403, 200, 200, 200)),
    "GET /api/jobs/{job_id}/map": Route((401, 403, 400, 400, 400)),  # an item-driven job has none
    "GET /api/jobs/{job_id}/download": Route((401, 403, 200, 200, 200)),
    "GET /api/jobs/{job_id}/stream": Route((401, 403, 200, 200, 200)),
    "POST /api/jobs/{job_id}/cancel": Route((401, 403, 400, 403, 400)),
    "POST /api/jobs/{job_id}/resume": Route((401, 403, 403, 403, 400)),
    "DELETE /api/jobs/{job_id}": Route((401, 403, 204, 403, 204)),
    # A picture of brand_assets is its owner's alone.
    "GET /api/brand-assets/{owner}/{file_name}": Route((401, 403, 200, 200, 200)),
    "POST /api/auth/logout": Route((401, 204, 204, 204, 204)),
}


class Caller(NamedTuple):
    """A user's credentials and a job and a key that are theirs (the owner's, for those who have none)."""

    headers: dict
    job: str
    key: str
    owner: str = ""
    """Whose pictures are asked for; everybody in this suite has the same one."""


@pytest.fixture(scope="module")
def people(stack):
    """Every caller by name and by the way they identify themselves."""
    users = {
        "stranger": stack.new_user(),
        "unverified": stack.new_user(verified=False),
        "inactive": stack.new_user(),
        "owner": stack.new_user(),
    }
    made: dict[str, Caller] = {}
    for name, user in users.items():
        with stack.client(user) as client, stack.client() as browser:
            job = "" if name == "stranger" else stack.finished(client, create(client, items=named(1))["id"])["id"]
            key = "" if name == "stranger" else client.post("/api/auth/api-keys", json={"name": "spare"}).json()["id"]
            owner = client.get("/api/auth/me").json()["id"]
            asyncio.run(open_artefacts(stack.settings).put(owner, "png", PICTURE))
            browser.post("/api/auth/login", json={"email": user.email, "password": user.password})
            cookie = {"Cookie": f"outsend_session={browser.cookies['outsend_session']}"}
        made[name, "key"] = Caller({"X-API-Key": user.api_key}, job, key, owner)
        made[name, "cookie"] = Caller(cookie, job, key, owner)
    for via in ("key", "cookie"):
        owners = made["owner", via]
        made["stranger", via] = made["stranger", via]._replace(job=owners.job, key=owners.key, owner=owners.owner)
        made["nobody", via] = Caller({}, owners.job, owners.key, owners.owner)
    deactivate(stack, users["inactive"].email)
    with stack.client(users["inactive"]) as client:
        until(lambda: not client.get("/api/auth/me").json()["active"], within=CACHE_SECONDS + 20)
        client.headers = made["inactive", "cookie"].headers
        until(lambda: not client.get("/api/auth/me").json()["active"], within=CACHE_SECONDS + 20)
    return made


def test_the_table_has_every_route_of_the_document(stack):
    with stack.client() as client:
        paths = client.get("/schema/openapi.json").json()["paths"]
    methods = ("get", "post", "put", "patch", "delete")
    served = {f"{method.upper()} {path}" for path, item in paths.items() for method in item if method in methods}
    assert served == set(TABLE)


def fresh(stack, caller, route):
    """The caller with a job or key of its own that the route may destroy."""
    with stack.client() as client:
        client.headers.update(caller.headers)
        if route == "DELETE /api/jobs/{job_id}":
            return caller._replace(job=stack.finished(client, create(client, items=named(1))["id"])["id"])
        if route == "DELETE /api/auth/api-keys/{key_id}":
            return caller._replace(key=client.post("/api/auth/api-keys", json={"name": "gone"}).json()["id"])
        return caller


@pytest.mark.parametrize("via", ["key", "cookie"])
@pytest.mark.parametrize("name", CALLERS)
@pytest.mark.parametrize("route", TABLE)
def test_a_route_and_a_caller(stack, people, route, name, via):
    method, path = route.split()
    expected = TABLE[route].expected[CALLERS.index(name)]
    caller = people[name, via]
    if method == "DELETE" and expected == 204:
        caller = fresh(stack, caller, route)
    body = TABLE[route].body
    if path.endswith(("resend-verification", "request-password-reset")):
        body = {"email": f"{name}.{via}@nobody.example.com"}  # the limit is by address
    with stack.client() as client:
        url = path.format(job_id=caller.job, key_id=caller.key, owner=caller.owner, file_name=PICTURE_NAME)
        answer = client.request(method, url, json=body, headers=caller.headers)
        if route == "POST /api/auth/logout" and via == "cookie" and expected == 204:
            is_problem(client.get("/api/auth/me", headers=caller.headers), 401)
    assert answer.status_code == expected, answer.text
    if answer.status_code >= 400:
        is_problem(answer, expected)


@pytest.fixture
def signed_in(stack, user):
    """A browser with the user's session."""
    with stack.client() as browser:
        assert browser.post("/api/auth/login", json={"email": user.email, "password": user.password}).status_code == 200
        yield browser


@pytest.mark.parametrize("key", ["", "osk_", "osk_" + "x" * 43, "nonsense", "osk_\u00e9"])
def test_a_bad_key_is_401_whatever_the_cookie_is(signed_in, key):
    for method, path in (("GET", "/api/auth/me"), ("GET", "/api/jobs"), ("POST", "/api/jobs/noop")):
        request = signed_in.build_request(method, path, headers=[(b"x-api-key", key.encode())])
        is_problem(signed_in.send(request), 401)
    assert signed_in.get("/api/auth/me").status_code == 200


def test_with_cookie_and_key_together_the_key_counts(stack, signed_in):
    other = stack.new_user()
    me = signed_in.get("/api/auth/me", headers={"X-API-Key": other.api_key}).json()
    assert me["email"] == other.email


@pytest.mark.parametrize("cookie", ["", "x", "x" * 43, "a" * 5000, "%00", "osk_" + "x" * 43])
def test_a_cookie_that_is_none(stack, cookie):
    with stack.client() as client:
        is_problem(client.get("/api/auth/me", headers={"Cookie": f"outsend_session={cookie}"}), 401)
        is_problem(client.get("/api/jobs", headers={"Cookie": f"outsend_session={cookie}"}), 401)


def test_a_key_in_place_of_a_cookie_and_a_cookie_in_place_of_a_key(stack, user, signed_in):
    token = signed_in.cookies["outsend_session"]
    with stack.client() as client:
        is_problem(client.get("/api/auth/me", headers={"Cookie": f"outsend_session={user.api_key}"}), 401)
        is_problem(client.get("/api/auth/me", headers={"X-API-Key": token}), 401)


FOREIGN = ["https://evil.example", "null", "http://127.0.0.1", "http://127.0.0.1.evil.example", "file://", "x"]
CHANGES = [
    ("POST", "/api/jobs/noop"), ("POST", "/api/jobs/j_x/cancel"), ("DELETE", "/api/jobs/j_x"),
    ("POST", "/api/auth/api-keys"), ("POST", "/api/auth/logout"),
]  # fmt: skip


@pytest.mark.parametrize("origin", FOREIGN)
@pytest.mark.parametrize(("method", "path"), CHANGES)
def test_another_site_cannot_act_with_a_visitors_cookie(signed_in, method, path, origin):
    body = {"items": named(1), "name": "theirs"} if method == "POST" else None
    is_problem(signed_in.request(method, path, json=body, headers={"Origin": origin}), 403)
    assert signed_in.get("/api/jobs").json() == []


@pytest.mark.parametrize("origin", FOREIGN)
@pytest.mark.parametrize("route", ["login", "register"])
def test_nor_log_its_visitor_in_as_somebody(stack, user, route, origin):
    with stack.client() as client:
        body = {"email": user.email, "password": user.password}
        is_problem(client.post(f"/api/auth/{route}", json=body, headers={"Origin": origin}), 403)


def test_the_product_itself_may_and_reading_is_left_to_the_browser(stack, signed_in):
    own = {"Origin": stack.url}
    assert signed_in.post("/api/jobs/noop", json={"items": named(1)}, headers=own).status_code == 200
    answer = signed_in.get("/api/jobs", headers={"Origin": "https://evil.example"})
    assert answer.status_code == 200
    assert "access-control-allow-origin" not in answer.headers, "so no other site's script can read it"


def test_a_key_is_no_cookie_and_needs_no_origin(stack, api):
    answer = api.post("/api/jobs/noop", json={"items": named(1)}, headers={"Origin": "https://app.example"})
    assert answer.status_code == 200


def test_a_form_of_another_site_cannot_create_a_job(signed_in):
    content = '{"items": [{"nom": "a"}]}'
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
        answer = signed_in.post("/api/jobs/noop", content=content, headers={"Content-Type": kind})
        is_problem(answer, 415)


def test_an_api_key_is_never_logged_nor_told_again(stack, user, api):
    api.get("/api/jobs")
    create(api, items=named(1))
    logs = b"".join(path.read_bytes() for path in (stack.data_dir / "logs").glob("*.log"))
    assert user.api_key.encode() not in logs
    assert user.password.encode() not in logs
    assert user.api_key not in api.get("/api/auth/api-keys").text


def test_two_credentials_of_different_people_never_mix(stack):
    """Interleaved on one connection."""
    users = [stack.new_user() for _ in range(3)]
    with httpx.Client(base_url=stack.url, trust_env=False, limits=httpx.Limits(max_connections=1)) as client:
        for _ in range(10):
            for user in users:
                assert client.get("/api/auth/me", headers={"X-API-Key": user.api_key}).json()["email"] == user.email
