"""The world's mail servers behave as written, and notice what a client may not do."""

from __future__ import annotations

import asyncio
import contextlib
import smtplib

import pytest
from dnslib import QTYPE, RCODE, DNSRecord

from tests.unit.net.servers import Dns
from tests.world.mail.catalogue import HOSTS, PEOPLE, addresses, cast, crowd
from tests.world.mail.manners import Domain, Fault, Server
from tests.world.mail.world import MailWorld

HOST = "mx.un.test"


@contextlib.asynccontextmanager
async def one(**manners):
    """A world of one server, which knows one domain."""
    domain = Domain(name="un.test", mx=((10, HOST),), people=PEOPLE, replies={"plein": "452 4.2.2 Pleine\n4.2.2 Oui"})
    async with MailWorld.start([Server(host=HOST, **manners)], [domain]) as world:
        yield world


class Client:
    """Lines out, replies in."""

    def __init__(self, reader, writer):
        self.reader = reader
        self.writer = writer

    async def reply(self):
        lines = []
        while line := (await self.reader.readline()).decode().rstrip("\r\n"):
            lines.append(line)
            if line[3:4] != "-":
                break
        return "\n".join(lines)

    async def say(self, *lines):
        self.writer.write("".join(f"{line}\r\n" for line in lines).encode())
        return [await self.reply() for _ in lines]


@contextlib.asynccontextmanager
async def talking(world, host=HOST):
    reader, writer = await asyncio.open_connection(world.addresses[host], world.port)
    try:
        yield Client(reader, writer)
    finally:
        writer.close()
        await writer.wait_closed()


async def all_over(world):
    """Once the servers, too, know that their visitors have left."""
    async with asyncio.timeout(30):
        while any(not visit.ended for visit in world.ledger.visits):
            await asyncio.sleep(0.001)


async def asked(world, *addresses):
    """The replies to these recipients, in a proper session."""
    async with talking(world) as client:
        assert (await client.reply()).startswith("220")
        await client.say("EHLO sonde.test")
        await client.say("MAIL FROM:<>")
        replies = [(await client.say(f"RCPT TO:<{address}>"))[0] for address in addresses]
        await client.say("QUIT")
    await all_over(world)
    return replies


async def test_a_proper_session():
    async with one() as world:
        known, unknown, full, elsewhere = await asked(world, "Marie@un.test", "x@un.test", "plein@un.test", "x@y.test")
    assert known == "250 2.1.5 Ok"
    assert unknown == "550 5.1.1 <x@un.test>: Recipient address rejected: User unknown"
    assert full == "452-4.2.2 Pleine\n452 4.2.2 Oui"
    assert elsewhere.startswith("554 5.7.1 <x@y.test>: Relay")
    [visit] = world.ledger.visits
    assert (visit.hello, visit.sender, visit.ending) == ("sonde.test", "", "quit")
    assert visit.recipients == [("Marie@un.test", 250), ("x@un.test", 550), ("plein@un.test", 452), ("x@y.test", 554)]
    assert world.ledger.replies("x@un.test") == [550]
    assert world.ledger.violations == []


@pytest.mark.parametrize(
    ("lines", "violation"),
    [
        (["EHLO localhost"], "names no host"),
        (["EHLO [127.0.0.1]", "DATA"], "sent 'DATA'"),
        (["EHLO sonde.test", "VRFY marie"], "sent 'VRFY"),
        (["MAIL FROM:<>"], "out of order"),
        (["EHLO sonde.test", "RCPT TO:<marie@un.test>"], "without MAIL"),
        (["EHLO sonde.test", "MAIL FROM:marie"], "is no command"),
        (["EHLO sonde.test", "MAIL FROM:<> SMTPUTF8"], "SMTPUTF8 was not offered"),
        (["EHLO sonde.test", "MAIL FROM:<>", "RCPT TO:<hélène@un.test>"], "not ASCII"),
        (["EHLO sonde.test", "MAIL FROM:<" + "a" * 600 + "@un.test>"], "a command of 622 bytes"),
    ],
)
async def test_what_a_client_may_not_do_is_noted(lines, violation):
    async with one(extensions=()) as world:
        async with talking(world) as client:
            await client.reply()
            for line in lines:
                await client.say(line)
        assert any(violation in noted for noted in world.ledger.violations), world.ledger.violations


