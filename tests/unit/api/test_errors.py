"""Every error and its documented body, through the framework as it is served."""

from contextlib import asynccontextmanager

import msgspec
import pytest
from litestar import get
from litestar.params import FromPath
from litestar.testing import TestClient

from shared.api import errors
from shared.api.app import make_app
from shared.identity import errors as identity
from shared.job import Refused, UnknownJob
from shared.messaging.log import Busy, LogFull, LogUnavailable
from shared.settings import Settings


class Body(msgspec.Struct):
    a: list[int]


def decoded(text):
    try:
        msgspec.json.decode(text, type=Body)
    except msgspec.DecodeError as error:
        return error
    raise AssertionError


def problem(status, detail, **headers):
    return status, {"detail": detail}, headers


def invalid(status, *loc, msg, kind="value_error"):
    return (
        status,
        {"detail": {"message": "Validation error", "errors": [{"loc": [*loc], "msg": msg, "type": kind}]}},
        {},
    )


LATER = {"retry-after": "5"}
CASES = [
    (errors.BadRequest("no"), problem(400, "no")),
    (errors.NotAuthenticated("no"), problem(401, "no")),
    (errors.Forbidden("no"), problem(403, "no")),
    (errors.NotFound("no"), problem(404, "no")),
    (errors.Conflict("no"), problem(409, "no")),
    (errors.Gone("no"), problem(410, "no")),
    (errors.TooLarge("no"), problem(413, "no")),
    (errors.UnsupportedMediaType("no"), problem(415, "no")),
    (errors.TooManyRequests("no", retry_after=7), problem(429, "no", **{"retry-after": "7"})),
    (errors.Unavailable("no"), problem(503, "no", **LATER)),
    (errors.ValidationFailed([errors.issue("bad", "body", "x", 3)]), invalid(422, "body", "x", 3, msg="bad")),
    (errors.ValidationFailed([errors.issue("bad", "query", "x")], status=400), invalid(400, "query", "x", msg="bad")),
    (Refused("It cannot be"), problem(400, "It cannot be")),
    (UnknownJob(), problem(404, "Job not found")),
    (
        decoded(b'{"a": [1, "x"]}'),
        invalid(422, "body", "a", 1, msg="Expected `int`, got `str`", kind="type_error"),
    ),
    (decoded(b"{"), invalid(422, "body", msg="Input data was truncated", kind="json_invalid")),
    (identity.InvalidInput("email", "bad"), invalid(422, "body", "email", msg="bad")),
    (identity.InvalidCredentials(), problem(401, str(identity.InvalidCredentials()))),
    (identity.InvalidApiKey(), problem(401, str(identity.InvalidApiKey()))),
    (identity.Forbidden("no"), problem(403, "no")),
    (identity.UnknownApiKey(), problem(404, str(identity.UnknownApiKey()))),
    (identity.InvalidToken(), problem(400, str(identity.InvalidToken()))),
    (identity.TooManyApiKeys("no"), problem(400, "no")),
    (identity.TooManyAttempts(9), problem(429, str(identity.TooManyAttempts(9)), **{"retry-after": "9"})),
    (identity.Unavailable("no"), problem(503, "no", **LATER)),
    (LogUnavailable("cause"), problem(503, "The event log does not answer at the moment. Try again shortly.", **LATER)),
    (Busy("cause"), problem(503, "The event log does not answer at the moment. Try again shortly.", **LATER)),
    (LogFull("cause"), problem(503, "The event log is full: nothing was accepted.", **{"retry-after": "60"})),
]


@asynccontextmanager
async def lifespan(_):
    yield


@get("/raise/{number:int}")
async def raise_case(number: FromPath[int]) -> None:
    raise CASES[number][0]


@pytest.fixture(scope="module")
def client():
    app = make_app(title="errors", routes=[raise_case], settings=Settings(), lifespan=lifespan)
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


@pytest.mark.parametrize("number", range(len(CASES)), ids=[type(case[0]).__name__ for case in CASES])
def test_every_error_has_its_documented_body(client, number):
    status, body, headers = CASES[number][1]
    answer = client.get(f"/raise/{number}")
    assert (answer.status_code, answer.json()) == (status, body)
    assert headers.items() <= dict(answer.headers).items()


def test_framework_errors_have_the_same_shape(client):
    unknown, method = client.get("/nowhere"), client.post("/raise/1")
    assert (unknown.status_code, unknown.json()) == (404, {"detail": "Not found"})
    assert (method.status_code, method.json()) == (405, {"detail": "Method not allowed"})
    assert "GET" in method.headers["allow"]
