"""How often something may be tried: exact sliding windows in NATS KV, shared by all processes.

Bucket `limits`, `limit.<rule>.<sha256 of the subject>`: neither addresses of clients nor of mails are stored.
"""

from __future__ import annotations

import asyncio
import ipaddress
import math
import time
from collections.abc import Callable

import msgspec
import structlog
from nats.js.kv import KeyValue

from shared.identity.errors import Conflict, TooManyAttempts, Unavailable
from shared.identity.records import Records, digest

_log = structlog.get_logger(__name__)

_PATIENCE = 3.0
"""Seconds until a store that does not answer is taken for gone."""


class Rule(msgspec.Struct, frozen=True):
    """At most `limit` attempts in any `window` seconds; the bucket's TTL must not be shorter."""

    name: str
    limit: int
    window: float


class _Attempts(msgspec.Struct, frozen=True):
    times: tuple[float, ...] = ()


class Throttle:
    """Counts attempts. When the store fails nobody is locked out: it lets them pass and logs a warning."""

    def __init__(self, limits: KeyValue, *, now: Callable[[], float] = time.time) -> None:
        self._bucket = limits
        self._now = now

    async def take(self, rule: Rule, *subject: str) -> None:
        """Count one attempt of `subject`, or raise TooManyAttempts; an attempt refused does not count."""
        records = Records(self._bucket, f"limit.{rule.name}", _Attempts)
        try:
            async with asyncio.timeout(_PATIENCE):
                await self._take(records, digest("\n".join(subject)), rule)
        except (Unavailable, TimeoutError) as error:
            _log.warning("throttle_fails_open", rule=rule.name, error=str(error.__cause__ or error))

    async def _take(self, records: Records[_Attempts], name: str, rule: Rule) -> None:
        # Each conflict is another's attempt that counted: after `limit` of them the window is full, so a
        # flood of attempts at once ends in a refusal and never in a pass.
        for attempt in range(rule.limit + 5):
            found = await records.read(name)
            now = self._now()
            times = _recent(found[0] if found else _Attempts(), now - rule.window)
            if len(times) >= rule.limit:
                raise TooManyAttempts(max(1, math.ceil(times[-rule.limit] + rule.window - now)))
            attempts = _Attempts((*times, now))
            try:
                await (records.replace(name, attempts, found[1]) if found else records.create(name, attempts))
            except Conflict:
                await asyncio.sleep(0.002 * attempt)
                continue
            return
        raise TooManyAttempts(1)


def client_block(address: str) -> str:
    """What counts as one client: an IPv4 address, or an IPv6 /64, of which one subscriber has every address.

    Text that is no address counts as itself.
    """
    try:
        client = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(client, ipaddress.IPv6Address):
        if client.ipv4_mapped:
            return str(client.ipv4_mapped)
        return str(ipaddress.ip_network((int(client), 64), strict=False))
    return str(client)


def _recent(attempts: _Attempts, since: float) -> list[float]:
    return sorted(moment for moment in attempts.times if moment > since)
