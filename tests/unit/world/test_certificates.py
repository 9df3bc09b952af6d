"""Each host shows the certificate its description asks for."""

from __future__ import annotations

import asyncio
import ssl

import pytest

from tests.world.world import World

VALMONT = ".valmont.test"


async def _shake_hands(world: World, host: str) -> None:
    trust = ssl.create_default_context(cafile=str(world.ca_file))
    _, writer = await asyncio.open_connection("127.0.0.1", world.https_port, ssl=trust, server_hostname=host)
    writer.close()


@pytest.mark.parametrize(
    ("host", "reason"),
    [
        ("garage-expire", "certificate has expired"),
        ("pressing-futur", "not yet valid"),
        ("opticien-inconnu", "unable to get local issuer|self-signed certificate in certificate chain"),
        ("serrurier-maison", "self-signed certificate"),
        ("taxi-mutualise", "Hostname mismatch"),
        ("notaire-chaine", "unable to get local issuer"),
    ],
)
async def test_a_bad_certificate_is_bad_for_the_reason_scripted(world: World, host: str, reason: str) -> None:
    with pytest.raises(ssl.SSLCertVerificationError, match=reason):
        await _shake_hands(world, host + VALMONT)


async def test_a_plain_site_refuses_the_handshake(world: World) -> None:
    with pytest.raises((ssl.SSLError, ConnectionError)):
        await _shake_hands(world, "cordonnier-http" + VALMONT)


@pytest.mark.parametrize(
    "host",
    ["cabinet-durand.valmont.test", "xn--crperie-du-port-snb.valmont.test", "site-00042.bulk.test"],
)
async def test_a_good_certificate_is_trusted(world: World, host: str) -> None:
    await _shake_hands(world, host)


async def test_the_authority_is_unknown_without_its_file(world: World) -> None:
    with pytest.raises(ssl.SSLCertVerificationError):
        await asyncio.open_connection(
            "127.0.0.1",
            world.https_port,
            ssl=ssl.create_default_context(),
            server_hostname="cabinet-durand.valmont.test",
        )
