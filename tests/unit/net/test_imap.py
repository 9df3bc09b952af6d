"""Visits to mail servers: how they fail, that they end, and that they tell nobody's password."""

import asyncio
import ssl
import time

import pytest
import trustme

from deploy.ports import free_port
from shared.messaging.cancelling import cancel
from shared.net.imap import ImapClient
from shared.net.imap_account import Account, ImapError
from shared.net.imap_text import folder_name, is_astring, quoted
from shared.settings import Settings
from tests.timing import SLACK
from tests.world.inboxes.mailbox import Mail, Mailbox, letter
from tests.world.inboxes.server import ImapServer

USER, PASSWORD = "seed@boite.test", "s3cret é"


def account(server, **more):
    values = {"host": "127.0.0.1", "port": server.port, "tls": "none", "user": USER, "password": PASSWORD} | more
    return Account(**values)


def mailbox(**more):
    return Mailbox(USER, PASSWORD, **more)


def read(session):
    session.examine("INBOX")
    return session.letters(session.search("FROM", last="example.com"))


@pytest.fixture
def client():
    client = ImapClient(Settings(), threads=2, timeout=5)
    yield client
    client.close()


async def failure(client, account):
    with pytest.raises(ImapError) as caught:
        await client.visit(account, read)
    assert PASSWORD not in str(caught.value) and USER not in str(caught.value)
    return caught.value.code


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ("silent", "imap_timeout"),
        ("bye", "imap_busy"),
        ("garbage", "imap_unreachable"),
        ("binary", "imap_unreachable"),
        ("refuse", "imap_auth"),
        ("busy", "imap_busy"),
        ("drop", "imap_unreachable"),
        ("cut", "imap_unreachable"),
        ("endless", "imap_protocol"),
        ("huge", "imap_protocol"),
    ],
)
async def test_every_failure_has_a_code(client, fault, code):
    box = mailbox(gmail=False, mails=[Mail(letter("outsend"))])
    async with ImapServer([box], fault=fault, faults=1) as server:
        began = time.monotonic()
        assert await failure(client, account(server)) == code
        assert time.monotonic() - began < 5 + SLACK, "the time for a visit; the faults last for ever"
        await server.wait_until_left()
        assert len(await client.visit(account(server), read)) == 1


async def test_nobody_listens(client):
    port = free_port()
    assert await failure(client, Account(host="127.0.0.1", port=port, tls="none", user=USER, password=PASSWORD)) == (
        "imap_unreachable"
    )


async def test_a_name_that_does_not_exist(client):
    nowhere = Account(host="imap.invalid", port=993, tls="implicit", user=USER, password=PASSWORD)
    assert await failure(client, nowhere) == "imap_unreachable"


async def test_a_wrong_password(client):
    async with ImapServer([mailbox()]) as server:
        assert await failure(client, account(server, password="other")) == "imap_auth"


@pytest.mark.parametrize("password", ["pass word", 'a"b\\c', "(){}%*"])
async def test_without_authenticate_it_logs_in(client, password):
    async with ImapServer([Mailbox(USER, password, gmail=False)], plain=False) as server:
        assert await client.visit(account(server, password=password), read) == []
    assert not server.violations and "LOGIN" in server.commands


async def test_a_password_that_login_cannot_carry(client):
    async with ImapServer([mailbox(gmail=False)], plain=False) as server:
        assert await failure(client, account(server)) == "imap_auth"


class Authority:
    def __init__(self, folder):
        self.ca = trustme.CA()
        self.file = folder / "ca.pem"
        self.ca.cert_pem.write_to_path(str(self.file))

    def context(self, name="127.0.0.1", ca=None):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        (ca or self.ca).issue_cert(name).configure_cert(context)
        return context


@pytest.fixture
def authority(tmp_path):
    return Authority(tmp_path)


@pytest.fixture
def trusting(authority):
    client = ImapClient(Settings(egress_ca_file=str(authority.file)), threads=2, timeout=20)
    yield client
    client.close()


async def test_tls_from_the_start_and_on_request(trusting, authority):
    for tls, offered in (("implicit", {"tls": authority.context()}), ("starttls", {"starttls": authority.context()})):
        async with ImapServer([mailbox(mails=[Mail(letter("a"))], gmail=False)], **offered) as server:
            assert len(await trusting.visit(account(server, tls=tls), read)) == 1
            assert ("STARTTLS" in server.commands) == (tls == "starttls")


async def test_a_certificate_that_proves_nothing(trusting, authority):
    for context in (authority.context("other.test"), authority.context(ca=trustme.CA())):
        for tls, offered in (("implicit", {"tls": context}), ("starttls", {"starttls": context})):
            async with ImapServer([mailbox()], **offered) as server:
                assert await failure(trusting, account(server, tls=tls)) == "imap_tls"
                assert not {"LOGIN", "AUTHENTICATE"} & set(server.commands)


async def test_a_connection_that_ends_under_tls_is_no_failure_of_tls(trusting, authority):
    for fault in ("drop", "cut", "bye"):
        box = mailbox(gmail=False, mails=[Mail(letter("outsend"))])
        async with ImapServer([box], tls=authority.context(), fault=fault) as server:
            expected = "imap_busy" if fault == "bye" else "imap_unreachable"
            assert await failure(trusting, account(server, tls="implicit")) == expected


async def test_starttls_that_is_not_offered_is_no_log_in(client):
    async with ImapServer([mailbox()]) as server:
        assert await failure(client, account(server, tls="starttls")) == "imap_tls"
        assert not {"LOGIN", "AUTHENTICATE"} & set(server.commands)


async def test_a_cancelled_visit_hangs_up(authority):
    client = ImapClient(Settings(egress_ca_file=str(authority.file)), threads=1, timeout=60)
    async with ImapServer([mailbox()], tls=authority.context()) as server:
        server.gate.clear()
        for visits in (1, 2):  # the one thread there is comes back
            task = asyncio.create_task(client.visit(account(server, tls="implicit"), read))
            await server.wait_for(visits)
            began = time.monotonic()
            await cancel([task])
            await server.wait_until_left()
            assert time.monotonic() - began < SLACK, "the visit has a minute"
        server.gate.set()
        assert await client.visit(account(server, tls="implicit"), read) == []
    client.close()


def test_accounts_do_not_show_their_password():
    shown = repr(Account(host="a", port=1, tls="none", user=USER, password=PASSWORD))
    assert PASSWORD not in shown and USER not in shown


@pytest.mark.parametrize(
    ("name", "wire"),
    [
        ("INBOX", "INBOX"),
        ("Courrier indésirable", "Courrier ind&AOk-sirable"),
        ("a & b", "a &- b"),
        ("~peter/mail/台北/日本語", "~peter/mail/&U,BTFw-/&ZeVnLIqe-"),  # RFC 3501, 5.1.3
        ("🍰", "&2DzfcA-"),
    ],
)
def test_folder_names_on_the_wire(name, wire):
    assert folder_name(name) == wire


@pytest.mark.parametrize("text", ["a\r\nb", "a\n", "\0", "\ud800"])
def test_what_cannot_be_said(text):
    assert not is_astring(text)
    with pytest.raises(ValueError):
        quoted(text)
