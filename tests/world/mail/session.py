"""One SMTP session at one server (RFC 5321): its order is enforced, what breaks it is noted, no letter is taken."""

from __future__ import annotations

import asyncio
import re
import ssl
from collections.abc import Mapping
from ipaddress import ip_address

from tests.world.mail.ledger import Ledger, Visit
from tests.world.mail.manners import Domain, Kind, Server, Stage
from tests.world.mail.wire import Hung, Inbox, Wire

_PATH = re.compile(r"(?:FROM|TO):<(?P<address>[^<>\s]*)>(?P<parameters>(?: \S+)*)", re.IGNORECASE)
_HOST = re.compile(r"(?=.{4,255}$)(?!-)[a-z0-9-]{1,63}(?<!-)(?:\.(?!-)[a-z0-9-]{1,63}(?<!-))+", re.IGNORECASE)
_LINE = 512
"""Bytes of a command with its ending (RFC 5321, 4.5.3.1.4)."""
_IN_A_GROUP = ("MAIL", "RCPT", "RSET")
"""What may stand before another command of a pipelined group (RFC 2920, 3.1)."""


class House:
    """What the sessions of one server have in common: who comes how often, whom it has grey-listed, its certificate."""

    def __init__(self, server: Server, domains: Mapping[str, Domain], ledger: Ledger, tls: ssl.SSLContext) -> None:
        self.server = server
        self.domains = domains
        self.ledger = ledger
        self.tls = tls
        self.met: dict[tuple[str, str], float] = {}
        """Sender and recipient, and when they met, for the grey list."""
        self.sessions = 0
        self._faults = 0

    def fails(self, stage: Stage | None) -> Kind | None:
        """How the next reply of this stage goes wrong, if it does."""
        fault = self.server.fault
        if fault is None or fault.at != stage or (fault.times and self._faults >= fault.times):
            return None
        self._faults += 1
        return fault.kind


