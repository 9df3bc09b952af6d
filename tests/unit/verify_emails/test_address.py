"""What is an address, and what was meant by one that is none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.verify_emails.address import Mailbox, Malformed, parse
from services.verify_emails.kinds import is_disposable, is_role, is_unread
from services.verify_emails.typos import meant, misspelt
from shared.web.domains import mailbox_providers


@pytest.mark.parametrize(
    ("given_", "local", "domain"),
    [
        ("Marie@Exemple.FR", "marie", "exemple.fr"),
        ("  marie@exemple.fr\n", "marie", "exemple.fr"),
        ("o'neil+devis@exemple.fr", "o'neil+devis", "exemple.fr"),
        ('"marie martin"@exemple.fr', '"marie martin"', "exemple.fr"),
        ("jérôme@exemple.fr", "jérôme", "exemple.fr"),
        ("marie@PÂTISSERIE.fr", "marie", "xn--ptisserie-b2a.fr"),
        ("marie@xn--ptisserie-b2a.fr", "marie", "xn--ptisserie-b2a.fr"),
        ("marie@a.b.c.exemple.fr", "marie", "a.b.c.exemple.fr"),
        ("m@exemple.test", "m", "exemple.test"),
        (f"{'m' * 64}@exemple.fr", "m" * 64, "exemple.fr"),
    ],
)
def test_addresses(given_, local, domain):
    assert parse(given_) == Mailbox(local, domain)


@pytest.mark.parametrize(
    ("given_", "reason", "repaired"),
    [
        ("marie", "no_at_sign", None),
        ("", "no_at_sign", None),
        ("@exemple.fr", "bad_local_part", None),
        ("marie@", "bad_domain", None),
        ("marie@exemple", "bad_domain", None),
        ("marie@.fr", "bad_domain", None),
        ("marie@-exemple.fr", "bad_domain", None),
        ("marie@exemple.123", "bad_domain", None),
        ("marie@[192.0.2.7]", "bad_domain", None),
        (f"marie@{'e' * 64}.fr", "bad_domain", None),
        (f"{'m' * 65}@exemple.fr", "too_long", None),
        (f"marie@{'e.' * 130}fr", "too_long", None),
        (f"{'é' * 40}@exemple.fr", "too_long", None),
        ("m" * 5000 + "@exemple.fr", "too_long", None),
        (".marie@exemple.fr", "bad_local_part", "marie@exemple.fr"),
        ("mailto: marie@exemple.fr", "bad_local_part", "marie@exemple.fr"),
        ("<marie@exemple.fr>", "bad_domain", "marie@exemple.fr"),
        ("marie[at]exemple.fr", "no_at_sign", "marie@exemple.fr"),
        ("marie arobase exemple.fr", "no_at_sign", "marie@exemple.fr"),
        ("marie@exemple. fr", "bad_domain", "marie@exemple.fr"),
        ("marie@exemple.fr;", "bad_domain", "marie@exemple.fr"),
        ("marie\u200b@exemple.fr", "bad_local_part", "marie@exemple.fr"),
        ("marie@exemple.fr, paul@exemple.fr", "bad_local_part", None),
        ("marie@exemple.fr\r\nRCPT TO:<paul@exemple.fr>", "bad_domain", "paul@exemple.fr"),
    ],
)
def test_no_addresses(given_, reason, repaired):
    found = parse(given_)
    assert isinstance(found, Malformed)
    assert (found.reason, str(found.meant) if found.meant else None) == (reason, repaired)


@given(st.text(max_size=80) | st.from_regex(r"[\s\S]{0,20}@[\s\S]{0,20}\.fr", fullmatch=True))
def test_whatever_is_given_nothing_but_one_line_comes_out(text):
    found = parse(text)
    mailbox = found.meant if isinstance(found, Malformed) else found
    if mailbox is not None:
        assert str(mailbox).isprintable()
        assert not set("<>\r\n") & set(mailbox.domain)
        assert mailbox.domain.isascii()
        quoted = mailbox.local.startswith('"')
        assert quoted or not set(" <>\r\n") & set(mailbox.local)


@pytest.mark.parametrize(
    ("domain", "right"),
    [
        ("gmial.com", "gmail.com"),
        ("gmail.con", "gmail.com"),
        ("hotmial.fr", "hotmail.fr"),
        ("hotmail.cm", "hotmail.com"),
        ("ornage.fr", "orange.fr"),
        ("wanaddoo.fr", "wanadoo.fr"),
        ("laposte.fr", "laposte.net"),
        ("outlook.con", "outlook.com"),
        ("icloud.cmo", "icloud.com"),
        ("garage-lemoine.frr", "garage-lemoine.fr"),
        ("garage-lemoine.fr", None),
        ("exemple.com", None),
        ("fre.fr", None),
        ("sfe.fr", None),
        ("gmx.con", "gmx.com"),
        ("con", None),
    ],
)
def test_what_was_meant(domain, right):
    assert meant(domain) == right


def test_a_provider_is_nobodys_slip():
    for domain in mailbox_providers():
        assert meant(domain) is None
        assert misspelt(domain) is None


def test_what_the_name_says():
    assert is_role("contact") and is_role("service-client") and is_role("contact+salon")
    assert not is_role("marie") and not is_role("contact.martin")
    assert is_unread("noreply") and is_unread("ne-pas-repondre") and is_unread("no-reply2")
    assert not is_unread("norbert") and not is_unread("replay")
    assert is_disposable("yopmail.com") and is_disposable("a.mailinator.com")
    assert not any(is_disposable(domain) for domain in mailbox_providers())
