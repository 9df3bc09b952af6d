"""What a module may raise, and what raising it causes."""

from __future__ import annotations


class ModuleError(Exception):
    """The base: the item ends with this code and message in its event, and empty columns."""

    def __init__(self, code: str, message: str = "") -> None:
        super().__init__(message or code)
        self.code = code
        self.message = message


class Retryable(ModuleError):
    """The item is tried again later, up to the manifest's attempts; meanwhile it holds no slot."""

    def __init__(self, code: str, message: str = "", *, retry_after: float | None = None) -> None:
        super().__init__(code, message)
        self.retry_after = retry_after
        """Seconds the other side asked to wait; None: the kit's own back-off."""


class Permanent(ModuleError):
    """The item ends at once: trying again would end the same."""


class Unavailable(Permanent):
    """What the job needs is not there for any of its items: no file, no key, a key that is refused."""
