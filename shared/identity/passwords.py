"""Passwords: Argon2id (RFC 9106) in threads of their own, never more at once than memory allows."""

from __future__ import annotations

import asyncio
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from shared.identity.errors import InvalidInput, Unavailable

T = TypeVar("T")

MIN_LENGTH = 8
MAX_LENGTH = 128
"""Characters. A bound keeps hashing cheap; NIST SP 800-63B asks for at least 8 and for 64 to be possible."""


def check_rules(password: str) -> None:
    """Raises InvalidInput, with a sentence, for a password that may not be chosen."""
    if not MIN_LENGTH <= len(password) <= MAX_LENGTH:
        raise InvalidInput("password", f"The password must have {MIN_LENGTH} to {MAX_LENGTH} characters.")
    if password.isspace():
        raise InvalidInput("password", "The password must not be made of spaces alone.")


class Passwords:
    """Hashes and verifies. `hasher` holds the Argon2 parameters; the library's defaults follow RFC 9106.

    `threads` hashes run at once (64 MiB each with the defaults); beyond `max_waiting` further ones the answer
    is Unavailable at once, so that a flood of logins cannot make everybody wait.
    """

    def __init__(self, hasher: PasswordHasher | None = None, *, threads: int = 2, max_waiting: int = 100) -> None:
        self._hasher = hasher or PasswordHasher()
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="argon2")
        self._room = threads + max_waiting
        self._nobodys_hash: str | None = None

    async def hash(self, password: str) -> str:
        """The encoded hash, parameters and salt included. Raises Unavailable."""
        return await self._run(lambda: self._hasher.hash(_bytes(password)))

    async def verify(self, password_hash: str | None, password: str) -> bool:
        """Whether the password is the one. None, for an unknown user, takes the same time and is False."""
        if self._nobodys_hash is None:
            self._nobodys_hash = await self.hash("nobody's password")
        wanted = password_hash or self._nobodys_hash
        matches = await self._run(lambda: self._verify(wanted, password))
        return matches and password_hash is not None

    def is_outdated(self, password_hash: str) -> bool:
        """Whether the hash was made with other parameters than today's and should be made again."""
        return self._hasher.check_needs_rehash(password_hash)

    def close(self) -> None:
        """End the threads; hashes that wait are dropped."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _verify(self, password_hash: str, password: str) -> bool:
        try:
            return self._hasher.verify(password_hash, _bytes(password))
        except (VerificationError, InvalidHashError):
            return False

    async def _run(self, work: Callable[[], T]) -> T:
        if self._room <= 0:
            raise Unavailable("Too many logins at once. Try again in a moment.")
        self._room -= 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._room += 1


def _bytes(password: str) -> bytes:
    # NIST SP 800-63B, 5.1.1.2: the same characters typed on another system are the same password.
    return unicodedata.normalize("NFKC", password).encode("utf-8", "surrogatepass")
