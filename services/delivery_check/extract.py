"""delivery_check: one seed inbox in, whether a domain's message came and where it was put out.

A look is an attempt: between two of them the item waits in the kit, without a slot and without a connection.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final
from weakref import WeakKeyDictionary

import msgspec

from contracts.items import ItemRequested
from services.delivery_check.answer import columns, report
from services.delivery_check.look import Wanted, look
from services.delivery_check.patience import Patience
from shared.modulekit.errors import Permanent, Retryable, Unavailable
from shared.modulekit.module import ATTEMPT, Context, Result
from shared.net.imap import ImapClient
from shared.net.imap_account import Account, ImapError
from shared.net.imap_text import is_astring
from shared.net.site import normalize_domain
from shared.seed_inboxes import NOT_CONFIGURED, SeedInbox, seed_inboxes
from shared.settings import SettingsError

_VISIT_SHARE = 0.25
"""Of an attempt's time, for one visit; the rest is for the queue before an inbox."""
_AT_ONCE = 2
"""Visits to one inbox from this process; Gmail allows 15 connections in all."""
_LASTING: Final = frozenset({"imap_auth", "imap_tls", "imap_protocol"})
"""What no waiting mends. It is tried again a few times: a server may be wrong for a moment, but one that is asked
with a wrong password all the time locks the account."""
_TRIES = 3


class _Post(msgspec.Struct, frozen=True):
    """What the items of one process share."""

    inboxes: dict[str, SeedInbox]
    client: ImapClient
    patience: Patience
    turns: dict[str, asyncio.Semaphore]


class _Asked(msgspec.Struct, frozen=True):
    """An item, read."""

    inbox: SeedInbox
    wanted: Wanted
    at: datetime


_posts: WeakKeyDictionary[Context, asyncio.Task[_Post]] = WeakKeyDictionary()


async def process(item: ItemRequested, context: Context) -> Result:
    """Look into the item's inbox once. Raises Retryable while the message may still come, or the server be reached.

    Raises Permanent with the server's failure when it lasts, and Unavailable when the inboxes cannot be used here.
    """
    post = await asyncio.shield(_post(context))
    asked = _read(item, post, context.settings.delivery_grace)
    post.patience.begin(item.job)
    try:
        async with post.turns[asked.inbox.email]:
            account = await context.run(_account, asked.inbox)
            sighting = await post.client.visit(account, partial(look, inbox=asked.inbox, wanted=asked.wanted))
    except ImapError as error:
        raise _failure(error, _pause(item, post, context)) from None
    if sighting is None and (pause := _pause(item, post, context)):
        raise Retryable("pending", "The message has not arrived yet.", retry_after=pause)
    return Result(columns=columns(asked.inbox, asked.at, sighting), report=report(asked.inbox, asked.at, sighting))


def _post(context: Context) -> asyncio.Task[_Post]:
    """Made by the first item of a process; the others wait for it. Anew while it cannot be made."""
    task = _posts.get(context)
    if task is None or (task.done() and (task.cancelled() or task.exception() is not None)):
        task = _posts[context] = asyncio.create_task(_make(context))
    return task


async def _make(context: Context) -> _Post:
    settings, spec = context.settings, context.spec
    try:
        inboxes = await context.run(seed_inboxes, settings)
    except SettingsError as error:
        raise Unavailable("seed_inboxes", str(error)) from None
    if not inboxes:
        raise Unavailable("seed_inboxes", NOT_CONFIGURED)
    client = partial(ImapClient, settings, threads=spec.concurrency, timeout=spec.timeout * _VISIT_SHARE)
    return _Post(
        inboxes={inbox.email: inbox for inbox in inboxes},
        client=await context.run(client),  # it reads the certificates of the system
        patience=Patience(settings.delivery_wait),
        turns={inbox.email: asyncio.Semaphore(_AT_ONCE) for inbox in inboxes},
    )


def _read(item: ItemRequested, post: _Post, grace: float) -> _Asked:
    given = item.item
    inbox = post.inboxes.get(str(given.get("seed_email")))
    if inbox is None:
        raise Permanent("unknown_inbox", "This worker knows no such seed inbox.")
    domain, subject = normalize_domain(given.get("domain")), given.get("subject_filter") or ""
    if domain is None or not isinstance(subject, str) or not is_astring(subject):
        raise Permanent("invalid_item", "The item names no domain, or no subject that can be looked for.")
    try:
        at = datetime.fromisoformat(str(given.get("asked_at"))).astimezone(UTC)
    except ValueError:
        raise Permanent("invalid_item", "The item does not say when it was asked.") from None
    # Mail servers say when a message came in whole seconds.
    not_before = at.replace(microsecond=0) - timedelta(seconds=grace)
    return _Asked(inbox, Wanted(domain=domain, subject_filter=subject, not_before=not_before), at)


def _account(inbox: SeedInbox) -> Account:
    try:
        return Account(host=inbox.host, port=inbox.port, tls=inbox.tls, user=inbox.user, password=inbox.secret())
    except SettingsError as error:
        raise Unavailable("seed_inboxes", str(error)) from None


def _pause(item: ItemRequested, post: _Post, context: Context) -> float:
    """Seconds to the next look; 0: this was the last."""
    return post.patience.pause(item.job) if ATTEMPT.get() < context.spec.attempts else 0.0


def _failure(error: ImapError, pause: float) -> Retryable | Permanent:
    if not pause or (error.code in _LASTING and ATTEMPT.get() >= _TRIES):
        return Permanent(error.code, error.message)
    return Retryable(error.code, error.message, retry_after=pause)
