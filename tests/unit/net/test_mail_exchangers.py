"""Where a domain's mail goes, asked of a real DNS server."""

import asyncio
import contextlib

import pytest
from dnslib import MX, QTYPE, RCODE, RR, SOA, A, DNSRecord

from shared.net.errors import EgressError
from shared.net.mail_exchangers import MailExchangers, MailRoute
from shared.net.resolver import Resolver

ZONE = {
    "deux.test": [MX("mx2.test", 20), MX("MX1.test", 10)],
    "egaux.test": [MX("b.test", 10), MX("a.test", 10)],
    "nul.test": [MX(".", 0)],
    "nul-et-autre.test": [MX(".", 0), MX("mx1.test", 10)],
    "double.test": [MX("mx1.test", 10), MX("mx1.test", 20)],
    "cent.test": [MX(f"mx{number}.test", number) for number in range(40)],
    "soi.test": [A("192.0.2.7")],
    "rien.test": [],
}
FAILING = {"panne.test": RCODE.SERVFAIL, "refuse.test": RCODE.REFUSED}


class Zone(asyncio.DatagramProtocol):
    def __init__(self):
        self.asked = []

    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, addr):
        question = DNSRecord.parse(data)
        name, kind = str(question.q.qname).rstrip(".").lower(), QTYPE[question.q.qtype]
        self.asked.append((name, kind))
        reply = question.reply()
        if name in FAILING:
            reply.header.rcode = FAILING[name]
        elif name not in ZONE:
            reply.header.rcode = RCODE.NXDOMAIN
        for record in ZONE.get(name, []):
            if type(record).__name__ == kind:
                reply.add_answer(RR(name, question.q.qtype, rdata=record, ttl=60))
        if not reply.rr:
            reply.add_auth(RR("test", QTYPE.SOA, rdata=SOA("ns.test", "root.test", (1, 60, 60, 60, 60)), ttl=60))
        self.transport.sendto(reply.pack(), addr)


@contextlib.asynccontextmanager
async def exchangers():
    loop = asyncio.get_running_loop()
    transport, zone = await loop.create_datagram_endpoint(Zone, local_addr=("127.0.0.1", 0))
    servers = [f"127.0.0.1:{transport.get_extra_info('sockname')[1]}"]
    yield MailExchangers(servers, Resolver(servers)), zone
    transport.close()


@pytest.mark.parametrize(
    ("domain", "route"),
    [
        ("deux.test", MailRoute(("mx1.test", "mx2.test"))),
        ("egaux.test", MailRoute(("a.test", "b.test"))),
        ("nul.test", MailRoute((), "null_mx")),
        ("nul-et-autre.test", MailRoute(("mx1.test",))),
        ("double.test", MailRoute(("mx1.test",))),
        ("cent.test", MailRoute(tuple(f"mx{number}.test" for number in range(8)))),
        ("soi.test", MailRoute(("soi.test",))),
        ("rien.test", MailRoute((), "no_mail_server")),
        ("inconnu.test", MailRoute((), "no_such_domain")),
    ],
)
async def test_routes(domain, route):
    async with exchangers() as (exchangers_, zone):
        assert await exchangers_.find(domain) == route
        asked = len(zone.asked)
        assert await exchangers_.find(domain) == route
        assert len(zone.asked) == asked, "it is remembered"


@pytest.mark.parametrize("domain", FAILING)
async def test_name_servers_that_fail_are_no_absence_and_not_remembered(domain):
    async with exchangers() as (exchangers_, zone):
        for _ in range(2):
            with pytest.raises(EgressError) as caught:
                await exchangers_.find(domain)
            assert (caught.value.code, caught.value.retryable) == ("dns", True)
        assert len(zone.asked) >= 2


async def test_many_ask_and_one_question_is_sent():
    async with exchangers() as (exchangers_, zone):
        routes = await asyncio.gather(*(exchangers_.find("deux.test") for _ in range(50)))
        assert set(routes) == {MailRoute(("mx1.test", "mx2.test"))}
        assert zone.asked == [("deux.test", "MX")]
