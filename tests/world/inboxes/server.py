"""The IMAP server: what it hears it checks, what it is not asked it does not do, and it remembers both."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import re
import ssl
from datetime import UTC, datetime
from typing import Literal, Self

from shared.messaging.cancelling import cancel
from tests.world.inboxes.grammar import SyntaxFault, arguments
from tests.world.inboxes.mailbox import Mail, Mailbox, QueryError, gmail_finds

Fault = Literal[
    "",
    "silent",  # it accepts and never greets
    "bye",
    "garbage",  # something else than IMAP
    "refuse",  # NO [AUTHENTICATIONFAILED]
    "busy",  # NO, too many connections
    "drop",  # it closes at the log-in
    "cut",  # it closes within an answer
    "endless",  # it never stops to talk
    "huge",  # a literal that nobody can hold
    "binary",  # bytes that are no text
]

_FETCH = re.compile(rb"BODY(\.PEEK)?\[HEADER\](?:<0\.(\d+)>)?")
_DATE = re.compile(rb"(\d{1,2})-([A-Z][a-z]{2})-(\d{4})")
_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]


class ImapServer:
    """`async with ImapServer(mailboxes) as server`: listens at 127.0.0.1 and `server.port`."""

    def __init__(
        self,
        mailboxes: list[Mailbox],
        *,
        tls: ssl.SSLContext | None = None,
        starttls: ssl.SSLContext | None = None,
        fault: Fault = "",
        faults: int = 1_000_000,
        plain: bool = True,
        utf8: bool = True,
    ) -> None:
        self.mailboxes = {mailbox.user: mailbox for mailbox in mailboxes}
        self.violations: list[str] = []
        self.commands: list[str] = []
        """Names of the commands, in order."""
        self.connections = self.most_at_once = self.opened = 0
        self.fault, self.faults = fault, faults
        """What goes wrong, with so many connections from the first on."""
        self.plain, self.utf8, self.starttls = plain, utf8, starttls
        self.gate = asyncio.Event()
        """While it is not set, log-ins wait for their answer."""
        self.gate.set()
        self._tls = tls
        self._news = asyncio.Condition()
        self.port = 0

    async def __aenter__(self) -> Self:
        self._open: set[asyncio.StreamWriter] = set()
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port, ssl=self._tls, limit=2**20)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for writer in list(self._open):
            writer.transport.abort()

    async def wait_for(self, connections: int) -> None:
        """Return once there have been so many connections that said something."""
        async with asyncio.timeout(20), self._news:
            await self._news.wait_for(lambda: self.opened >= connections)

    async def wait_until_left(self) -> None:
        """Return once nobody is connected."""
        async with asyncio.timeout(20), self._news:
            await self._news.wait_for(lambda: self.connections == 0)

    @property
    def seen(self) -> list[Mail]:
        """Letters that a reader has marked as read."""
        return [mail for mailbox in self.mailboxes.values() for mail in mailbox.mails if mail.seen]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        self.connections += 1
        self.most_at_once = max(self.most_at_once, self.connections)
        fault: Fault = self.fault if self.faults > 0 else ""
        self.faults -= 1
        try:
            await Conversation(self, reader, writer, fault).hold()
        except (ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
            pass
        finally:
            writer.transport.abort()
            self._open.discard(writer)
            self.connections -= 1
            await self.tell()

    async def tell(self) -> None:
        async with self._news:
            self._news.notify_all()


class Conversation:
    """One connection, from the greeting to LOGOUT."""

    def __init__(
        self, server: ImapServer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, fault: Fault
    ) -> None:
        self._server, self._reader, self._writer, self._fault = server, reader, writer, fault
        self._mailbox: Mailbox | None = None
        self._folder = ""
        self._read_only = False

    async def hold(self) -> None:
        match self._fault:
            case "silent":
                self._server.opened += 1
                await self._server.tell()
                await self._reader.read()
                return
            case "bye":
                await self._say("* BYE Service unavailable, try later")
                return
            case "garbage":
                await self._say("HTTP/1.1 400 Bad Request\r\n\r\n<h1>no</h1>")
                return
            case "binary":
                await self._send(bytes(range(128, 256)) * 4 + b"\r\n")
                return
        await self._say(f"* OK [CAPABILITY {self._capabilities()}] ready")
        while command := await self._command():
            tag, name, *rest = command
            assert isinstance(tag, bytes) and isinstance(name, bytes)
            self._server.commands.append(name.decode().upper())
            if not await self._answer(tag.decode(), name.decode().upper(), rest):
                return

    async def _command(self) -> list[bytes | list[bytes]] | None:
        whole = b""
        while True:
            line = await self._reader.readline()
            if not line:
                return None
            whole += line
            if not (literal := re.search(rb"\{(\d+)\}\r\n$", line)):
                break
            await self._say("+ go on")
            whole += await self._reader.readexactly(int(literal[1]))
        try:
            if not whole.endswith(b"\r\n"):
                raise SyntaxFault(f"a line that does not end: {whole!r}")
            found = arguments(whole[:-2])
            if len(found) < 2 or not all(isinstance(part, bytes) for part in found[:2]):
                raise SyntaxFault(f"no command: {whole!r}")
        except SyntaxFault as fault:
            self._server.violations.append(str(fault))
            await self._say("* BAD syntax")
            return None
        return found

    async def _answer(self, tag: str, name: str, rest: list[bytes | list[bytes]]) -> bool:
        """Whether the conversation goes on."""
        match name:
            case "CAPABILITY":
                await self._say(f"* CAPABILITY {self._capabilities()}", f"{tag} OK done")
            case "LOGOUT":
                await self._say("* BYE bye", f"{tag} OK done")
                return False
            case "STARTTLS" if self._server.starttls is not None:
                await self._say(f"{tag} OK begin")
                await self._writer.start_tls(self._server.starttls)
            case "LOGIN" | "AUTHENTICATE":
                return await self._log_in(tag, name, rest)
            case "LIST" if self._mailbox is not None and rest[:1] == [b""]:
                lines = (f'* LIST ({flags}) "/" "{folder}"' for folder, flags in self._mailbox.folders.items())
                await self._say(*lines, f"{tag} OK done")
            case "EXAMINE" | "SELECT" if self._mailbox is not None:
                await self._open(tag, name, rest)
            case "UID" if self._folder and rest[:1] == [b"SEARCH"]:
                await self._search(tag, rest[1:])
            case "UID" if self._folder and rest[:1] == [b"FETCH"]:
                await self._fetch(tag, rest[1:])
            case _:
                self._server.violations.append(f"{name} {rest}")
                await self._say(f"{tag} BAD not here")
        return True

    async def _log_in(self, tag: str, name: str, rest: list[bytes | list[bytes]]) -> bool:
        if name == "LOGIN":
            user, password = (part.decode() if isinstance(part, bytes) else "" for part in rest)
        else:
            await self._say("+ ")
            _, user, password = base64.b64decode(await self._reader.readline()).decode().split("\0")
        self._server.opened += 1
        await self._server.tell()
        if self._fault == "drop" or not await self._gate_opens():
            return False
        if self._fault == "busy":
            await self._say(f"{tag} NO [ALERT] Too many simultaneous connections. (Failure)")
            return True
        mailbox = self._server.mailboxes.get(user)
        if self._fault == "refuse" or mailbox is None or mailbox.password != password:
            await self._say(f"{tag} NO [AUTHENTICATIONFAILED] Invalid credentials for {user} with {password}")
            return True
        mailbox.arrive()
        self._mailbox = mailbox
        await self._say(f"{tag} OK [CAPABILITY {self._capabilities()}] welcome")
        return True

    async def _gate_opens(self) -> bool:
        """Whether it did, and the client did not hang up before."""
        opens, left = asyncio.create_task(self._server.gate.wait()), asyncio.create_task(self._reader.read(1))
        await asyncio.wait({opens, left}, return_when=asyncio.FIRST_COMPLETED)
        await cancel([opens, left])
        return self._server.gate.is_set()

    async def _open(self, tag: str, name: str, rest: list[bytes | list[bytes]]) -> None:
        assert self._mailbox is not None and isinstance(rest[0], bytes)
        folder = rest[0].decode()
        if folder not in self._mailbox.folders:
            await self._say(f"{tag} NO [NONEXISTENT] Unknown Mailbox: {folder}")
            return
        if name == "SELECT":
            self._server.violations.append("SELECT: to read, EXAMINE will do")
        self._folder, self._read_only = folder, name == "EXAMINE"
        count = len(self._mailbox.there(folder))
        mode = "READ-ONLY" if self._read_only else "READ-WRITE"
        await self._say("* FLAGS (\\Seen)", f"* {count} EXISTS", "* 0 RECENT", f"{tag} OK [{mode}] done")

    async def _search(self, tag: str, keys: list[bytes | list[bytes]]) -> None:
        assert self._mailbox is not None
        if keys[:1] == [b"CHARSET"]:
            if not self._server.utf8:
                await self._say(f"{tag} NO [BADCHARSET (US-ASCII)] what?")
                return
            keys = keys[2:]
        found = self._mailbox.there(self._folder)
        try:
            while keys:
                key, value, *keys = keys
                assert isinstance(key, bytes) and isinstance(value, bytes)
                found = [mail for mail in found if self._matches(key.decode(), value, mail)]
        except (QueryError, ValueError, AssertionError) as fault:
            self._server.violations.append(f"SEARCH {fault}")
            await self._say(f"{tag} BAD what?")
            return
        if self._fault == "endless":
            with contextlib.suppress(ConnectionError):
                while True:
                    await self._say("* OK still there", "* SEARCH " + "7 " * 100_000)
        await self._say("* SEARCH " + " ".join(str(mail.uid) for mail in found), f"{tag} OK done")

    def _matches(self, key: str, value: bytes, mail: Mail) -> bool:
        assert self._mailbox is not None and mail.received_at is not None
        match key:
            case "X-GM-RAW" if self._mailbox.gmail:
                return gmail_finds(value.decode(), mail)
            case "SINCE" if date := _DATE.fullmatch(value):
                day, month, year = int(date[1]), _MONTHS.index(date[2].decode()) + 1, int(date[3])
                return mail.received_at >= datetime(year, month, day, tzinfo=UTC)
            case "FROM" | "SUBJECT":
                return value.decode().casefold() in mail.header(key).casefold()
        raise QueryError(f"{key} {value!r}")

    async def _fetch(self, tag: str, rest: list[bytes | list[bytes]]) -> None:
        assert self._mailbox is not None
        uids, wanted = rest
        assert isinstance(uids, bytes) and isinstance(wanted, list)
        for number, mail in enumerate(self._mailbox.there(self._folder), start=1):
            if str(mail.uid) not in uids.decode().split(","):
                continue
            assert mail.received_at is not None
            body = next(match for part in wanted if (match := _FETCH.fullmatch(part)))
            if not body[1]:
                self._server.violations.append("BODY without PEEK")
                mail.seen = mail.seen or not self._read_only
            header = mail.raw.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
            header = header[: int(body[2])] if body[2] else header
            date = mail.received_at.strftime(f"%d-{_MONTHS[mail.received_at.month - 1]}-%Y %H:%M:%S +0000")
            size = 10**9 if self._fault == "huge" else len(header)
            start = f'* {number} FETCH (UID {mail.uid} INTERNALDATE "{date}" BODY[HEADER]<0> {{{size}}}\r\n'.encode()
            if self._fault == "cut":
                await self._send(start + header[:20])
                raise ConnectionAbortedError
            await self._send(start + header + b")\r\n")
        await self._say(f"{tag} OK done")

    def _capabilities(self) -> str:
        gmail = self._mailbox.gmail if self._mailbox else all(one.gmail for one in self._server.mailboxes.values())
        words = ["IMAP4rev1", "ID", "SPECIAL-USE"]
        words += ["AUTH=PLAIN"] if self._server.plain else []
        words += ["X-GM-EXT-1"] if gmail else []
        words += ["STARTTLS"] if self._server.starttls is not None else []
        return " ".join(words)

    async def _say(self, *lines: str) -> None:
        await self._send("".join(f"{line}\r\n" for line in lines).encode())

    async def _send(self, payload: bytes) -> None:
        self._writer.write(payload)
        await self._writer.drain()
