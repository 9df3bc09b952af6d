"""`World`: the whole internet of the tests as one async context manager."""

from __future__ import annotations

import asyncio
import contextlib
import csv
import socket
import ssl
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

from tests.world.bulk import DOMAIN, bulk_items
from tests.world.catalogue import Site, load_sites
from tests.world.certificates import Authority
from tests.world.ledger import Entry, Ledger
from tests.world.names import Names, serve_names
from tests.world.server import Connection
from tests.world.town import Town

ADDRESS = "127.0.0.1"
REFUSING = "127.0.0.9"
"""Nobody listens there: a connection is refused. On Linux all of 127/8 is loopback."""
BLACKHOLE = "127.0.0.8"
"""A full backlog: a connection is neither accepted nor refused, it times out."""


class World:
    """A running world. Lives on the event loop that started it; readers on other threads use the control host."""

    def __init__(self, folder: Path) -> None:
        self.sites: tuple[Site, ...] = load_sites()
        self.ledger = Ledger()
        self.ca_file = folder / "ca.pem"
        self.http_port = self.https_port = self.dns_port = 0
        self._town = Town(self.sites, self.ledger)
        self._open: set[Connection] = set()

    @classmethod
    @contextlib.asynccontextmanager
    async def start(
        cls, folder: Path | None = None, *, http_port: int = 0, https_port: int = 0, dns_port: int = 0
    ) -> AsyncIterator[World]:
        """Listen until the block ends; inside it everything answers. Port 0: a free one. `folder`: where the
        authority's PEM goes (made if missing; default: a temporary one)."""
        async with contextlib.AsyncExitStack() as stack:
            if folder is None:
                folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="world-")))
            folder.mkdir(parents=True, exist_ok=True)
            world = cls(folder)
            authority = Authority(world._town.by_host, wildcards=(DOMAIN,))
            authority.write_pem(world.ca_file)
            world.dns_port = await serve_names(stack, Names(world._town.by_host, world.ledger), dns_port)
            world.http_port = await world._listen(stack, "http", http_port, None)
            world.https_port = await world._listen(stack, "https", https_port, authority.listener_context())
            stack.callback(world._hang_up)
            for port in (world.http_port, world.https_port):
                _dig_hole(stack, port)
            yield world

    async def _listen(
        self, stack: contextlib.AsyncExitStack, scheme: str, port: int, tls: ssl.SSLContext | None
    ) -> int:
        server = await asyncio.get_running_loop().create_server(
            lambda: Connection(self._town, scheme, self._open), ADDRESS, port, ssl=tls, backlog=4096
        )
        stack.callback(server.close)
        return int(server.sockets[0].getsockname()[1])

    def _hang_up(self) -> None:
        for connection in list(self._open):
            connection.transport.abort()

    def settings_env(self) -> dict[str, str]:
        """The variables of shared/settings.py that make the product live in this world instead of the real one."""
        ports = (self.http_port, self.https_port)
        return {
            "OUTSEND_DNS_SERVERS": f"{ADDRESS}:{self.dns_port}",
            "OUTSEND_EGRESS_ALLOW": ",".join(
                f"{address}:{port}" for address in (ADDRESS, REFUSING, BLACKHOLE) for port in ports
            ),
            "OUTSEND_EGRESS_PORTS": f"80,443,8080,8443,{self.http_port},{self.https_port}",
            "OUTSEND_HTTP_PORT_MAP": f"http={self.http_port},https={self.https_port}",
            "OUTSEND_EGRESS_CA_FILE": str(self.ca_file),
            "OUTSEND_HOST_DELAY": "0.01",
        }

    def site(self, host: str) -> Site:
        """The site of a host or alias. Raises KeyError when the town has none."""
        return self._town.by_host[host]

    def items(self) -> list[dict[str, str]]:
        """The town as a list of leads."""
        return [site.item() for site in self.sites]

    bulk_items = staticmethod(bulk_items)

    def requests(self, host: str) -> int:
        """How many requests the host has had, robots.txt included, since the start or the last reset."""
        return self.ledger.requests[host]

    def log(self, host: str) -> list[Entry]:
        """The host's requests in order, as far as the log goes back."""
        return [entry for entry in self.ledger.log if entry.host == host]

    async def wait_for_requests(self, host: str, count: int = 1) -> None:
        """Return once the host has had `count` requests."""
        await self.ledger.wait_for(host, count)

    def hold(self, host: str) -> None:
        """Requests to the host arrive and are counted, but wait for `release` to be answered."""
        self.ledger.hold(host)

    def release(self, host: str) -> None:
        """Answer what waits at the host."""
        self.ledger.release(host)

    def reset(self) -> None:
        """Counts, log, gates and everything that depends on how often was asked, as at the start."""
        self.ledger.reset()


def write_csv(items: list[dict[str, str]], path: Path) -> None:
    """The list as French office software writes it: UTF-8, semicolons, one header line."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(items[0]), delimiter=";", lineterminator="\n")
        writer.writeheader()
        writer.writerows(items)


def _dig_hole(stack: contextlib.ExitStack | contextlib.AsyncExitStack, port: int) -> None:
    """Listen at BLACKHOLE without ever accepting, the queue already full: the kernel drops every SYN."""
    hole = stack.enter_context(socket.socket())
    hole.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    hole.bind((BLACKHOLE, port))
    hole.listen(0)
    for _ in range(4):
        filler = stack.enter_context(socket.socket())
        filler.setblocking(False)
        filler.connect_ex((BLACKHOLE, port))