class Session:
    """Serves one connection to its end."""

    def __init__(self, house: House, reader: Inbox, writer: asyncio.StreamWriter) -> None:
        self._house = house
        self._server = house.server
        client = str((writer.get_extra_info("peername") or ("gone",))[0])
        self._visit = Visit(house.server.host, client, asyncio.get_running_loop().time())
        self._wire = Wire(reader, writer, house.server.latency, house.fails)
        self._inbox = reader
        self._inbox.arrived = self._visit.begun
        self._extended = self._mailing = self._utf8 = self._closed = False
        self._accepted = self._accepted_before = self._refused = 0

    async def run(self) -> None:
        """Until the client leaves or the server has had enough."""
        ledger = self._house.ledger
        at_once = ledger.enter(self._visit)
        try:
            await self._greet(at_once)
            while not self._closed and (line := await self._inbox.line()):
                await self._answer(line)
            self._visit.ending = self._visit.ending or ("dropped" if self._closed else "left")
        except (Hung, ssl.SSLError, ValueError):  # ValueError: a line without an end
            self._visit.ending = "dropped"
        except (ConnectionError, asyncio.IncompleteReadError):
            self._visit.ending = "left"
        finally:
            self._visit.sent = self._wire.sent
            ledger.leave(self._visit, asyncio.get_running_loop().time())

    async def _greet(self, at_once: int) -> None:
        server = self._server
        self._house.sessions += 1
        if server.connections and at_once > server.connections:
            self._house.ledger.over[server.host] += 1
            return await self._bye("421 4.7.0 {host} Error: too many connections from {client}")
        if server.sessions and self._house.sessions > server.sessions:
            return await self._bye("421 4.7.0 {host} Try again later, too many sessions from {client}")
        await self._say(server.banner, "banner")
        if self._inbox.waiting:
            self._note("it spoke before the banner")
        self._closed = server.banner.startswith("421")
        return None

    async def _answer(self, line: bytes) -> None:
        self._inspect(line)
        text = line.decode("utf-8", "replace").rstrip("\r\n")
        verb, _, rest = text.partition(" ")
        verb = verb.upper()
        if self._inbox.waiting and not (self._pipelines and verb in _IN_A_GROUP):
            self._note(f"it did not wait for the reply to {verb}")
        if verb == "QUIT":
            self._visit.ending = "quit"
            await self._bye("221 2.0.0 Bye")
        elif not self._server.banner.startswith("220"):
            await self._say("503 5.5.1 bad sequence of commands")
        else:
            await self._command(verb, rest, text)

    async def _command(self, verb: str, rest: str, text: str) -> None:
        match verb:
            case "EHLO" | "HELO":
                await self._hello(verb, rest)
            case "STARTTLS" if self._server.tls and not self._visit.tls:
                await self._secure()
            case "NOOP":
                await self._say("250 2.0.0 Ok")
            case "RSET":
                self._mailing = False
                self._accepted_before, self._accepted = self._accepted_before + self._accepted, 0
                await self._say("250 2.0.0 Ok")
            case _ if self._server.tls == "required" and not self._visit.tls:
                await self._say("530 5.7.0 Must issue a STARTTLS command first")
            case "MAIL":
                await self._mail(rest)
            case "RCPT":
                await self._recipient(rest)
            case _:
                self._note(f"it sent {text[:40]!r}")
                await self._say("502 5.5.1 Error: command not implemented")

    @property
    def _pipelines(self) -> bool:
        return self._extended and "PIPELINING" in self._server.extensions

    async def _hello(self, verb: str, name: str) -> None:
        self._visit.hello, self._mailing = name, False
        if not _names_a_host(name):
            self._note(f"{verb} {name!r} names no host")
        refuses = not self._server.hello.startswith("250")
        if verb == "EHLO" and refuses:
            return await self._say(self._server.hello, "ehlo")
        self._extended = verb == "EHLO"
        offers = ("STARTTLS",) if self._server.tls and not self._visit.tls else ()
        lines = [*self._server.extensions, *offers] if self._extended else []
        return await self._say("\n".join(["250 {host}" if refuses else self._server.hello, *lines]), "ehlo")

    async def _secure(self) -> None:
        await self._say("220 2.0.0 Ready to start TLS")
        if self._server.tls == "broken":
            await self._wire.nonsense()
            raise Hung
        await self._wire.secure(self._house.tls)
        self._visit.tls, self._extended, self._visit.hello = True, False, ""

    async def _mail(self, rest: str) -> None:
        path = _PATH.fullmatch(rest)
        if path is None or not self._visit.hello or self._mailing:
            self._note(f"MAIL {rest!r} " + ("is no command" if path is None else "out of order"))
            return await self._say("503 5.5.1 Error: bad sequence of commands")
        parameters = path["parameters"].upper().split()
        self._utf8 = "SMTPUTF8" in parameters
        for parameter in parameters:
            if not any(offer.split()[0] == parameter.split("=")[0] for offer in self._offers()):
                self._note(f"{parameter} was not offered")
        self._visit.sender, self._mailing = path["address"], self._server.sender.startswith("250")
        return await self._say(self._server.sender, "mail")

    async def _recipient(self, rest: str) -> None:
        path = _PATH.fullmatch(rest)
        if path is None or not self._mailing:
            # After a MAIL that was refused a pipelining client cannot know better.
            if path is None or not self._pipelines:
                self._note(f"RCPT {rest!r} " + ("is no command" if path is None else "without MAIL"))
            return await self._say("503 5.5.1 Error: need MAIL command")
        if not path["address"].isascii() and not self._utf8:
            self._note(f"{path['address']} in a transaction without SMTPUTF8")
        reply = self._verdict(path["address"])
        self._visit.recipients.append((path["address"], int(reply[:3])))
        self._accepted += reply.startswith("2")
        self._refused += not reply.startswith("2")
        await self._say(reply.replace("{address}", path["address"]), "rcpt")
        if reply.startswith("421"):
            self._closed = True
        return None

    def _verdict(self, address: str) -> str:
        server = self._server
        local, _, name = address.rpartition("@")
        domain = self._house.domains.get(name.lower())
        if server.errors and self._refused >= server.errors:
            return "421 4.7.0 {host} Error: too many errors"
        accepted = self._accepted_before + self._accepted
        if 0 < server.recipients <= self._accepted or 0 < server.session_recipients <= accepted:
            return "452 4.5.3 Error: too many recipients"
        if domain is None:
            return "554 5.7.1 <{address}>: Relay access denied"
        if server.grey is not None:
            now = asyncio.get_running_loop().time()
            if now - self._house.met.setdefault((self._visit.sender, address), now) < server.grey:
                return "450 4.7.1 <{address}>: Recipient address rejected: Greylisted, try again later"
        return domain.reply(local)

    def _inspect(self, line: bytes) -> None:
        if not line.endswith(b"\r\n"):
            self._note("a line does not end with CR LF")
        if len(line) > _LINE:
            self._note(f"a command of {len(line)} bytes")
        if not line.isascii() and not (self._extended and "SMTPUTF8" in self._server.extensions):
            self._note(f"{line[:60]!r} is not ASCII, and SMTPUTF8 was not offered")

    def _offers(self) -> tuple[str, ...]:
        body = ("BODY",) if "8BITMIME" in self._server.extensions else ()
        return (*self._server.extensions, *body) if self._extended else ()

    async def _bye(self, reply: str) -> None:
        self._closed = True
        await self._say(reply)

    async def _say(self, reply: str, stage: Stage | None = None) -> None:
        named = reply.replace("{host}", self._server.host).replace("{client}", self._visit.client)
        await self._wire.say(named, stage)

    def _note(self, violation: str) -> None:
        self._house.ledger.violations.append(f"{self._server.host}: {violation}")


def _names_a_host(name: str) -> bool:
    """A name with a dot, or an address literal (RFC 5321, 4.1.1.1)."""
    if name.startswith("[") and name.endswith("]"):
        try:
            return bool(ip_address(name[1:-1].removeprefix("IPv6:")))
        except ValueError:
            return False
    return _HOST.fullmatch(name) is not None
