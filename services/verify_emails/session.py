"""One conversation with one mail server: greeted once, asked about many recipients, never sent a message."""

from __future__ import annotations

import asyncio
import contextlib

from services.verify_emails.address import Mailbox
from services.verify_emails.identity import Identity
from services.verify_emails.memory import Names
from services.verify_emails.replies import about_recipient
from services.verify_emails.verdict import Stage
from shared.net.smtp import MailDialer, Reply, SmtpConnection, SmtpError

_RECIPIENTS_PER_TRANSACTION = 20
"""Far below the 100 that RFC 5321 section 4.5.3.1.8 makes every server take."""
_RECIPIENTS_PER_SESSION = 100
_REFUSALS_PER_SESSION = 9
"""Postfix makes who was refused ten times wait a second for each answer, and hangs up at twenty."""
_GOODBYE = 2.0
"""Seconds for the answer to QUIT, which changes nothing any more."""


class Refused(Exception):
    """The server talks, and will not take mail from us now."""

    def __init__(self, stage: Stage, reply: Reply) -> None:
        super().__init__(f"{reply.code} {reply.text}")
        self.stage: Stage = stage
        self.reply = reply


class Spent(Exception):
    """The server takes no more recipients in this session."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(f"{reply.code} {reply.text}")
        self.reply = reply


async def open_session(dialer: MailDialer, host: str, identity: Identity, plain: Names[str]) -> Session:
    """Connect and introduce ourselves, encrypted where the server offers it and is able to.

    Raises Refused, and SmtpError when there is no conversation. A server whose encryption fails is talked to in the
    clear over a second connection, and remembered in `plain`.
    """
    try:
        return await _introduced(await dialer.dial(host), identity, encrypt=host not in plain)
    except SmtpError as error:
        if error.failure != "tls":
            raise
    plain.add(host)
    return await _introduced(await dialer.dial(host), identity, encrypt=False)


async def _introduced(connection: SmtpConnection, identity: Identity, *, encrypt: bool) -> Session:
    try:
        greeting = await connection.reply()
        if greeting.code != 220:
            raise Refused("greeting", greeting)
        extensions = await _hello(connection, identity)
        if encrypt and "STARTTLS" in extensions:
            extensions = await _encrypted(connection, identity)
    except BaseException:
        await connection.aclose()
        raise
    return Session(connection, identity, extensions)


async def _encrypted(connection: SmtpConnection, identity: Identity) -> frozenset[str]:
    """The extensions after the handshake. Whatever fails here, it is the encryption that does not work."""
    try:
        if (await connection.command("STARTTLS")).code != 220:
            raise SmtpError("tls")
        await connection.start_tls()
        return await _hello(connection, identity)
    except SmtpError:
        raise SmtpError("tls") from None


async def _hello(connection: SmtpConnection, identity: Identity) -> frozenset[str]:
    """The names of the extensions, none from a server that knows HELO alone."""
    reply = await connection.command(f"EHLO {identity.ehlo}")
    if reply.code == 250:
        return frozenset(line.split()[0].upper() for line in reply.lines[1:] if line.strip())
    if reply.code >= 500:
        reply = await connection.command(f"HELO {identity.ehlo}")
    if reply.code != 250:
        raise Refused("greeting", reply)
    return frozenset()


class Session:
    """Recipients one after the other. `recipient` raises SmtpError and Refused, after which there is only `close`."""

    def __init__(self, connection: SmtpConnection, identity: Identity, extensions: frozenset[str]) -> None:
        self._connection = connection
        self._identity = identity
        self.takes_utf8 = "SMTPUTF8" in extensions
        """Whether names with accents can be said to it (RFC 6531)."""
        self._transaction: tuple[str, bool] | None = None
        self._in_transaction = 0
        self._asked = 0
        self._refusals = 0

    @property
    def is_worn_out(self) -> bool:
        """Whether more recipients than a good guest names have been named."""
        return self._asked >= _RECIPIENTS_PER_SESSION or self._refusals >= _REFUSALS_PER_SESSION

    async def recipient(self, mailbox: Mailbox) -> Reply:
        """What the server answers to this recipient. Raises Spent when others were too many for it before."""
        before = self._asked
        reply = await self._rcpt(mailbox)
        if about_recipient(reply) == "too_many_recipients" and self._in_transaction > 1:
            self._in_transaction = _RECIPIENTS_PER_TRANSACTION  # a new transaction may be enough
            reply = await self._rcpt(mailbox)
        if about_recipient(reply) == "too_many_recipients" and before:
            raise Spent(reply)
        return reply

    async def close(self, *, politely: bool = True) -> None:
        """Say goodbye, if the server still listens, and hang up; never raises."""
        if politely:
            with contextlib.suppress(SmtpError, TimeoutError):
                async with asyncio.timeout(_GOODBYE):
                    await self._connection.command("QUIT")
        await self._connection.aclose()

    async def _rcpt(self, mailbox: Mailbox) -> Reply:
        await self._begin(mailbox)
        reply = await self._connection.command(f"RCPT TO:<{mailbox}>")
        self._in_transaction += 1
        self._asked += 1
        self._refusals += reply.code >= 500
        return reply

    async def _begin(self, mailbox: Mailbox) -> None:
        """A transaction of one domain: large providers take no two in one."""
        wanted = (mailbox.domain, mailbox.needs_utf8)
        if self._transaction == wanted and self._in_transaction < _RECIPIENTS_PER_TRANSACTION:
            return
        if self._transaction is not None and (await self._connection.command("RSET")).code != 250:
            raise SmtpError("dropped")
        extension = " SMTPUTF8" if mailbox.needs_utf8 else ""
        reply = await self._connection.command(f"MAIL FROM:<{self._identity.sender}>{extension}")
        if reply.code != 250:
            raise Refused("sender", reply)
        self._transaction, self._in_transaction = wanted, 0
