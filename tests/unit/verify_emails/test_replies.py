"""What servers' answers come to, one by one."""

from pathlib import Path

import pytest

from services.verify_emails.replies import about_recipient, about_us, patience
from services.verify_emails.verdict import REASONS
from tests.unit.verify_emails.cases import reply

TABLE = Path(__file__).parents[2] / "golden" / "verify_emails" / "replies.tsv"
ROWS = [line.split("\t") for line in TABLE.read_text("utf-8").splitlines() if not line.startswith("#")]


@pytest.mark.parametrize(("answer", "reason"), ROWS, ids=[row[0][:60] for row in ROWS])
def test_answers_to_a_recipient(answer, reason):
    assert about_recipient(reply(answer)) == reason


def test_the_table_is_long_and_every_reason_is_one_of_the_rows():
    assert len(ROWS) >= 120
    assert {reason for _, reason in ROWS} <= set(REASONS)


@pytest.mark.parametrize("answer", [row[0] for row in ROWS if int(row[0][:3]) >= 400], ids=lambda answer: answer[:60])
def test_whatever_comes_before_a_recipient_is_never_about_the_mailbox(answer):
    assert REASONS[about_us(reply(answer))][0] == "unknown"


@pytest.mark.parametrize("answer", [row[0] for row in ROWS if row[0][0] == "4"], ids=lambda answer: answer[:60])
def test_what_may_pass_is_never_invalid(answer):
    assert REASONS[about_recipient(reply(answer))][0] in ("unknown", "risky")


@pytest.mark.parametrize(
    ("answer", "seconds"),
    [
        ("451 Greylisted, try again in 300 seconds", 301),
        ("451 4.7.1 Greylisted for 5 minutes", 301),
        ("450 try again in 00:05:00", 301),
        ("450 retry in 60s", 61),
        ("451 réessayez dans 2 minutes", 121),
        ("451 réessayez dans une heure", None),
        ("421 4.7.0 [TSS04] Messages from 198.51.100.7 temporarily deferred", None),
        ("451 4.7.500 Server busy (S77719)", None),
        ("451 <2min@exemple.fr> try again later", None),
    ],
)
def test_how_long_a_server_wants_to_be_left_alone(answer, seconds):
    assert patience(reply(answer)) == seconds
