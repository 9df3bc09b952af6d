"""Whose domain is it?"""

from __future__ import annotations

import pytest

from shared.web.domains import (
    has_public_suffix,
    host_of,
    is_mailbox_provider,
    is_placeholder,
    provider_accounts,
    provider_of,
    provider_sirens,
    providers,
    registrable,
    same_site,
)


@pytest.mark.parametrize(
    ("host", "domain"),
    [
        ("www.lemoine.fr", "lemoine.fr"),
        ("shop.lemoine.co.uk", "lemoine.co.uk"),
        ("www.lemoine.asso.fr", "lemoine.asso.fr"),
        ("lemoine.wixsite.com", "lemoine.wixsite.com"),
        ("www.lemoine.e-monsite.com", "lemoine.e-monsite.com"),
        ("lemoine.valmont.test", "valmont.test"),
        ("127.0.0.1", "127.0.0.1"),
        ("localhost", "localhost"),
        ("", ""),
    ],
)
def test_registrable(host, domain):
    assert registrable(host) == domain


def test_hosts():
    assert host_of("https://WWW.Lemoine.fr:443/x") == "lemoine.fr"
    assert host_of("http://[broken") == ""
    assert same_site("boutique.lemoine.fr", "lemoine.fr")
    assert not same_site("", "")
    assert has_public_suffix("lemoine.fr")
    assert not has_public_suffix("asso.fr")
    assert not has_public_suffix("logo.png")


def test_providers():
    assert provider_of("support.ovh.com").name == "OVHcloud"
    assert provider_of("lemoine.fr") is None
    assert "wix" in provider_accounts()
    assert is_mailbox_provider("orange.fr")
    assert is_placeholder("mail.exemple.fr")


def test_company_numbers_have_their_check_digit():
    for siren in provider_sirens():
        digits = [int(digit) for digit in reversed(siren)]
        assert len(digits) == 9
        assert sum(sum(divmod(digit * (1 + place % 2), 10)) for place, digit in enumerate(digits)) % 10 == 0, siren


def test_a_domain_has_one_provider():
    domains = [domain for provider in providers() for domain in provider.domains]
    assert len(domains) == len(set(domains))
    assert not any(is_mailbox_provider(domain) for domain in domains)
    assert {provider.kind for provider in providers()} == {"host", "builder", "theme", "authority"}
