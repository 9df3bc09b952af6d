"""The DNS server, asked by a real resolver."""

from __future__ import annotations

import dns.asyncquery
import dns.asyncresolver
import dns.flags
import dns.message
import dns.resolver
import pytest

from tests.world.world import World


@pytest.fixture
def resolver(world: World) -> dns.asyncresolver.Resolver:
    resolver = dns.asyncresolver.Resolver(configure=False)
    resolver.nameservers = ["127.0.0.1"]
    resolver.port = world.dns_port
    resolver.lifetime = 0.5
    return resolver


async def _addresses(resolver: dns.asyncresolver.Resolver, host: str) -> list[str]:
    return [str(record) for record in await resolver.resolve(host, "A")]


@pytest.mark.parametrize(
    ("host", "addresses"),
    [
        ("cabinet-durand.valmont.test", ["127.0.0.1"]),
        ("WWW.Cabinet-Durand.valmont.test", ["127.0.0.1"]),
        ("yoga-des-bords-de-loire.valmont.test", ["127.0.0.1"]),
        ("site-00007.bulk.test", ["127.0.0.1"]),
        ("adresse-privee.valmont.test", ["192.168.1.10"]),
        ("adresse-mixte.valmont.test", ["127.0.0.1", "10.1.2.3"]),
        ("piscine-fermee.valmont.test", ["127.0.0.9"]),
        ("grand-compte.valmont.test", ["127.0.0.1"]),
    ],
)
async def test_addresses(resolver: dns.asyncresolver.Resolver, host: str, addresses: list[str]) -> None:
    assert await _addresses(resolver, host) == addresses


@pytest.mark.parametrize(
    ("host", "error"),
    [
        ("disparu.valmont.test", dns.resolver.NXDOMAIN),
        ("jamais-vu.valmont.test", dns.resolver.NXDOMAIN),
        ("dead-00001.bulk.test", dns.resolver.NXDOMAIN),
        ("example.com", dns.resolver.NXDOMAIN),
        ("panne-dns.valmont.test", dns.resolver.NoNameservers),
        ("sans-adresse.valmont.test", dns.resolver.NoAnswer),
        ("dns-muet.valmont.test", dns.resolver.LifetimeTimeout),
    ],
)
async def test_failures(resolver: dns.asyncresolver.Resolver, host: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        await resolver.resolve(host, "A")


async def test_there_is_no_ipv6_address_but_the_name_exists(resolver: dns.asyncresolver.Resolver) -> None:
    with pytest.raises(dns.resolver.NoAnswer):
        await resolver.resolve("cabinet-durand.valmont.test", "AAAA")


async def test_a_name_is_rebound_after_the_first_question_until_a_reset(
    world: World, resolver: dns.asyncresolver.Resolver
) -> None:
    host = "adresse-volage.valmont.test"
    answers = [await _addresses(resolver, host) for _ in range(3)]
    world.reset()
    answers.append(await _addresses(resolver, host))
    assert answers == [["127.0.0.1"], ["169.254.169.254"], ["169.254.169.254"], ["127.0.0.1"]]


async def test_a_long_answer_is_cut_over_udp_and_whole_over_tcp(world: World) -> None:
    question = dns.message.make_query("grand-compte.valmont.test", "A")
    over_udp = await dns.asyncquery.udp(question, "127.0.0.1", port=world.dns_port, timeout=20)
    over_tcp = await dns.asyncquery.tcp(question, "127.0.0.1", port=world.dns_port, timeout=20)
    assert over_udp.flags & dns.flags.TC
    assert not over_udp.answer
    assert over_tcp.answer


async def test_questions_are_counted(world: World, resolver: dns.asyncresolver.Resolver) -> None:
    await _addresses(resolver, "cabinet-durand.valmont.test")
    await _addresses(resolver, "cabinet-durand.valmont.test")
    assert world.ledger.questions["cabinet-durand.valmont.test"] == 2
