"""The dialogue in SMTP with servers that mean no good."""

import asyncio
import contextlib

import pytest

from shared.net.resolver import Resolver
from shared.net.smtp import MailDialer, Reply, SmtpError
from shared.settings import Settings
from tests.timing import SLACK


@contextlib.asynccontextmanager
async def served(script, *, timeout=20.0, allow="127.0.0.1"):
    """A dialer, and a server at `localhost.test` that runs `script(reader, writer)` for each connection."""
    writers = []

    async def serve(reader, writer):
        writers.append(writer)
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            await script(reader, writer)

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    settings = Settings(egress_allow=[f"{allow}:{port}"], verify_smtp_port=port, verify_timeout=timeout)
    try:
        yield MailDialer(settings, Loopback([]))
    finally:
        server.close()
        for writer in writers:
            writer.transport.abort()


class Loopback(Resolver):
    """Every name is this machine."""

    async def resolve(self, host, *, fresh=False):
        return ["127.0.0.1"]


def says(*replies, then=None):
    """A server that sends each of `replies` as it stands, the first at once and the next after each command."""

    async def script(reader, writer):
        for number, reply in enumerate(replies):
            if number:
                await reader.readline()
            writer.write(reply)
        if then is not None:
            await then(reader, writer)
        else:
            await reader.read()

    return script


async def greeting(script, **more):
    async with served(script, **more) as dialer:
        connection = await dialer.dial("localhost.test")
        try:
            return await connection.reply()
        finally:
            await connection.aclose()


@pytest.mark.parametrize(
    ("sent", "reply"),
    [
        (b"220 mx ESMTP\r\n", Reply(220, "mx ESMTP", None, ("mx ESMTP",))),
        (b"220 mx\n", Reply(220, "mx", None, ("mx",))),
        (b"220\r\n", Reply(220, "", None, ("",))),
        (b"220-un\r\n220-deux\r\n220 trois\r\n", Reply(220, "un deux trois", None, ("un", "deux", "trois"))),
        (
            b"550-5.1.1 no\r\n550 5.1.1 such user\r\n",
            Reply(550, "no such user", (5, 1, 1), ("5.1.1 no", "5.1.1 such user")),
        ),
        (b"550 #5.7.1 no\r\n", Reply(550, "no", (5, 7, 1), ("#5.7.1 no",))),
        (b"550 5.1.1-no\r\n", Reply(550, "-no", (5, 1, 1), ("5.1.1-no",))),
        (b"550 192.0.2.7 no\r\n", Reply(550, "192.0.2.7 no", None, ("192.0.2.7 no",))),
        ("550 boîte\r\n".encode("latin-1"), Reply(550, "boîte", None, ("boîte",))),
        (b"220 a\x00b\x1b[31m\r\n", Reply(220, "a b [31m", None, ("a b [31m",))),
    ],
)
async def test_replies(sent, reply):
    assert await greeting(says(sent)) == reply


@pytest.mark.parametrize(
    "sent",
    [
        b"HTTP/1.1 400 Bad Request\r\n",
        b"\r\n",
        b"22\r\n",
        b"2200 mx\r\n",
        b"120 wait\r\n",
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"220 " + b"x" * 100_000,
        b"220-mx\r\n" * 1000,
        b"\xff\xfb\x01\xff\xfb\x03\r\n",
    ],
    ids=lambda sent: repr(sent[:20]),
)
async def test_what_is_no_reply_is_not_read_on(sent):
    with pytest.raises(SmtpError) as caught:
        await greeting(says(sent))
    assert caught.value.failure == "garbage"


async def test_hanging_up_and_keeping_silent():
    async def hang_up(reader, writer):
        writer.close()

    for script, failure in ((hang_up, "dropped"), (says(), "timeout"), (says(b"220-mx\r\n"), "timeout")):
        with pytest.raises(SmtpError) as caught:
            await greeting(script, timeout=0.3)
        assert caught.value.failure == failure


async def test_a_drop_at_a_time_does_not_stretch_the_time_for_a_reply():
    async def drip(reader, writer):
        while True:
            writer.write(b"2")
            await asyncio.sleep(0.05)

    began = asyncio.get_running_loop().time()
    with pytest.raises(SmtpError) as caught:
        await greeting(drip, timeout=0.4)
    assert caught.value.failure == "timeout"
    assert asyncio.get_running_loop().time() - began < 0.4 + SLACK, "the reply never ends"


async def test_no_command_is_two():
    async with served(says(b"220 mx\r\n", b"250 ok\r\n")) as dialer:
        connection = await dialer.dial("localhost.test")
        await connection.reply()
        for line in ("RCPT TO:<a@b.fr>\r\nDATA", "RSET\nQUIT", "NOOP\x00", "NOOP\r"):
            with pytest.raises(ValueError, match="one line"):
                await connection.command(line)
        assert (await connection.command("NOOP")).code == 250
        await connection.aclose()


async def test_an_answer_before_the_question_is_not_taken_for_one():
    async with served(says(b"220 mx\r\n250 anything\r\n250 goes\r\n")) as dialer:
        connection = await dialer.dial("localhost.test")
        await connection.reply()
        with pytest.raises(SmtpError) as caught:
            await connection.command("RCPT TO:<a@b.fr>")
        assert caught.value.failure == "garbage"
        await connection.aclose()


async def test_what_stands_behind_the_go_ahead_does_not_get_into_the_encrypted_part():
    async with served(says(b"220 mx\r\n", b"220 go ahead\r\n250 injected\r\n")) as dialer:
        connection = await dialer.dial("localhost.test")
        await connection.reply()
        assert (await connection.command("STARTTLS")).code == 220
        with pytest.raises(SmtpError) as caught:
            await connection.start_tls()
        assert caught.value.failure == "tls"
        await connection.aclose()


async def test_a_private_address_is_not_dialled():
    reached = asyncio.Event()

    async def serve(reader, writer):
        reached.set()

    async with served(serve, allow="127.0.0.2") as dialer:
        with pytest.raises(SmtpError) as caught:
            await dialer.dial("mx.interne.fr")
        assert caught.value.failure == "blocked_address"
        assert not reached.is_set()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "[::1]", "::1", "a b.fr", ""])
async def test_what_is_no_public_name_is_not_dialled(host):
    settings = Settings(verify_smtp_port=25)
    with pytest.raises(SmtpError) as caught:
        await MailDialer(settings, Loopback([])).dial(host)
    assert caught.value.failure == "blocked_address"


async def test_urls_do_not_lead_to_the_port_of_mail():
    """What opens port 25 to mail servers opens it to nobody's URL."""
    from shared.net.client import Fetcher, FetchError

    async with Fetcher(Settings(verify_smtp_port=25)) as fetcher:
        with pytest.raises(FetchError) as caught:
            await fetcher.get("http://mx.exemple.fr:25/")
    assert caught.value.code == "blocked_address"
