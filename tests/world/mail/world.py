"""`MailWorld`: every mail server and the DNS that leads to them, as one async context manager."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import AsyncIterator, Iterable, Mapping
from typing import Any

import trustme

from deploy.ports import free_port
from tests.world.mail.ledger import Ledger
from tests.world.mail.manners import Domain, Server
from tests.world.mail.names import MailNames, serve_mail_names
from tests.world.mail.session import House, Session
from tests.world.mail.wire import Inbox

_ATTEMPTS = 8
"""A port that is free at one address may be taken at another."""


class MailWorld:
    """Running mail servers, each at an address of its own (127.77.x.y, Linux) and all at one port."""

    def __init__(self, servers: Iterable[Server], domains: Iterable[Domain]) -> None:
        self.servers = {server.host: server for server in servers}
        self.domains = {domain.name: domain for domain in domains}
        self.addresses = {
            host: f"127.77.{number // 250}.{number % 250 + 1}" for number, host in enumerate(self.servers)
        }
        self.ledger = Ledger()
        self.port = self.dns_port = 0
        self._open: set[asyncio.StreamWriter] = set()

    @classmethod
    @contextlib.asynccontextmanager
    async def start(
        cls,
        servers: Iterable[Server],
        domains: Iterable[Domain],
        *,
        hosts: Mapping[str, str] | None = None,
        forward: str = "",
    ) -> AsyncIterator[MailWorld]:
        """Listen until the block ends; inside it everything answers.

        `hosts`: addresses of further hosts that domains may name as their MX; `forward`: the `host:port` of the DNS
        server to ask about every name that is not of mail.
        """
        world = cls(servers, domains)
        async with contextlib.AsyncExitStack() as stack:
            await world._listen(stack)
            names = MailNames(world.domains, world.addresses | dict(hosts or {}), forward)
            world.dns_port = await serve_mail_names(stack, names)
            stack.callback(world._hang_up)
            yield world

    def settings_env(self, around: Mapping[str, str] | None = None) -> dict[str, str]:
        """The variables that make the product's mail go here. `around`: those of the world of sites that the names
        of others are forwarded to; what both set is put together."""
        allowed = [part for part in (around or {}).get("OUTSEND_EGRESS_ALLOW", "").split(",") if part]
        allowed += [
            f"{address}:{self.port}"
            for host, address in self.addresses.items()
            if self.servers[host].listening != "private"
        ]
        return dict(around or {}) | {
            "OUTSEND_DNS_SERVERS": f"127.0.0.1:{self.dns_port}",
            "OUTSEND_EGRESS_ALLOW": ",".join(allowed),
            "OUTSEND_VERIFY_SMTP_PORT": str(self.port),
        }

    async def _listen(self, stack: contextlib.AsyncExitStack) -> None:
        authority = trustme.CA(organization_name="Mail Without Authority")
        for attempt in range(_ATTEMPTS):
            self.port = free_port()
            try:
                async with contextlib.AsyncExitStack() as opened:
                    for server in self.servers.values():
                        await self._open_server(opened, server, authority)
                    await stack.enter_async_context(opened.pop_all())
                return
            except OSError:
                if attempt == _ATTEMPTS - 1:
                    raise

    async def _open_server(self, stack: contextlib.AsyncExitStack, server: Server, authority: trustme.CA) -> None:
        address = self.addresses[server.host]
        if server.listening == "refuses":
            return
        if server.listening == "swallows":
            _dig_hole(stack, address, self.port)
            return
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        if server.tls:
            authority.issue_cert(server.host).configure_cert(tls)
        house = House(server, self.domains, self.ledger, tls)

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            assert isinstance(reader, Inbox)
            self._open.add(writer)
            try:
                await Session(house, reader, writer).run()
            finally:
                self._open.discard(writer)
                writer.close()

        def protocol() -> asyncio.StreamReaderProtocol:
            return asyncio.StreamReaderProtocol(Inbox(), serve)

        listening: Any = await asyncio.get_running_loop().create_server(protocol, address, self.port, backlog=512)
        stack.callback(listening.close)

    def _hang_up(self) -> None:
        for writer in list(self._open):
            writer.transport.abort()


def _dig_hole(stack: contextlib.AsyncExitStack, address: str, port: int) -> None:
    """Listen without ever accepting, the queue already full: the kernel drops every SYN."""
    hole = stack.enter_context(socket.socket())
    hole.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    hole.bind((address, port))
    hole.listen(0)
    for _ in range(4):
        filler = stack.enter_context(socket.socket())
        filler.setblocking(False)
        filler.connect_ex((address, port))
