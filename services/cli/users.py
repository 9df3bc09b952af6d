"""`outsend user …`: accounts, straight in the identity store; the services need not run, the broker must."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import time
from collections.abc import AsyncIterator, Coroutine
from typing import Annotated, Any

import msgspec
import nats
import typer
from nats.errors import Error as NatsError
from nats.js.kv import KeyValue

from services.cli.display import err, plain
from services.cli.errors import CliError, NoAccess, UsageError
from services.cli.surroundings import joined_settings
from shared.identity.accounts import Account, Accounts
from shared.identity.addresses import parse_address
from shared.identity.api_keys import ApiKeys
from shared.identity.errors import IdentityError
from shared.identity.passwords import Passwords, check_rules
from shared.messaging.connection import BrokerTooOld, check_server
from shared.messaging.streams import identity_bucket
from shared.settings import Settings

Email = Annotated[str, typer.Argument(metavar="EMAIL")]
KeyName = Annotated[str, typer.Option(help="What the key is for")]

users_app = typer.Typer(no_args_is_help=True, help="Make accounts and API keys.")


@users_app.command("create")
def create_command(
    email: Email,
    verified: Annotated[bool, typer.Option(help="The address counts as verified")] = True,
    api_key: Annotated[bool, typer.Option("--api-key", help="Make an API key too and print it")] = False,
) -> None:
    """Make an account. The password is asked for, or taken from OUTSEND_PASSWORD."""
    password = _password()
    secret = _run(create_user(joined_settings(), email, password, verified=verified, api_key=api_key))
    err.print(plain(f"{email} has an account now."))
    if secret:
        print(secret)


@users_app.command("key")
def key_command(email: Email, name: KeyName = "cli") -> None:
    """Make a further API key for an account and print it."""
    print(_run(create_key(joined_settings(), email, name)))


async def create_user(
    settings: Settings, email: str, password: str, *, verified: bool = True, api_key: bool = False
) -> str:
    """Make an account; gives its API key's secret if one was wished for. Raises UsageError, NoAccess, IdentityError."""
    address = parse_address(email)
    check_rules(password)
    passwords = Passwords()
    try:
        password_hash = await passwords.hash(password)
    finally:
        passwords.close()
    async with _identity(settings) as bucket:
        accounts = Accounts(bucket)
        account = await accounts.create(address, password_hash, time.time())
        if account is None:
            raise UsageError(f"{address} has an account already")
        if verified:
            await accounts.change(account.id, _verified)
        return await _new_key(bucket, account, "cli") if api_key else ""


async def create_key(settings: Settings, email: str, name: str) -> str:
    """A new API key's secret. Raises UsageError, NoAccess, IdentityError."""
    async with _identity(settings) as bucket:
        account = await Accounts(bucket).find(email)
        if account is None:
            raise UsageError(f"{email} has no account")
        return await _new_key(bucket, account, name)


@contextlib.asynccontextmanager
async def _identity(settings: Settings) -> AsyncIterator[KeyValue]:
    why = ""

    async def note(error: Exception) -> None:
        nonlocal why
        why = str(error) or type(error).__name__

    try:
        # A command says that nobody is there; only services wait. 0 would mean: for ever.
        client = await nats.connect(
            settings.nats_url.split(","),
            connect_timeout=2,
            max_reconnect_attempts=1,
            reconnect_time_wait=0.1,
            error_cb=note,
        )
    except (NatsError, OSError, TimeoutError):
        raise NoAccess(f"the broker is not reachable ({why}): start it with `outsend up`, or set NATS_URL") from None
    try:
        await check_server(client)
        yield await identity_bucket(client.jetstream(), settings)
    except BrokerTooOld as error:
        raise CliError(str(error)) from None
    finally:
        await client.close()


async def _new_key(bucket: KeyValue, account: Account, name: str) -> str:
    _, secret = await ApiKeys(bucket).create(account.id, name, time.time())
    return secret


def _verified(account: Account) -> Account:
    return msgspec.structs.replace(account, email_verified=True)


def _password() -> str:
    if (given := os.environ.get("OUTSEND_PASSWORD")) is not None:
        return given
    if not sys.stdin.isatty():
        raise UsageError("there is no terminal to ask for a password: set OUTSEND_PASSWORD")
    return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True))


def _run(work: Coroutine[Any, Any, str]) -> str:
    try:
        return asyncio.run(work)
    except IdentityError as error:
        raise UsageError(str(error)) from None
