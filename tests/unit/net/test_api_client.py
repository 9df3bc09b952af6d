"""The client for JSON APIs: what it sends, what it bounds, where it may not go."""

import gzip
import json

import pytest

from shared.net.api_client import ApiClient, ApiError
from shared.settings import Settings
from tests.world.places.api import Answer, FakeApi, as_json


class Echo(FakeApi):
    def answer(self, request):
        return as_json({"method": request.method, "query": request.query, "body": request.body.decode()})


@pytest.fixture
async def api():
    async with Echo().serve() as api:
        yield api


@pytest.fixture
async def client(api):
    client = ApiClient(Settings(), api.url + "/", name="The API", max_bytes=10_000)
    yield client
    await client.aclose()


async def test_get_and_post_are_what_they_say(api, client):
    got = await client.get("/a", {"q": "été & co", "page": 1})
    assert got == {"method": "GET", "query": {"q": "été & co", "page": "1"}, "body": ""}
    posted = await client.post("/a", {"é": 1}, headers={"X-Key": "k"})
    assert (posted["method"], posted["body"]) == ("POST", '{"é":1}')
    formed = await client.post("/a", form={"data": "a=b&c"})
    assert formed["body"] == "data=a%3Db%26c"
    kinds = [request.headers.get("content-type") for request in api.requests]
    assert kinds == [None, "application/json", "application/x-www-form-urlencoded"]
    assert api.requests[1].headers["x-key"] == "k"
    assert all(request.headers["user-agent"] == Settings().user_agent for request in api.requests)


async def test_a_compressed_answer_is_read_and_a_bomb_is_not(api, client):
    for size, fits in ((1000, True), (1_000_000, False)):
        packed = gzip.compress(json.dumps("x" * size).encode())
        api.faults.append(Answer(packed, 200, {"Content-Encoding": "gzip"}))
        if fits:
            assert await client.get("/") == "x" * size
        else:
            with pytest.raises(ApiError) as failure:
                await client.get("/")
            assert failure.value.code == "too_large"


async def test_a_large_answer_is_refused(api, client):
    api.faults.append(as_json("x" * 20_000))
    with pytest.raises(ApiError, match="larger than 10000 bytes") as failure:
        await client.get("/")
    assert not failure.value.retryable


async def test_redirects_are_not_followed(api, client):
    api.faults.append(as_json({}, 302, Location=f"{api.url}/elsewhere"))
    with pytest.raises(ApiError) as failure:
        await client.get("/")
    assert (failure.value.code, failure.value.status, len(api.requests)) == ("http_4xx", 302, 1)


async def test_only_the_configured_host_is_trusted(api):
    elsewhere = ApiClient(Settings(), "http://api.test", name="The API")
    elsewhere._base = api.url
    with pytest.raises(ApiError) as failure:
        await elsewhere.get("/")
    assert failure.value.code == "connection"
    assert api.requests == []
    await elsewhere.aclose()


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("17", 17),
        ("0", 0),
        ("999999", 3600),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
        ("soon", None),
        ("-5", None),
        (None, None),
    ],
)
async def test_retry_after(api, client, value, seconds):
    api.faults.append(as_json({}, 429, **({"Retry_After": value} if value else {})))
    with pytest.raises(ApiError) as failure:
        await client.get("/")
    assert failure.value.retry_after == seconds
