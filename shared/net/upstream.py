"""Manners towards one outside API, kept by the whole deployment: its rate, its Retry-After, and rest when it is down.

All processes share one entry of the bucket `quotas` per API and change it by revision. Times in it are the broker's:
each process measures how far its own monotonic clock is behind it, so no two clocks of machines are ever compared.
"""

from __future__ import annotations

import asyncio
import math
import random
import time
from contextlib import suppress
from typing import Self

import msgspec
from nats.errors import Error as NatsError
from nats.js import JetStreamContext
from nats.js.errors import KeyNotFoundError, KeyWrongLastSequenceError
from nats.js.kv import KeyValue

from contracts.subjects import QUOTAS_BUCKET
from shared.messaging.streams import quotas_bucket
from shared.settings import Settings

_CLOCK_GOOD_FOR = 60.0
"""Seconds after which the broker's time is asked again; two quartz clocks part by less than 10 ms in that time."""
_CLOCK_EXACT = 0.01
"""Seconds that asking may take; an answer that a busy process reads later is asked for again …"""
_CLOCK_TRIES = 5
"""… so often at most."""
_LATE = 0.25
"""Who wakes later than this after its turn (the process was paused) has lost it, and asks for another."""
_LONGEST_REQUEST = 40.0
"""Seconds after which a request of a strict guard counts as ended, though nobody told so: its process has died. Above
the 30 that a client gives a request."""
_LOOK_AGAIN = 0.02
"""Seconds between two looks whether another process has had an answer."""
_WINDOW_MARGIN = 0.01
"""Seconds that two processes' ideas of the broker's time may be apart."""
_LONGEST_QUEUE = 90.0
"""Seconds that a turn may be away. Who waits for one holds a slot, so a queue is no longer than there are slots; who is
sent away has lost an attempt, though the API did nothing wrong."""
_SLOWER, _SLOWEST = 0.1, 1.0
"""Each pause that an API asks for puts turns a tenth further apart, up to twice as far: somebody else behind our
address may be asking too, and an API that refuses too often bans …"""
_FORGIVEN = 600.0
"""… and in so many seconds half of it is made good again."""
_BROKER_AWAY = 1.0
"""Seconds between two questions to a broker that does not answer."""
_NO_ANSWER = (NatsError, TimeoutError, OSError)


class UpstreamResting(Exception):
    """No turn now: the API asked for a pause, is down, or too many wait before. Try again in `retry_after` seconds."""

    def __init__(self, name: str, retry_after: float) -> None:
        super().__init__(f"{name} is not to be asked for another {retry_after:.0f} seconds.")
        self.retry_after = retry_after


class _Quota(msgspec.Struct, frozen=True):
    """What processes share. Broker's seconds."""

    next: float = 0.0
    """When the bucket would be full again if nobody asked any more (the theoretical arrival time of GCRA)."""
    rest: float = 0.0
    """Until when nobody asks."""
    slower: float = 0.0
    """By what share turns are further apart than planned …"""
    slowed: float = 0.0
    """… at this time; from then on it is less and less."""
    taken: tuple[float, ...] = ()
    """Of a strict guard: until when each of the last requests counts. Of one that is away, far in the future."""

    def slower_at(self, now: float) -> float:
        """The share at another time."""
        return self.slower * math.exp2((self.slowed - now) / _FORGIVEN)


class Quotas(msgspec.Struct, frozen=True):
    """Where processes meet to share the limits of outside APIs."""

    js: JetStreamContext
    bucket: KeyValue

    @classmethod
    async def open(cls, js: JetStreamContext, settings: Settings) -> Self:
        """The bucket of this deployment, made when there is none. Raises the broker's own errors."""
        return cls(js, await quotas_bucket(js, settings))


