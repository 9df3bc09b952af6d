"""The world's DNS server (UDP and TCP): addresses of its hosts, and the ways a name can fail."""

from __future__ import annotations

import asyncio
import contextlib
import struct
from typing import cast

from dnslib import AAAA, CNAME, QTYPE, RCODE, RR, SOA, A, DNSHeader, DNSRecord

from tests.world.bulk import BulkSite
from tests.world.catalogue import Dns, Site
from tests.world.ledger import Ledger

TTL = 5
"""Short, so that a test of rebinding need not outwait a cache."""


class Names:
    """Answers questions about the sites of the world; every other name does not exist."""

    def __init__(self, sites: dict[str, Site], ledger: Ledger) -> None:
        self._sites = sites
        self._ledger = ledger

    def answer(self, wire: bytes, *, over_tcp: bool) -> bytes | None:
        """The reply to one message, or None: the resolver hears nothing."""
        question = DNSRecord.parse(wire)
        name = str(question.q.qname).rstrip(".").lower()
        qtype = QTYPE.get(question.q.qtype)
        script = self._script(name)
        reply = DNSRecord(DNSHeader(id=question.header.id, qr=1, aa=1, ra=1, rd=question.header.rd), q=question.q)
        ordinal = self._ledger.record_question(name) if qtype == "A" else 1
        match script.kind:
            case "silent":
                return None
            case "servfail":
                reply.header.rcode = RCODE.SERVFAIL
            case "nxdomain":
                reply.header.rcode = RCODE.NXDOMAIN
                _add_soa(reply)
            case "answer" if script.truncate and not over_tcp:
                reply.header.tc = 1
            case "answer":
                _add_addresses(reply, name, script, qtype, ordinal)
        return bytes(reply.pack())

    def _script(self, name: str) -> Dns:
        if site := self._sites.get(name):
            return site.dns
        if (bulk := BulkSite.parse(name)) and bulk.kind != "dead":
            return Dns()
        return Dns(kind="nxdomain")


def _add_addresses(reply: DNSRecord, name: str, script: Dns, qtype: str, ordinal: int) -> None:
    owner = name
    if script.cname:
        reply.add_answer(RR(name, QTYPE.CNAME, rdata=CNAME(script.cname), ttl=TTL))
        owner = script.cname
    addresses = script.then if script.then and ordinal > 1 else script.addresses
    for address in addresses:
        kind = "AAAA" if ":" in address else "A"
        if kind == qtype:
            rdata = AAAA(address) if kind == "AAAA" else A(address)
            reply.add_answer(RR(owner, getattr(QTYPE, kind), rdata=rdata, ttl=TTL))
    if not reply.rr:
        _add_soa(reply)


def _add_soa(reply: DNSRecord) -> None:
    """Without it a resolver may not keep the negative answer (RFC 2308)."""
    soa = SOA("ns.world.test", "root.world.test", (1, 3600, 600, 86400, TTL))
    reply.add_auth(RR("test", QTYPE.SOA, rdata=soa, ttl=TTL))


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, names: Names) -> None:
        self._names = names

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        if reply := self._names.answer(data, over_tcp=False):
            self._transport.sendto(reply, addr)


async def serve_names(stack: contextlib.AsyncExitStack, names: Names, port: int) -> int:
    """Listen on 127.0.0.1 over UDP and TCP until the stack closes; the port taken (0 asks for a free one)."""
    server, transport, taken = await _bind(names, port)
    stack.callback(server.close)
    stack.callback(transport.close)
    return taken


async def _bind(names: Names, port: int, attempts: int = 8) -> tuple[asyncio.Server, asyncio.BaseTransport, int]:
    """Both transports on one port; a port that is free for TCP may be another's for UDP, then the next one."""
    server = await asyncio.start_server(lambda r, w: _over_tcp(names, r, w), "127.0.0.1", port)
    taken = int(server.sockets[0].getsockname()[1])
    try:
        transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
            lambda: _Datagrams(names), local_addr=("127.0.0.1", taken)
        )
    except OSError:
        server.close()
        if port or not attempts:
            raise
        return await _bind(names, 0, attempts - 1)
    return server, transport, taken


async def _over_tcp(names: Names, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
        while True:
            (length,) = struct.unpack("!H", await reader.readexactly(2))
            reply = names.answer(await reader.readexactly(length), over_tcp=True)
            if reply is not None:
                writer.write(struct.pack("!H", len(reply)) + reply)
    writer.close()
