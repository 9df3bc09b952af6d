"""Visits to mailboxes over IMAP: Python's own imaplib on our sockets, in threads that can be hung up on.

The server is one of the settings', so any address of it may be dialled, as with ApiClient; its certificate is checked.
"""

from __future__ import annotations

import asyncio
import contextlib
import imaplib
import re
import ssl
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from ipaddress import ip_address
from typing import TypeVar

from shared.net.errors import EgressError
from shared.net.imap_account import Account, ImapError
from shared.net.imap_line import Line, LineClient
from shared.net.imap_session import ImapSession
from shared.net.imap_text import quoted
from shared.net.resolver import Resolver
from shared.settings import Settings

T = TypeVar("T")

_LATER = re.compile(r"\[(?:UNAVAILABLE|LIMIT|INUSE|SERVERBUG)\b|too many", re.IGNORECASE)
"""Response codes of RFC 5530 that pass, and Gmail's words for too many connections."""


class ImapClient:
    """Visits accounts, each visit over a connection of its own that ends with it.

    `threads` bounds the visits at once; `timeout` is for a whole visit, in seconds.
    """

    def __init__(self, settings: Settings, *, threads: int, timeout: float) -> None:
        self._resolver = Resolver(settings.dns_servers)
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="imap")
        self._timeout = timeout
        self._tls = ssl.create_default_context()
        if settings.egress_ca_file:
            self._tls.load_verify_locations(settings.egress_ca_file)

    async def visit(self, account: Account, work: Callable[[ImapSession], T]) -> T:
        """What `work` makes of the account, in a thread. Raises ImapError, and what `work` does.

        Cancelled or out of time it hangs up at once, whatever the thread waits for.
        """
        line = Line()
        try:
            async with asyncio.timeout(self._timeout):
                addresses = await self._addresses(account.host)
                loop = asyncio.get_running_loop()
                return await loop.run_in_executor(self._threads, self._visit, account, addresses, line, work)
        except TimeoutError:
            raise _too_slow(account.host) from None
        finally:
            line.hang_up()

    def close(self) -> None:
        """Let go of the threads; visits that are on end by themselves."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        self._resolver.close()

    async def _addresses(self, host: str) -> list[str]:
        try:
            return [str(ip_address(host))]
        except ValueError:
            pass
        try:
            return await self._resolver.resolve(host)
        except EgressError as error:
            raise ImapError("imap_unreachable", f"The mail server {host} cannot be found: {error.message}") from None

    def _visit(self, account: Account, addresses: list[str], line: Line, work: Callable[[ImapSession], T]) -> T:
        client: imaplib.IMAP4 | None = None
        try:
            client = LineClient(line.dial(account, addresses, self._tls, self._timeout), account.host)
            if account.tls == "starttls":
                if "STARTTLS" not in client.capabilities:
                    raise ImapError("imap_tls", f"{account.host} does not offer STARTTLS.")
                client.starttls(self._tls)
                line.take(client.sock)
            _log_in(client, account)
            found = work(ImapSession(client))
            with contextlib.suppress(imaplib.IMAP4.error, OSError):  # we have what we came for
                client.logout()
            return found
        except (imaplib.IMAP4.error, OSError, UnicodeError) as error:
            raise _failure(error, account.host) from None
        finally:
            if client is not None:
                with contextlib.suppress(OSError):  # closed already
                    client.shutdown()
            line.close()


def _log_in(client: imaplib.IMAP4, account: Account) -> None:
    """With AUTHENTICATE PLAIN (RFC 4616), which takes any UTF-8; else with LOGIN."""
    try:
        if "AUTH=PLAIN" in client.capabilities:
            client.authenticate("PLAIN", lambda _: f"\0{account.user}\0{account.password}".encode())
        else:
            client.login(quoted(account.user), account.password)
    except imaplib.IMAP4.abort:
        raise
    except (imaplib.IMAP4.error, ValueError) as error:  # a ValueError: LOGIN cannot carry it
        if _LATER.search(str(error)):
            raise _busy(account.host) from None
        raise ImapError("imap_auth", f"The mail server {account.host} refuses the user and the password.") from None


def _failure(error: Exception, host: str) -> ImapError:
    match error:
        case imaplib.IMAP4.abort() | ssl.SSLEOFError() | ssl.SSLZeroReturnError():
            return _lost(host)
        case ssl.SSLError():
            reason = error.verify_message if isinstance(error, ssl.SSLCertVerificationError) else "the handshake failed"
            return ImapError("imap_tls", f"No secure connection to {host}: {reason.rstrip('.')}.")
        case TimeoutError():
            return _too_slow(host)
        case OSError():
            return _lost(host)
        case _ if "BYE" in str(error):  # instead of a greeting (RFC 3501, 7.1.5)
            return _busy(host)
        case _:
            return ImapError("imap_protocol", f"{host} does not answer as a mail server does.")


def _lost(host: str) -> ImapError:
    return ImapError("imap_unreachable", f"The connection to {host} failed or was closed.")


def _busy(host: str) -> ImapError:
    return ImapError("imap_busy", f"The mail server {host} has no room for us now.")


def _too_slow(host: str) -> ImapError:
    return ImapError("imap_timeout", f"The mail server {host} does not answer in time.")
