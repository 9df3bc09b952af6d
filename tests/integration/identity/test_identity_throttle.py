import asyncio

import pytest

from shared.identity.errors import TooManyAttempts
from shared.identity.throttle import Rule, Throttle

pytestmark = pytest.mark.servers


async def outcomes(attempts):
    results = await asyncio.gather(*attempts, return_exceptions=True)
    assert {type(result) for result in results} <= {type(None), TooManyAttempts}
    return results.count(None)


async def test_a_flood_at_once_passes_exactly_the_limit(buckets, clock):
    throttles = [Throttle(buckets.limits, now=clock) for _ in range(3)]
    rule = Rule("login", 5, 900)
    assert await outcomes(throttles[n % 3].take(rule, "a", "b") for n in range(60)) == 5
    clock.forward(900)
    assert await outcomes(throttles[n % 3].take(rule, "a", "b") for n in range(60)) == 5


async def test_the_window_slides(buckets, clock):
    throttle, rule = Throttle(buckets.limits, now=clock), Rule("r", 2, 100)
    await throttle.take(rule, "a")
    clock.forward(60)
    await throttle.take(rule, "a")
    with pytest.raises(TooManyAttempts) as refusal:
        await throttle.take(rule, "a")
    assert refusal.value.retry_after == 40
    clock.forward(40)
    await throttle.take(rule, "a")
    with pytest.raises(TooManyAttempts) as refusal:
        await throttle.take(rule, "a")
    assert refusal.value.retry_after == 60


async def test_subjects_and_rules_do_not_share_a_window(buckets, clock):
    throttle = Throttle(buckets.limits, now=clock)
    for rule in (Rule("r", 1, 100), Rule("s", 1, 100)):
        for subject in (("a",), ("b",), ("a", "b")):
            await throttle.take(rule, *subject)
