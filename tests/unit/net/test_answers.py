"""The shared memory of outside APIs' answers over a real NATS KV bucket."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import msgspec
import nats
import pytest
from nats.aio.client import Client
from nats.js.errors import KeyNotFoundError

from shared.net.answers import Answers
from shared.settings import Settings

pytestmark = pytest.mark.servers

SETTINGS = msgspec.structs.replace(Settings(), answer_cache_bytes=1024 * 1024)


@pytest.fixture
async def connection(nats_url: str) -> AsyncIterator[Client]:
    connection = await nats.connect(nats_url, allow_reconnect=False)
    yield connection
    await connection.close()


async def opened(connection: Client, settings: Settings = SETTINGS) -> Answers:
    return await Answers.open(connection.jetstream(), settings)


async def test_an_answer_comes_back_with_the_date_of_its_asking(connection: Client) -> None:
    before = datetime.now(UTC).replace(microsecond=0)
    kept = await (await opened(connection)).put("insee", "siren 732829320", {"nom": "Écluse", "effectif": None})
    again = await (await opened(connection)).get("insee", "siren 732829320")
    assert again == kept
    assert kept.body == {"nom": "Écluse", "effectif": None}
    assert kept.at.endswith("Z")
    assert before <= datetime.fromisoformat(kept.at) <= datetime.now(UTC)


async def test_nothing_is_an_answer_too(connection: Client) -> None:
    answers = await opened(connection)
    assert await answers.get("insee", "none") is None
    await answers.put("insee", "none", None)
    again = await answers.get("insee", "none")
    assert again is not None and again.body is None


@pytest.mark.parametrize("key", ["name=L'Écluse & Fils > *", "x" * 10_000, "", "a.b c\r\nd"])
async def test_a_key_may_be_any_text(connection: Client, key: str) -> None:
    answers = await opened(connection)
    await answers.put("api", key, 1)
    assert await answers.get("other", key) is None
    found = await answers.get("api", key)
    assert found is not None and found.body == 1


async def test_an_answer_is_forgotten_when_it_is_too_old(connection: Client) -> None:
    answers = await opened(connection, msgspec.structs.replace(SETTINGS, answer_cache_ttl=2.0))
    await answers.put("api", "key", 1)
    assert await answers.get("api", "key") is not None
    gone = await _until_gone(answers)
    assert gone is None


async def _until_gone(answers: Answers) -> Any:
    async with asyncio.timeout(30):
        while (found := await answers.get("api", "key")) is not None:
            await asyncio.sleep(0.05)
    return found


async def test_what_does_not_fit_is_not_kept(connection: Client) -> None:
    answers = await opened(connection)
    body = random.Random(1).randbytes(2 * 1024 * 1024)
    assert (await answers.put("api", "large", body)).body == body
    assert await answers.get("api", "large") is None
    assert (await answers.put("api", "huge", "x" * 5_000_000)).body[:1] == "x"
    assert await answers.get("api", "huge") is None


@pytest.mark.parametrize("value", [b"", b"garbage", b"\x28\xb5\x2f\xfd\xa4\xff\xff\xff\xff\x00"])
async def test_a_value_of_another_hand_is_a_miss(connection: Client, value: bytes) -> None:
    answers = await opened(connection)
    await answers.put("api", "key", 1)
    bucket = await connection.jetstream().key_value("answers")
    await bucket.put((await bucket.keys())[0], value)
    assert await answers.get("api", "key") is None


async def test_a_broker_that_is_gone_is_a_miss(connection: Client) -> None:
    answers = await opened(connection)
    await connection.close()
    assert await answers.get("api", "key") is None
    assert (await answers.put("api", "key", 1)).body == 1


async def test_a_broker_that_hangs_is_left_alone_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    class Hanging:
        calls = 0

        async def get(self, key: str) -> Any:
            self.calls += 1
            await asyncio.Event().wait()

        put = get

    monkeypatch.setattr("shared.net.answers._BROKER_SECONDS", 0.05)
    hanging: Any = Hanging()
    answers = Answers(hanging)
    for _ in range(3):
        assert await answers.get("api", "key") is None
        assert (await answers.put("api", "key", 1)).body == 1
    assert hanging.calls == 1


async def test_an_absent_key_does_not_rest_the_cache() -> None:
    class Empty:
        calls = 0

        async def get(self, key: str) -> Any:
            self.calls += 1
            raise KeyNotFoundError

        put = get

    empty: Any = Empty()
    for _ in range(3):
        assert await Answers(empty).get("api", "key") is None
    assert empty.calls == 3