async def test_letters_beyond_ascii_are_announced():
    async with one() as world, talking(world) as client:
        await client.reply()
        await client.say("EHLO sonde.test", "MAIL FROM:<> SMTPUTF8", "RCPT TO:<hélène@un.test>", "RSET")
        world.ledger.violations.clear()
        await client.say("MAIL FROM:<>", "RCPT TO:<hélène@un.test>")
        assert world.ledger.violations == [f"{HOST}: hélène@un.test in a transaction without SMTPUTF8"]


async def test_commands_may_come_together_only_where_that_was_offered():
    group = ["MAIL FROM:<>", "RCPT TO:<marie@un.test>", "RCPT TO:<x@un.test>"]
    for offered in (("PIPELINING",), ()):
        async with one(extensions=offered, latency=0.05) as world:
            async with talking(world) as client:
                await client.reply()
                await client.say("EHLO sonde.test")
                took = []
                while not took or (took[-1] > 0.12 and len(took) < 5):  # a busy machine is late at times
                    begun = asyncio.get_running_loop().time()
                    replies = await client.say(*group)
                    took.append(asyncio.get_running_loop().time() - begun)
                    await client.say("RSET")
                assert took[-1] < 0.12, "they were answered one by one"
                await client.say("QUIT")
            assert [reply[:3] for reply in replies] == ["250", "250", "550"]
            assert bool(world.ledger.violations) is not bool(offered)


async def test_a_grey_list_is_about_who_writes_to_whom():
    async with one(grey=0.2) as world:
        assert [reply[:9] for reply in await asked(world, "marie@un.test", "paul@un.test")] == ["450 4.7.1"] * 2
        await asyncio.sleep(0.2)
        assert [reply[:3] for reply in await asked(world, "marie@un.test", "x@un.test")] == ["250", "450"]


async def test_limits():
    everyone = [f"{name}@un.test" for name in sorted(PEOPLE)]
    for limit, again in (("recipients", "250"), ("session_recipients", "452")):
        async with one(**{limit: 2}) as world:
            async with talking(world) as client:
                await client.reply()
                await client.say("EHLO sonde.test")
                said = await client.say("MAIL FROM:<>", *(f"RCPT TO:<{address}>" for address in everyone[:3]))
                assert [reply[:9] for reply in said[1:]] == ["250 2.1.5", "250 2.1.5", "452 4.5.3"]
                said = await client.say("RSET", "MAIL FROM:<>", f"RCPT TO:<{everyone[3]}>")
                assert said[-1][:3] == again
            assert world.ledger.violations == []
    async with one(errors=2) as world:
        replies = await asked(world, "a@un.test", "b@un.test", "c@un.test")
        assert replies[2] == f"421 4.7.0 {HOST} Error: too many errors"
        assert world.ledger.visits[0].ending == "dropped"
    async with one(connections=1) as world, talking(world) as first, talking(world) as second:
        assert (await first.reply()).startswith("220")
        assert (await second.reply()).startswith("421 4.7.0")
        assert (world.ledger.over[HOST], world.ledger.most_open[HOST]) == (1, 2)
        assert await second.reply() == ""
    async with one(sessions=1) as world:
        await asked(world)
        async with talking(world) as second:
            assert (await second.reply()).startswith("421 4.7.0")


@pytest.mark.parametrize("kind", ["drop", "cut", "garbage", "endless"])
async def test_a_fault_happens_as_often_as_it_is_told_to(kind):
    async with one(fault=Fault(kind, "ehlo", times=1)) as world:
        async with talking(world) as client:
            await client.reply()
            client.writer.write(b"EHLO sonde.test\r\n")
            heard = await client.reader.read(100_000)
            assert (heard == b"") is (kind == "drop")
            assert not heard.endswith(b"\r\n") or kind == "garbage" or (kind == "endless" and b"\r\n250 " not in heard)
        [reply] = await asked(world, "marie@un.test")
        assert reply == "250 2.1.5 Ok"


async def test_nobody_waits_for_ever_but_the_client():
    async with one(fault=Fault("hang", "banner")) as world:
        async with talking(world) as client:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(0.1):
                    pytest.fail(await client.reply())
        await all_over(world)
        assert world.ledger.visits[0].ending == "left"
    async with one(fault=Fault("drip", "banner")) as world, talking(world) as client:
        assert await client.reader.read(100) == b"2"