class UpstreamGuard:
    """A turn for each request to one API: `rate` a second over all processes, `burst` of them at once.

    Without `quotas` it keeps the rate within this process alone. Between any two moments t seconds apart at most
    rate * t + burst turns are given; fewer for a while after the API asked for a pause. After `failures` in a row the
    API rests for `rest` seconds, then twice as long each time it still fails, up to `longest_rest`.

    `strict`: in no second more than `rate` requests arrive, however late any of them leaves or arrives, for one counts
    until a second after its answer. That costs the rate its share of an answer's time, and needs `succeeded` or
    `failed` after each turn. Each process has one turn ahead, so `max_wait` does not count.
    """

    def __init__(
        self,
        name: str,
        *,
        rate: float,
        burst: int = 1,
        quotas: Quotas | None = None,
        max_wait: float = _LONGEST_QUEUE,
        strict: bool = False,
        failures: int = 5,
        rest: float = 15.0,
        longest_rest: float = 300.0,
    ) -> None:
        if rate <= 0 or burst < 1:
            raise ValueError("an API takes some requests: rate > 0 and burst >= 1")
        self.name = name
        self._interval = 1 / rate
        self._slack = (burst - 1) / rate
        self._max_wait = max_wait
        self._most = max(int(rate), 1) if strict else 0
        self._window = self._most / rate + _WINDOW_MARGIN
        self._failures = failures
        self._rest = rest
        self._longest_rest = longest_rest
        self._in_a_row = 0
        self._shared = _Shared(quotas, name) if quotas is not None else None
        self._local = _Quota()
        self._rest_here = 0.0
        self._given_up: set[asyncio.Task[None]] = set()
        self._one_at_a_time = asyncio.Lock()

    async def turn(self) -> None:
        """Wait until a request may be sent, and send it at once then. Raises UpstreamResting, instead of `max_wait`.

        While the broker does not answer there is no turn, and one waits for it: an unkept limit costs the whole
        deployment its access, and without the broker no result could be told either.
        """
        while True:
            given = False
            try:
                async with self._one_at_a_time:
                    at, now = await self._reserve()
                    given, due = True, time.monotonic() + at - now
                    if self._most:
                        await asyncio.sleep(at - now)
                await asyncio.sleep(due - time.monotonic())
                # Turns are given ahead; a pause that was asked for meanwhile takes them back.
                quota, _, now = await self._read()
                self._require_no_pause(quota, now)
            except _NO_ANSWER:
                await asyncio.sleep(_BROKER_AWAY)
                continue
            except BaseException:
                if given:
                    self.give_up()
                raise
            if self._most or time.monotonic() - due < _LATE:
                return

    def give_up(self) -> None:
        """Neither `succeeded` nor `failed` will follow a turn: who had it was cancelled."""
        if self._most:
            task = asyncio.create_task(self._answered())
            self._given_up.add(task)
            task.add_done_callback(self._given_up.discard)

    async def succeeded(self) -> None:
        """The API answered as it should, or refused this one request for good."""
        self._in_a_row = 0
        await self._answered()

    async def failed(self, retry_after: float | None = None) -> None:
        """The API was overloaded, down or slow; `retry_after` is the pause it asked for, in seconds."""
        self._in_a_row += 1
        rest = min(retry_after, self._longest_rest) if retry_after is not None else 0.0
        over = self._in_a_row - self._failures
        if over >= 0:
            rest = max(rest, min(self._rest * 2 ** min(over, 10), self._longest_rest))
        if rest > 0:
            # Here at once, behind nobody who waits for a turn; and here alone, if the broker cannot be told.
            self._rest_here = max(self._rest_here, time.monotonic() + rest)
            with suppress(*_NO_ANSWER):
                await self._pause(rest, slower=_SLOWER if retry_after is not None else 0.0)
        await self._answered()

    async def _reserve(self) -> tuple[float, float]:
        """Take the next turn: when it is, and what the time is now."""
        while True:
            quota, revision, now = await self._read()
            self._require_no_pause(quota, now)
            at = max(now, quota.next - self._slack)
            taken = sorted(until for until in quota.taken if until > now)
            if self._most:
                free = taken[-self._most] if len(taken) >= self._most else now
                if free > now + self._window:  # nobody knows yet when that answer comes
                    await asyncio.sleep(_LOOK_AGAIN)
                    continue
                at = max(at, free)
                taken.append(at + _LONGEST_REQUEST)
            elif at - now > self._max_wait:
                raise UpstreamResting(self.name, at - now)
            after = max(at, quota.next) + self._interval * (1 + quota.slower_at(now))
            if await self._write(msgspec.structs.replace(quota, next=after, taken=tuple(taken)), revision):
                return at, now

    async def _answered(self) -> None:
        """One of the requests that are away is back: whichever, they count alike."""
        if not self._most:
            return
        with suppress(*_NO_ANSWER):
            while True:
                quota, revision, now = await self._read()
                away = [until for until in quota.taken if until > now + self._window]
                if not away:
                    return
                rest = list(quota.taken)
                rest.remove(min(away))
                taken = (*rest, now + self._window)
                if await self._write(msgspec.structs.replace(quota, taken=taken), revision):
                    return

    def _require_no_pause(self, quota: _Quota, now: float) -> None:
        left = max(quota.rest - now, self._rest_here - time.monotonic())
        if left > 0:
            raise UpstreamResting(self.name, left)

    async def _pause(self, seconds: float, *, slower: float) -> None:
        while True:
            quota, revision, now = await self._read()
            until = max(quota.rest, now + seconds)
            if quota.rest > now:  # requests that were refused together count once
                slower = 0.0
            slowed = min(quota.slower_at(now) + slower, _SLOWEST)
            if await self._write(_Quota(max(quota.next, until), until, slowed, now, quota.taken), revision):
                return

    async def _read(self) -> tuple[_Quota, int, float]:
        if self._shared is None:
            return self._local, 0, time.monotonic()
        return await self._shared.read()

    async def _write(self, quota: _Quota, revision: int) -> bool:
        if self._shared is not None:
            return await self._shared.write(quota, revision)
        self._local = quota
        return True


