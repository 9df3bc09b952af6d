"""Addresses and the mail servers of the scripted world: who is asked, how often, and over how many connections."""

import asyncio
import contextlib
import time

import pytest

from contracts.items import ItemRequested
from contracts.manifest import load_manifests
from services.verify_emails.extract import process
from services.verify_emails.verify import Verifier
from shared.modulekit.errors import Permanent, Retryable, Unavailable
from shared.modulekit.module import ATTEMPT, Context
from shared.net.client import Fetcher
from shared.settings import Settings
from tests.timing import SLACK
from tests.world.mail.catalogue import HOSTS, OPEN_PORT, cast
from tests.world.mail.manners import Domain, Fault, Server
from tests.world.mail.world import MailWorld

QUICK = {
    "OUTSEND_VERIFY_TIMEOUT": "2",
    "OUTSEND_VERIFY_RATE": "0",
    "OUTSEND_VERIFY_PROBE_HOST": OPEN_PORT,
    "OUTSEND_VERIFY_EHLO": "sonde.test",
    "OUTSEND_VERIFY_MAIL_FROM": "sonde@sonde.test",
    "OUTSEND_VERIFY_RETRY_DELAY": "0.4",
}


@contextlib.asynccontextmanager
async def living(*servers, domains=(), **more):
    """A world of these servers, or of the whole cast, and the settings of who lives in it."""
    cast_servers, cast_domains = cast()
    started = (
        MailWorld.start((Server(host=OPEN_PORT), *servers), domains)
        if servers
        else MailWorld.start(cast_servers, cast_domains, hosts=HOSTS)
    )
    async with started as world:
        yield world, Settings.from_env(world.settings_env() | QUICK | more)


def at(host, *names, **more):
    return [Domain(name=name, mx=((10, host),), people=frozenset({"marie", "paul"}), **more) for name in names]


async def verdicts(verifier, *addresses):
    found = await asyncio.gather(*(verifier.verify(address, 20) for address in addresses))
    return dict(zip(addresses, found, strict=True))


async def test_one_session_serves_many_addresses_and_each_domain_is_probed_once():
    async with living() as (world, settings):
        addresses = [
            f"{local}@{domain}"
            for local in ("marie", "paul", "hugo", "lea")
            for domain in ("boulangerie.test", "coiffeur.test")
        ]
        found = await verdicts(Verifier(settings), *addresses)
        assert {verdict.status for verdict in found.values()} == {"valid"}
        visits = world.ledger.of("mx.hebergeur.test")
        assert len(visits) <= 2
        asked = [address for visit in visits for address, _ in visit.recipients]
        assert len(asked) == len(addresses) + 2
        assert world.ledger.violations == []


async def test_a_domain_that_takes_any_name_is_asked_for_one_that_nobody_has_and_for_no_other():
    async with living() as (world, settings):
        found = await verdicts(Verifier(settings), *(f"quelquun{number}@attrape-tout.test" for number in range(40)))
        assert {verdict.reason for verdict in found.values()} == {"catch_all"}
        [(invented, code)] = [asked for visit in world.ledger.visits for asked in visit.recipients]
        assert (len(invented.partition("@")[0]), code) == (15, 250)


async def test_no_more_connections_than_allowed_and_fresh_ones_before_the_server_loses_patience():
    async with living() as (world, settings):
        addresses = [f"inconnu{number}@boulangerie.test" for number in range(60)]
        found = await verdicts(Verifier(settings), *addresses)
        assert {verdict.reason for verdict in found.values()} == {"no_such_mailbox"}
        assert world.ledger.most_open["mx.hebergeur.test"] <= settings.verify_connections
        refused = [sum(code >= 500 for _, code in visit.recipients) for visit in world.ledger.of("mx.hebergeur.test")]
        assert max(refused) <= 9
        assert sum(refused) == len(addresses) + 1


async def test_a_grey_list_knows_the_second_asking_by_its_names():
    async with living() as (world, settings):
        verifier = Verifier(settings)
        first = await verifier.verify("marie@gris.test", 20)
        assert (first.reason, first.again) == ("greylisted", True)
        await asyncio.sleep(0.4)
        second = await verifier.verify("marie@gris.test", 20)
        assert (second.reason, second.catch_all) == ("accepted", "no")
        assert world.ledger.replies("marie@gris.test") == [450, 250]
        invented = {a for visit in world.ledger.visits for a, _ in visit.recipients if not a.startswith("marie")}
        assert len(invented) == 1


async def test_broken_encryption_is_tried_once():
    server = Server(host="mx.casse.test", tls="broken")
    domains = at("mx.casse.test", "un.test", "deux.test")
    async with living(server, domains=domains) as (world, settings):
        verifier = Verifier(settings)
        assert (await verifier.verify("marie@un.test", 20)).reason == "accepted"
        assert len(world.ledger.of("mx.casse.test")) == 2
        await verdicts(verifier, *(f"inconnu{number}@deux.test" for number in range(12)))
        later = world.ledger.of("mx.casse.test")[2:]
        assert later
        assert all(visit.recipients for visit in later), "none was spent on the encryption"


