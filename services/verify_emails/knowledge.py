"""What all lanes of a process remember of domains and mail servers."""

from __future__ import annotations

import asyncio
import secrets
import string
from weakref import WeakValueDictionary

from services.verify_emails.address import Mailbox
from services.verify_emails.memory import Memory, Names
from services.verify_emails.verdict import Answer
from shared.net.smtp import Reply

_REST_SECONDS = 60.0
_CATCH_ALL_SECONDS = 3600.0
_PLAIN_SECONDS = 24 * 3600.0
_INVENTED_LENGTH = 15


class Knowledge:
    """Bounded in number and in time."""

    def __init__(self) -> None:
        self.probes: Memory[str, Reply] = Memory(_CATCH_ALL_SECONDS)
        """By domain: the answer for a name that nobody has, once it was one way or the other."""
        self.plain: Names[str] = Names(_PLAIN_SECONDS)
        """Servers whose encryption does not work."""
        self.resting: Memory[tuple[str, ...], Answer] = Memory(_REST_SECONDS)
        """By route: what everybody is told without asking."""
        self._invented: Memory[str, str] = Memory(_CATCH_ALL_SECONDS)
        self._probing: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    def probing(self, domain: str) -> asyncio.Lock:
        """Held by the session that probes a domain; the others wait for what it learns."""
        lock = self._probing.get(domain)
        if lock is None:
            lock = self._probing[domain] = asyncio.Lock()
        return lock

    def invented(self, domain: str) -> Mailbox:
        """A name that nobody has; the same one for a while, since a grey-list knows who asked before."""
        local = self._invented.get(domain)
        if local is None:
            rest = (secrets.choice(string.ascii_lowercase + string.digits) for _ in range(_INVENTED_LENGTH - 1))
            local = secrets.choice(string.ascii_lowercase) + "".join(rest)
            self._invented.put(domain, local)
        return Mailbox(local, domain)
