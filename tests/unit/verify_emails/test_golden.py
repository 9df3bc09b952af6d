"""Golden cases: what is known of an address, and its row."""

import pytest

from services.verify_emails.verdict import REASONS
from tests.unit.verify_emails.cases import cases


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.name)
def test_the_row(case):
    assert case.found() == case.expected()


def test_there_are_enough_and_half_of_them_are_traps():
    assert len(cases()) >= 40
    assert sum(case.trap for case in cases()) >= len(cases()) // 2


def test_nothing_but_an_address_its_domain_or_its_server_makes_it_invalid():
    invalid = {reason for reason, (status, _) in REASONS.items() if status == "invalid"}
    assert invalid == {
        *("no_at_sign", "too_long", "bad_domain", "bad_local_part"),
        *("no_such_domain", "null_mx", "no_mail_server", "mail_server_without_address"),
        *("no_such_mailbox", "mailbox_disabled", "domain_not_served"),
    }
