"""Cookies: renewed when the session was, and kept from other sites."""

from contextlib import asynccontextmanager

import pytest
from litestar import get, post
from litestar.testing import TestClient

from shared.api.app import make_app
from shared.api.auth import IDENTITY, Caller
from shared.identity.guards import Identity
from shared.settings import Settings


class Door:
    """Opens to the cookie `good`, whose session it renews, and to any key."""

    async def authenticate(self, cookie, api_key):
        if api_key:
            return self._identity("api_key")
        return self._identity("session", renewed=True) if cookie == "good" else None

    def _identity(self, via, renewed=False):
        return Identity(user_id="u", email="e", active=True, email_verified=True, via=via, renewed=renewed)


@get("/x", dependencies=IDENTITY)
async def read(identity: Caller) -> str:
    return identity.via


@post("/x", dependencies=IDENTITY, status_code=200)
async def write(identity: Caller) -> str:
    return identity.via


@asynccontextmanager
async def lifespan(app):
    app.state.identity = Door()
    yield


@pytest.fixture(scope="module")
def client():
    settings = Settings(public_url="https://leads.example")
    app = make_app(title="auth", routes=[read, write], settings=settings, lifespan=lifespan)
    with TestClient(app, base_url="http://api.internal") as client:
        yield client


COOKIE = {"Cookie": "outsend_session=good"}


def test_a_renewed_session_gets_its_cookie_again(client):
    cookie = client.get("/x", headers=COOKIE).headers["set-cookie"].lower()
    assert cookie.startswith("outsend_session=good;")
    assert "max-age=604800" in cookie
    assert "secure" in cookie
    assert "set-cookie" not in client.get("/x", headers={"X-API-Key": "k"}).headers


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Origin": "https://leads.example"}, 200),
        ({"Origin": "http://api.internal"}, 200),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "https://leads.example.evil.example"}, 403),
        ({"Origin": "https://leads.example:444"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": ""}, 403),
        ({"Content-Type": "application/json"}, 200),
        ({"Content-Type": "application/json; charset=utf-8"}, 200),
        ({"Content-Type": "application/x-www-form-urlencoded"}, 415),
        ({"Content-Type": "text/plain"}, 415),
    ],
)
def test_other_sites_cannot_write_with_a_cookie(client, headers, status):
    assert client.post("/x", headers=COOKIE | headers).status_code == status
    assert client.post("/x", headers={"X-API-Key": "k"} | headers).status_code == 200
    assert client.get("/x", headers=COOKIE | headers).status_code == 200


def test_a_body_without_a_type_is_no_json(client):
    assert client.post("/x", content=b"{}", headers=COOKIE).status_code == 415
