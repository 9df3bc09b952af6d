"""What a command says when it fails, and the exit code it says it with."""

from __future__ import annotations

from typing import Final

FAILED: Final = 1
"""The job failed or was cancelled, or the product could not do what was asked."""
USAGE: Final = 2
"""The command, a file or a value cannot be used; the same again will fail again."""
NO_ACCESS: Final = 3
"""The service is not reachable, or does not let this user in."""
INTERRUPTED: Final = 130
"""Ctrl-C, as shells count it."""


class CliError(Exception):
    """A sentence for the user. Ends the command with `code`."""

    code = FAILED


class UsageError(CliError):
    """What was asked cannot be."""

    code = USAGE


class NoAccess(CliError):
    """Nobody answers, or the credentials are missing or refused."""

    code = NO_ACCESS
