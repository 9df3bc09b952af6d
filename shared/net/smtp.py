"""One guarded connection to a mail server, and its half of a dialogue in SMTP (RFC 5321): commands out, replies in.

The other side is hostile: lines, their number and the time for each reply are bounded, and nothing that is not a reply
gets further.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import ssl
from collections.abc import Iterator
from functools import cache
from typing import Literal

import anyio
import httpcore
import msgspec

from shared.net.dialer import Dialer
from shared.net.errors import EgressError, was_refused
from shared.net.policy import EgressPolicy
from shared.net.resolver import Resolver
from shared.settings import Settings

_CONNECT_SECONDS = 10.0
"""For all addresses of a server; half of it for one, so that one that drops packets leaves time for the next."""
_MAX_LINE = 4096
"""Bytes; section 4.5.3.1.5 allows 512, and real servers write longer reasons."""
_MAX_LINES = 100
_MAX_TEXT = 2000
_REPLY = re.compile(rb"([2-5]\d\d)(?:([ -])(.*))?", re.DOTALL)
_ENHANCED = re.compile(r"\s*#?([245])\.(\d{1,3})\.(\d{1,3})(?=[\s:;,.-]|$)\s*")
"""RFC 3463, at the beginning of a line; Cisco's gateways write a # before it."""
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f]")

Failure = Literal[
    "no_address",  # the server's name does not exist
    "blocked_address",  # it has an address that may not be reached
    "dns_failure",
    "refused",
    "unreachable",
    "timeout",  # connected, and no answer in time
    "dropped",  # the server hung up
    "garbage",  # what it said is no SMTP
    "tls",
]


class SmtpError(Exception):
    """The conversation cannot begin or go on."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure)
        self.failure: Failure = failure


class Reply(msgspec.Struct, frozen=True):
    """What a server answered to one command."""

    code: int
    text: str = ""
    """Its lines joined, without codes."""
    enhanced: tuple[int, int, int] | None = None
    """The status code of RFC 3463, where it gave one."""
    lines: tuple[str, ...] = ()
    """As they were written, for the answer to EHLO."""

    @classmethod
    def parse(cls, code: int, lines: list[str]) -> Reply:
        """Of the lines' texts, each after its code. Pure."""
        found = [(_ENHANCED.match(line), line) for line in lines]
        enhanced = next((tuple(int(part) for part in match.groups()) for match, _ in found if match), None)
        text = " ".join(line[match.end() :] if match else line for match, line in found)
        return cls(code, text.strip()[:_MAX_TEXT], enhanced, tuple(lines))  # type: ignore[arg-type]


class MailDialer:
    """Opens connections to mail servers, and to nothing that the egress guard does not let through."""

    def __init__(self, settings: Settings, resolver: Resolver) -> None:
        self._policy = EgressPolicy(settings)
        self._dialer = Dialer(self._policy, resolver, settings.egress_ca_file)
        self._port = settings.verify_smtp_port
        self._timeout = settings.verify_timeout

    async def dial(self, host: str) -> SmtpConnection:
        """A connection that has said nothing yet. Raises SmtpError."""
        try:
            async with asyncio.timeout(_CONNECT_SECONDS):
                stream = await self._dialer.dial(self._policy.mail_target(host, self._port), _CONNECT_SECONDS / 2)
        except EgressError as error:
            raise SmtpError(_failure(error)) from None
        except (TimeoutError, httpcore.ConnectTimeout, httpcore.ConnectError) as error:
            raise SmtpError("refused" if was_refused(error) else "unreachable") from None
        return SmtpConnection(stream, host, self._timeout)


class SmtpConnection:
    """Commands and replies, strictly in turn. Every method raises SmtpError, after which there is only `aclose`."""

    def __init__(self, stream: httpcore.AsyncNetworkStream, host: str, timeout: float) -> None:
        self._stream = stream
        self._timeout = timeout
        self._buffer = bytearray()
        self.host = host

    async def reply(self) -> Reply:
        """The next reply, all of its lines, within the time for one answer."""
        with _smtp_errors():
            async with asyncio.timeout(self._timeout):
                return await self._reply()

    async def command(self, line: str) -> Reply:
        """Send one command and read its reply. Raises ValueError for a line that would be more than one command."""
        if _UNPRINTABLE.search(line):
            raise ValueError("a command is one line of printable characters")
        if self._buffer:  # it talks out of turn: nobody could say any more which answer is whose
            raise SmtpError("garbage")
        with _smtp_errors():
            async with asyncio.timeout(self._timeout):
                await self._stream.write(line.encode() + b"\r\n")
                return await self._reply()

    async def start_tls(self) -> None:
        """Encrypt; any certificate will do, as between mail servers (RFC 7435).

        What came in the clear behind the go-ahead is no part of the encrypted conversation (CVE-2011-0411).
        """
        if self._buffer:
            raise SmtpError("tls")
        try:
            async with asyncio.timeout(self._timeout):
                self._stream = await self._stream.start_tls(_opportunistic(), self.host)
        except (TimeoutError, httpcore.NetworkError, httpcore.TimeoutException, OSError):
            raise SmtpError("tls") from None

    async def aclose(self) -> None:
        """Hang up; never raises."""
        with contextlib.suppress(TimeoutError, OSError, httpcore.NetworkError, anyio.BrokenResourceError):
            async with asyncio.timeout(2):
                await self._stream.aclose()

    async def _reply(self) -> Reply:
        lines: list[str] = []
        while len(lines) < _MAX_LINES:
            found = _REPLY.fullmatch(await self._line())
            if found is None:
                raise SmtpError("garbage")
            lines.append(_decoded(found[3] or b""))
            if found[2] != b"-":
                return Reply.parse(int(found[1]), lines)
        raise SmtpError("garbage")

    async def _line(self) -> bytes:
        while (end := self._buffer.find(b"\n")) < 0:
            if len(self._buffer) > _MAX_LINE:
                raise SmtpError("garbage")
            chunk = await self._stream.read(_MAX_LINE)
            if not chunk:
                raise SmtpError("dropped")
            self._buffer += chunk
        line = bytes(self._buffer[:end]).removesuffix(b"\r")
        del self._buffer[: end + 1]
        return line


def _decoded(line: bytes) -> str:
    """Old servers write French in Latin-1. Control characters are not for rows and logs."""
    try:
        text = line.decode()
    except UnicodeDecodeError:
        text = line.decode("latin-1")
    return _UNPRINTABLE.sub(" ", text)


def _failure(error: EgressError) -> Failure:
    if error.code != "dns":
        return "blocked_address"
    return "no_address" if error.detail == "absent" else "dns_failure"


@cache
def _opportunistic() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


@contextlib.contextmanager
def _smtp_errors() -> Iterator[None]:
    try:
        yield
    except (TimeoutError, httpcore.TimeoutException):
        raise SmtpError("timeout") from None
    except (httpcore.NetworkError, OSError):  # ssl.SSLError is an OSError
        raise SmtpError("dropped") from None