async def test_a_server_that_says_nothing_costs_a_few_sessions_and_not_one_an_address():
    server = Server(host="mx.muet.test", fault=Fault("hang", "banner"))
    async with living(server, domains=at("mx.muet.test", "muet.test")) as (world, settings):
        began = time.monotonic()
        found = await verdicts(Verifier(settings), *(f"marie{number}@muet.test" for number in range(100)))
        assert {verdict.reason for verdict in found.values()} == {"timeout"}
        assert len(world.ledger.of("mx.muet.test")) <= 3
        assert time.monotonic() - began < 2 * 3 + SLACK, "two seconds a session"


async def test_one_address_that_breaks_the_session_spoils_no_other():
    server = Server(host="mx.fragile.test", fault=Fault("drop", "rcpt", times=1))
    async with living(server, domains=at("mx.fragile.test", "fragile.test")) as (_, settings):
        found = await verdicts(Verifier(settings), "marie@fragile.test", "paul@fragile.test", "zoe@fragile.test")
        assert [verdict.status for verdict in found.values()] == ["valid", "valid", "invalid"]


async def test_a_server_in_a_network_of_ones_own_is_not_even_dialled():
    async with living() as (world, settings):
        assert (await Verifier(settings).verify("marie@interne.test", 20)).reason == "private_address"
        assert world.ledger.of("mx.interne.test") == []


async def test_ten_thousand_addresses_end_at_once_when_nothing_can_be_reached():
    domains = [domain for number in range(40) for domain in at(f"mx{number}.test", f"d{number}.test")]
    servers = [Server(host=f"mx{number}.test", listening="refuses") for number in range(40)]
    closed = {"OUTSEND_VERIFY_PROBE_HOST": "mx0.test"}
    async with living(*servers, domains=domains, **closed) as (_, settings):
        began = time.monotonic()
        addresses = [f"marie{number}@d{number % 40}.test" for number in range(10_000)]
        found = await verdicts(Verifier(settings), *addresses)
        assert {verdict.status for verdict in found.values()} == {"unknown"}
        assert sum(verdict.reason == "port_closed" for verdict in found.values()) > 9_000
        assert time.monotonic() - began < 60, "some seconds; ten thousand connections take an hour"


async def test_dead_servers_are_dead_where_others_live():
    domains = [domain for number in range(8) for domain in at(f"mx{number}.test", f"d{number}.test")]
    servers = [Server(host=f"mx{number}.test", listening="refuses") for number in range(8)]
    async with living(*servers, domains=domains) as (_, settings):
        found = await verdicts(Verifier(settings), *(f"marie@d{number}.test" for number in range(8)))
        assert {verdict.reason for verdict in found.values()} == {"connection_refused"}


async def test_who_goes_away_leaves_no_session_behind():
    async with living() as (world, settings):
        task = asyncio.create_task(Verifier(settings).verify("marie@lent.test", 20))
        async with asyncio.timeout(20):
            while not world.ledger.visits:
                await asyncio.sleep(0.01)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        async with asyncio.timeout(20):
            while not all(visit.ended for visit in world.ledger.visits):
                await asyncio.sleep(0.01)


async def test_the_time_for_an_item_is_an_answer():
    async with living(OUTSEND_VERIFY_TIMEOUT="60") as (_, settings):
        began = time.monotonic()
        verdict = await Verifier(settings).verify("marie@lent.test", 0.3)
        assert (verdict.status, verdict.reason) == ("unknown", "timeout")
        assert time.monotonic() - began < 0.3 + SLACK, "not the minute for a reply"


class Said(list):
    async def __call__(self, item, level, message):
        self.append((item.job, level, message))


def item(email, job="j_1"):
    return ItemRequested(job=job, tenant="u_1", job_type="verify_emails", index=0, item={"mail": email}, options={})


@contextlib.asynccontextmanager
async def module(settings):
    said = Said()
    async with Fetcher(settings) as fetcher:
        yield Context(load_manifests()["verify_emails"], settings, fetcher, said), said


async def test_what_may_pass_is_tried_again_and_in_the_end_told():
    async with living() as (_, settings), module(settings) as (context, _):
        for address in ("marie@gris.test", "marie@occupe.test", "marie@panne-dns.test"):
            with pytest.raises(Retryable):
                await process(item(address), context)
        ATTEMPT.set(context.spec.attempts)
        columns = (await process(item("Marie@Occupe.test"), context)).columns
        assert (columns["email"], columns["status"], columns["smtp_code"]) == ("marie@occupe.test", "unknown", 421)
        assert list(columns) == context.spec.columns
        with pytest.raises(Permanent):
            await process(item(" "), context)


async def test_settings_that_cannot_be_said_are_no_bug_of_the_module():
    async with module(Settings(verify_ehlo="a b")) as (context, _):
        with pytest.raises(Unavailable, match="OUTSEND_VERIFY_EHLO"):
            await process(item("marie@exemple.fr"), context)


async def test_a_closed_port_is_told_once_a_job():
    closed = {"OUTSEND_VERIFY_PROBE_HOST": "mx.mort.test"}
    server = Server(host="mx.mort.test", listening="refuses")
    async with (
        living(server, domains=at("mx.mort.test", "mort.test"), **closed) as (_, settings),
        module(settings) as (context, said),
    ):
        for job in ("j_1", "j_1", "j_2", "j_1"):
            assert (await process(item("marie@mort.test", job), context)).columns["reason"] == "port_closed"
        assert [(job, level) for job, level, _ in said] == [("j_1", "warn"), ("j_2", "warn")]
        assert str(settings.verify_smtp_port) in said[0][2]
