"""Addresses a second that one worker verifies over many mail servers a fifth of a second away.

    make bench-verify ARGS="--domains 50 --each 60 --latency 0.2"

Every server answers each command `latency` seconds after it came, offers PIPELINING and knows half of the addresses.
Ours is the whole product: items through the durable queue, every address with its server's answer to a name that
nobody has, a row for each; at its own manners (two connections to a server, recipients a second). Beside it, in the
same run and at as many connections, what a simple verifier does: a session for each address (banner, EHLO, MAIL FROM,
the name that nobody has, the address, QUIT), without a queue and without rows.
The last line is `RESULT verify <addresses a second> addresses/s`.
"""

from __future__ import annotations

import argparse
import asyncio
import secrets
from collections import defaultdict, deque
from typing import Any

import msgspec

from shared.settings import Settings
from tests.bench.running import Stopwatch, machine, post, result, running, until_done
from tests.world.mail.catalogue import addresses, crowd
from tests.world.mail.ledger import Ledger
from tests.world.mail.world import MailWorld

_SETTINGS = ("dns_servers", "egress_allow", "verify_smtp_port")
_PAGE = 5_000


class Run(msgspec.Struct, frozen=True):
    """One list verified."""

    addresses: int
    seconds: float
    sessions: int
    questions: int
    """Recipients asked about, names that nobody has included."""
    most: int
    """Connections to one server at once."""

    @property
    def rate(self) -> float:
        """Addresses a second."""
        return self.addresses / self.seconds

    def line(self, name: str) -> str:
        """A row of the table."""
        each = self.addresses / self.sessions
        return (
            f"{name:<24}{self.seconds:>8.1f}{self.rate:>8.1f}{self.sessions:>10}{each:>10.1f}"
            f"{self.questions:>10}{self.most:>8}"
        )


_HEAD = f"{'':<24}{'seconds':>8}{'a second':>8}{'sessions':>10}{'a session':>10}{'RCPTs':>10}{'at once':>8}"


def _run(ledger: Ledger, count: int, seconds: float) -> Run:
    if ledger.violations or ledger.over:
        raise RuntimeError(f"bad manners: {ledger.violations[:3]} {dict(ledger.over)}")
    return Run(count, seconds, len(ledger.visits), ledger.questions(), max(ledger.most_open.values()))


async def ours(world: MailWorld, wanted: list[str]) -> Run:
    """A job of the product, from POST to `done`."""
    lives = Settings.from_env(world.settings_env())
    async with running(**{name: getattr(lives, name) for name in _SETTINGS}) as (_, client):
        warm = await post(client, [{"email": "membre.0@d0.test"}], "verify-emails")
        await until_done(client, warm["id"])
        world.ledger.reset()
        watch = Stopwatch()
        job = await post(client, [{"email": address} for address in wanted], "verify-emails")
        await until_done(client, job["id"])
        seconds = watch.seconds
        rows: list[dict[str, Any]] = []
        while len(rows) < len(wanted):
            page = await client.get(f"/api/jobs/{job['id']}/items", params={"limit": _PAGE, "offset": len(rows)})
            page.raise_for_status()
            rows += page.json()["items"]
    _check(world, {row["email"]: row["status"] for row in rows}, wanted)
    return _run(world.ledger, len(wanted), seconds)


def _check(world: MailWorld, statuses: dict[str, str], wanted: list[str]) -> None:
    wrong = [address for address in wanted if statuses[address] != _right(world, address)]
    if wrong:
        raise RuntimeError(f"{len(wrong)} of {len(wanted)} are wrong: {wrong[0]} is {statuses[wrong[0]]}")


def _right(world: MailWorld, address: str) -> str:
    local, _, domain = address.partition("@")
    return "valid" if local in world.domains[domain].people else "invalid"


async def naive(world: MailWorld, wanted: list[str], connections: int) -> Run:
    """A session for each address, `connections` at once to each server."""
    world.ledger.reset()
    lists: defaultdict[str, deque[str]] = defaultdict(deque)
    for address in wanted:
        lists[world.domains[address.partition("@")[2]].mx[0][1]].append(address)
    statuses: dict[str, str] = {}

    async def work(host: str) -> None:
        while lists[host]:
            address = lists[host].popleft()
            statuses[address] = await _session(world.addresses[host], world.port, address)

    watch = Stopwatch()
    await asyncio.gather(*(work(host) for host in lists for _ in range(connections)))
    seconds = watch.seconds
    _check(world, statuses, wanted)
    return _run(world.ledger, len(wanted), seconds)


async def _session(host: str, port: int, address: str) -> str:
    reader, writer = await asyncio.open_connection(host, port)
    nobody = f"{secrets.token_hex(8)}@{address.partition('@')[2]}"
    replies = [await _reply(reader)]
    for command in ("EHLO sonde.test", "MAIL FROM:<>", f"RCPT TO:<{nobody}>", f"RCPT TO:<{address}>", "QUIT"):
        writer.write(f"{command}\r\n".encode())
        replies.append(await _reply(reader))
    writer.close()
    return "valid" if (replies[3], replies[4]) == (550, 250) else "invalid"


async def _reply(reader: asyncio.StreamReader) -> int:
    while (line := await reader.readline())[3:4] == b"-":
        pass
    return int(line[:3])


async def measure(domains: int, each: int, latency: float) -> Run:
    """Print the table; ours."""
    connections = Settings().verify_connections
    wanted = addresses(domains, each)
    print(f"{machine()}; {len(wanted)} addresses in {domains} domains with a server each, {latency * 1000:.0f} ms away")
    print(_HEAD)
    async with MailWorld.start(*crowd(domains, latency=latency)) as world:
        peer = await naive(world, wanted, connections)
        print(peer.line("a session an address"), flush=True)
        own = await ours(world, wanted)
        print(own.line("outsend"), flush=True)
    print(f"{own.rate / peer.rate:.1f} times the simple verifier")
    return own


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--domains", type=int, default=50)
    parser.add_argument("--each", type=int, default=60, help="addresses in each domain")
    parser.add_argument("--latency", type=float, default=0.2, help="seconds until a command is answered")
    options = parser.parse_args()
    own = asyncio.run(measure(options.domains, options.each, options.latency))
    result("verify", own.rate, "addresses/s")


if __name__ == "__main__":
    main()
