"""Where a message is put, seen over IMAP: golden mailboxes behind a strict server, and filters that want out."""

import tomllib
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.delivery_check.letter import folded
from services.delivery_check.look import Wanted, look
from shared.net.imap import ImapClient
from shared.net.imap_account import Account, ImapError
from shared.net.imap_text import quoted
from shared.seed_inboxes import SeedInbox
from shared.settings import Settings
from tests.unit.delivery_check.test_authentication import GOLDEN
from tests.world.inboxes.grammar import arguments
from tests.world.inboxes.mailbox import Mail, Mailbox, letter
from tests.world.inboxes.server import ImapServer

CASES = tomllib.loads((GOLDEN / "placement.toml").read_text("utf-8"))["case"]
USER = "seed@gmail.com"
GRACE = 300


def mailbox(case):
    mails = [
        Mail(
            letter(one["subject"], **({"sender": one["sender"]} if "sender" in one else {})),
            **{key: one[key] for key in ("folder", "category", "age") if key in one},
        )
        for one in case["mails"]
    ]
    more = {"folders": case["folders"]} if "folders" in case else {}
    return Mailbox(USER, gmail=case.get("kind", "gmail") == "gmail", mails=mails, **more)


@pytest.fixture
def client():
    client = ImapClient(Settings(), threads=2, timeout=30)
    yield client
    client.close()


def visit(client, server, subject_filter="outsend", *, kind="gmail", spam_folder="", domain="example.com"):
    account = Account(host="127.0.0.1", port=server.port, tls="none", user=USER, password="abcd efgh ijkl mnop")
    seed = SeedInbox(email=USER, kind=kind, password="-", spam_folder=spam_folder)
    not_before = datetime.now(UTC) - timedelta(seconds=GRACE)
    wanted = Wanted(domain=domain, subject_filter=subject_filter, not_before=not_before)
    return client.visit(account, partial(look, inbox=seed, wanted=wanted))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
async def test_golden(client, case):
    kind, spam_folder = case.get("kind", "gmail"), case.get("spam_folder", "")
    async with ImapServer([mailbox(case)], utf8=case.get("utf8", True)) as server:
        subject_filter = case.get("subject_filter", "outsend")
        found = await visit(client, server, subject_filter, kind=kind, spam_folder=spam_folder)
    assert (found and found.placement) == case.get("placement")
    assert (found and found.letter.subject) == case.get("subject")
    assert not server.violations
    assert not server.seen
    assert "SELECT" not in server.commands


async def test_gmail_is_told_by_what_it_can(client):
    async with ImapServer([Mailbox(USER, gmail=False)]) as server:
        with pytest.raises(ImapError, match="knows no tabs") as caught:
            await visit(client, server)
    assert caught.value.code == "imap_protocol"


async def test_of_many_messages_the_newest_are_read(client):
    mails = [Mail(letter(f"outsend {number}"), age=200 - number) for number in range(60)]
    async with ImapServer([Mailbox(USER, mails=mails)]) as server:
        found = await visit(client, server)
    assert found.letter.subject == "outsend 59"


@pytest.mark.parametrize("kind", ["gmail", "imap"])
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(max_size=40) | st.text(alphabet='a"\\{}() é\r\n\x00*%]', max_size=20))
async def test_no_filter_breaks_out(client, kind, text):
    """The server takes every command for what it must be, or nothing was sent: the filter cannot be written down."""
    async with ImapServer([Mailbox(USER, gmail=kind == "gmail", mails=[Mail(letter("outsend"))])]) as server:
        try:
            found = await visit(client, server, text, kind=kind)
        except ValueError:
            assert set(text) & set("\r\n\0")
            found = None
    assert not server.violations
    assert not server.seen
    if found is not None:
        assert folded(text) in "outsend"


@given(st.text(alphabet=st.characters(max_codepoint=127)))
def test_a_quoted_string_is_one_argument(text):
    try:
        sent = quoted(text)
    except ValueError:
        assert set(text) & set("\r\n\0")
        return
    assert arguments(f"a SEARCH SUBJECT {sent} ALL".encode()) == [b"a", b"SEARCH", b"SUBJECT", text.encode(), b"ALL"]