@pytest.mark.parametrize("tls", ["works", "required", "broken"])
async def test_starttls(tls):
    def converse(address, port):
        with contextlib.closing(smtplib.SMTP(address, port, local_hostname="sonde.test")) as client:
            client.ehlo()
            assert client.has_extn("starttls")
            before = client.mail("")[0]
            if tls == "broken":
                with pytest.raises(OSError):
                    client.starttls()
                return before, 0
            client.starttls()
            client.ehlo()
            assert not client.has_extn("starttls")
            client.mail("")
            return before, client.rcpt("marie@un.test")[0]

    async with one(tls=tls) as world:
        said = await asyncio.to_thread(converse, world.addresses[HOST], world.port)
    assert said == (530 if tls == "required" else 250, 0 if tls == "broken" else 250)


async def test_an_old_server_knows_helo_alone():
    async with one(hello="502 5.5.1 Commande inconnue") as world, talking(world) as client:
        await client.reply()
        assert (await client.say("EHLO sonde.test"))[0].startswith("502")
        assert await client.say("HELO sonde.test") == [f"250 {HOST}"]


async def question(world, name, kind="MX"):
    reader = asyncio.get_running_loop().create_future()

    class Asking(asyncio.DatagramProtocol):
        def datagram_received(self, data, addr):
            reader.set_result(DNSRecord.parse(data))

    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(Asking, remote_addr=("127.0.0.1", world.dns_port))
    transport.sendto(DNSRecord.question(name, kind).pack())
    try:
        async with asyncio.timeout(3):
            return await reader
    finally:
        transport.close()


async def test_names_lead_to_servers():
    site = Dns()
    site.records |= {"boulangerie.test": [["127.0.0.1"]], "autre.test": [["127.0.0.2"]]}
    await site.start()
    async with MailWorld.start(*cast(), hosts=HOSTS, forward=site.address) as world:
        both = (await question(world, "secours.test")).rr
        assert [(str(one.rdata.label), one.rdata.preference) for one in both] == [
            ("mx.refus.test.", 10),
            ("mx.secours.test.", 20),
        ]
        assert [str(one.rdata.label) for one in (await question(world, "sans-courrier.test")).rr] == ["."]
        assert (await question(world, "sans-mx.test")).rr == []
        server = world.addresses["mx.seul.test"]
        for name in ("sans-mx.test", "mx.seul.test"):
            assert [str(one.rdata) for one in (await question(world, name, "A")).rr] == [server]
        assert [str(one.rdata) for one in (await question(world, "mx.prive.test", "A")).rr] == ["10.20.30.40"]
        for name in ("boulangerie.test", "autre.test"):
            assert [str(one.rdata)[:7] for one in (await question(world, name, "A")).rr] == ["127.0.0"]
        assert (await question(world, "inconnu.test")).header.rcode == RCODE.NXDOMAIN
        assert (await question(world, "panne-dns.test")).header.rcode == RCODE.SERVFAIL
        nothing = await question(world, "sans-rien.test")
        assert (nothing.header.rcode, QTYPE.get(nothing.auth[0].rtype)) == (RCODE.NOERROR, "SOA")
        with pytest.raises(TimeoutError):
            await question(world, "dns-muet.test")
    site.stop()


async def test_settings_let_the_product_reach_what_it_may():
    around = {"OUTSEND_EGRESS_ALLOW": "127.0.0.1:8080", "OUTSEND_HOST_DELAY": "0.01", "OUTSEND_DNS_SERVERS": "x:1"}
    async with MailWorld.start(*cast()) as world:
        env = world.settings_env(around)
        allowed = env["OUTSEND_EGRESS_ALLOW"].split(",")
        assert f"{world.addresses['mx.hebergeur.test']}:{world.port}" in allowed
        assert f"{world.addresses['mx.interne.test']}:{world.port}" not in allowed
        assert allowed[0] == "127.0.0.1:8080"
        assert env["OUTSEND_HOST_DELAY"] == "0.01"
        assert env["OUTSEND_DNS_SERVERS"] == f"127.0.0.1:{world.dns_port}"
        for host, error in (("mx.refus.test", ConnectionRefusedError), ("mx.ferme.test", TimeoutError)):
            with pytest.raises(error):
                async with asyncio.timeout(0.2):
                    await asyncio.open_connection(world.addresses[host], world.port)


async def test_a_crowd():
    servers, domains = crowd(3)
    assert addresses(3, 2) == [f"membre.{person}@d{domain}.test" for person in (0, 1) for domain in (0, 1, 2)]
    assert {domain.reply("membre.0")[:3] for domain in domains} == {"250"}
    assert {domain.reply("membre.1")[:3] for domain in domains} == {"550"}
    assert len(servers) == 3
