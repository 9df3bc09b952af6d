"""The DNS of mail (UDP): MX records and the addresses of servers; questions about other names are passed on."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping
from typing import cast

from dnslib import MX, QTYPE, RCODE, RR, SOA, A, DNSHeader, DNSRecord

from tests.world.mail.manners import Domain

_TTL = 5
_RCODES = {"answer": RCODE.NOERROR, "nxdomain": RCODE.NXDOMAIN, "servfail": RCODE.SERVFAIL}
_FORWARD_SECONDS = 10.0


class MailNames:
    """Answers for the domains and hosts of mail; `forward` is the `host:port` of whom to ask about all others."""

    def __init__(self, domains: Mapping[str, Domain], hosts: Mapping[str, str], forward: str = "") -> None:
        self._domains = domains
        self._hosts = hosts
        self._forward = forward

    async def answer(self, wire: bytes) -> bytes | None:
        """The reply to one message, or None: the resolver hears nothing."""
        question = DNSRecord.parse(wire)
        name = str(question.q.qname).rstrip(".").lower()
        qtype = QTYPE.get(question.q.qtype)
        domain = self._domains.get(name)
        address = self._hosts.get(domain.at if domain is not None else name)
        if domain is None or (domain.dns == "answer" and qtype != "MX"):
            if address is None and self._forward:
                return await _asked(self._forward, wire)
        elif domain.dns == "silent":
            return None
        reply = DNSRecord(DNSHeader(id=question.header.id, qr=1, aa=1, ra=1, rd=question.header.rd), q=question.q)
        if domain is None:
            reply.header.rcode = RCODE.NXDOMAIN if address is None else RCODE.NOERROR
        else:
            reply.header.rcode = _RCODES[domain.dns]
            if qtype == "MX":
                for preference, host in domain.mx:
                    reply.add_answer(RR(name, QTYPE.MX, rdata=MX(host or ".", preference), ttl=_TTL))
        if qtype == "A" and address is not None:
            reply.add_answer(RR(name, QTYPE.A, rdata=A(address), ttl=_TTL))
        if not reply.rr:  # without it a resolver may not keep the negative answer (RFC 2308)
            reply.add_auth(RR("test", QTYPE.SOA, rdata=SOA("ns.world.test", "root.world.test", (1, 9, 9, 9, _TTL))))
        return bytes(reply.pack())


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, names: MailNames) -> None:
        self._names = names
        self._answering: set[asyncio.Task[None]] = set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        task = asyncio.ensure_future(self._answer(data, addr))
        self._answering.add(task)
        task.add_done_callback(self._answering.discard)

    async def _answer(self, data: bytes, addr: tuple[str, int]) -> None:
        if reply := await self._names.answer(data):
            self._transport.sendto(reply, addr)


class _Reply(asyncio.DatagramProtocol):
    def __init__(self) -> None:
        self.came: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        if not self.came.done():
            self.came.set_result(data)


async def _asked(server: str, wire: bytes) -> bytes | None:
    host, _, port = server.rpartition(":")
    loop = asyncio.get_running_loop()
    transport, reply = await loop.create_datagram_endpoint(_Reply, remote_addr=(host, int(port)))
    try:
        transport.sendto(wire)
        async with asyncio.timeout(_FORWARD_SECONDS):
            return await reply.came
    except TimeoutError:
        return None
    finally:
        transport.close()


async def serve_mail_names(stack: contextlib.AsyncExitStack, names: MailNames) -> int:
    """Listen on 127.0.0.1 until the stack closes; the port taken."""
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(lambda: _Datagrams(names), local_addr=("127.0.0.1", 0))
    stack.callback(transport.close)
    return int(transport.get_extra_info("sockname")[1])
