"""What identity refuses. The message of each is a sentence that the API may show as it is."""

from __future__ import annotations


class IdentityError(Exception):
    """Any refusal or failure of this package."""


class InvalidInput(IdentityError):
    """A field of a form cannot be used; the request is unprocessable. `field` names it."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


class NotAuthenticated(IdentityError):
    """No credential, or a bad one: the caller must log in."""


class InvalidCredentials(NotAuthenticated):
    """Login refused. One message for an unknown address and for a wrong password."""

    def __init__(self) -> None:
        super().__init__("The e-mail address or the password is wrong.")


class InvalidApiKey(NotAuthenticated):
    """An API key was sent and is not one of ours: refused even when a good cookie came with it."""

    def __init__(self) -> None:
        super().__init__("The API key is invalid or has been revoked.")


class Forbidden(IdentityError):
    """The caller is known and may not do this."""


class InvalidToken(IdentityError):
    """A link from a mail is unknown, used, expired or overtaken by a newer password."""

    def __init__(self) -> None:
        super().__init__("This link is invalid, has expired or has already been used.")


class UnknownAccount(IdentityError):
    """There is no account of that id."""

    def __init__(self) -> None:
        super().__init__("There is no account with this id.")


class UnknownApiKey(IdentityError):
    """The caller has no API key of that id."""

    def __init__(self) -> None:
        super().__init__("There is no API key with this id.")


class TooManyApiKeys(IdentityError):
    """The account holds as many keys as it may."""


class TooManyAttempts(IdentityError):
    """A limit is reached; the same request may pass after `retry_after` whole seconds."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"Too many attempts. Try again in {retry_after} seconds.")
        self.retry_after = retry_after


class Unavailable(IdentityError):
    """Nothing is known about the request: the store or the processor is not available. Worth retrying."""

    retry_after = 5


class Conflict(Exception):
    """Somebody else wrote the record first. Internal: read again and decide again."""
