"""Reading until when a certificate holds, from its bytes."""

from __future__ import annotations

import datetime as dt

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from shared.net.certificate import not_after

KEY = ec.generate_private_key(ec.SECP256R1())


def certificate(end: dt.datetime, common_name: str = "exemple.test") -> bytes:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, common_name)])
    builder = x509.CertificateBuilder(name, name, KEY.public_key(), x509.random_serial_number())
    made = (
        builder.not_valid_before(dt.datetime(1970, 1, 1, tzinfo=dt.UTC)).not_valid_after(end).sign(KEY, hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.DER)


@pytest.mark.parametrize("year", [1971, 1999, 2000, 2026, 2049, 2050, 9999])
def test_both_ways_to_write_a_time(year: int) -> None:
    end = dt.datetime(year, 12, 31, 23, 59, 59, tzinfo=dt.UTC)
    assert not_after(certificate(end)) == end


def test_a_long_issuer() -> None:
    end = dt.datetime(2030, 1, 2, tzinfo=dt.UTC)
    assert not_after(certificate(end, "x" * 64)) == end


def test_whatever_is_no_certificate_has_no_end() -> None:
    whole = certificate(dt.datetime(2030, 1, 2, tzinfo=dt.UTC))
    end = not_after(whole)
    for length in range(len(whole)):
        assert not_after(whole[:length]) in (None, end)
    for at in range(200):
        not_after(whole[:at] + b"\xff" + whole[at + 1 :])
    assert not_after(b"") is None
    assert not_after(b"\x30\xff" * 50) is None