class _Shared:
    """The entry of one API in the bucket, and the broker's clock."""

    def __init__(self, quotas: Quotas, name: str) -> None:
        self._js = quotas.js
        self._bucket = quotas.bucket
        self._name = name
        self._ahead = 0.0
        self._asked = -_CLOCK_GOOD_FOR

    async def read(self) -> tuple[_Quota, int, float]:
        """The entry, its revision, and the broker's time."""
        await self._set_clock()
        try:
            entry = await self._bucket.get(self._name)
            quota, revision = msgspec.json.decode(entry.value or b"{}", type=_Quota), entry.revision or 0
        except KeyNotFoundError:
            quota, revision = _Quota(), 0
        return quota, revision, time.monotonic() + self._ahead

    async def write(self, quota: _Quota, revision: int) -> bool:
        """Whether nobody else was faster."""
        try:
            await self._bucket.update(self._name, msgspec.json.encode(quota), last=revision)
        except KeyWrongLastSequenceError:
            await asyncio.sleep(random.uniform(0, 0.01))  # noqa: S311 - so that two do not run into each other again
            return False
        return True

    async def _set_clock(self) -> None:
        """Learn the broker's time from a message it stamps: at most the way there and back behind, never ahead.

        So of several tries the one that is furthest ahead is the best.
        """
        if time.monotonic() - self._asked < _CLOCK_GOOD_FOR:
            return
        best = -math.inf
        for _ in range(_CLOCK_TRIES):
            began = time.monotonic()
            best = max(best, await self._stamped() - time.monotonic())
            if time.monotonic() - began < _CLOCK_EXACT:
                break
        self._ahead = best
        self._asked = time.monotonic()

    async def _stamped(self) -> float:
        key = f"{self._name}.clock"
        await self._bucket.put(key, b"")
        # The newest of all processes: another one may have replaced ours, and its stamp is good as well.
        message = await self._js.get_last_msg(f"KV_{QUOTAS_BUCKET}", f"$KV.{QUOTAS_BUCKET}.{key}")
        assert message.time is not None, "the broker stamps every message"
        return float(message.time.timestamp())
