"""verify_emails: one address in, whether mail to it arrives out."""

from __future__ import annotations

from weakref import WeakKeyDictionary

from contracts.items import ItemRequested
from contracts.manifest import read_key
from services.verify_emails.verdict import Verdict
from services.verify_emails.verify import Verifier
from shared.modulekit.errors import Permanent, Retryable, Unavailable
from shared.modulekit.module import ATTEMPT, Context, Result
from shared.settings import SettingsError

_SHARE_OF_TIME = 0.9
"""Of an attempt's time: who has heard nothing by then says so in the row, the item does not fail."""
_PORT_CLOSED = (
    "Port {port} is closed from here to the outside: no mail server can be asked, and whether a mailbox exists stays "
    "unknown. Have it opened by the host, or run this module's worker where it is open."
)

_verifiers: WeakKeyDictionary[Context, Verifier] = WeakKeyDictionary()


async def process(item: ItemRequested, context: Context) -> Result:
    """Judge the item's address. A server that cannot be asked is an answer and no error.

    Raises Permanent `missing_email`, Unavailable when the settings cannot be used, and on every attempt but the last
    Retryable with the row's reason, when the server asked for patience.
    """
    given = read_key(item.item, "email")
    if not isinstance(given, str) or not given.strip():
        raise Permanent("missing_email", "The item has no e-mail address.")
    verifier = _verifier(context)
    verdict = await verifier.verify(given, context.spec.timeout * _SHARE_OF_TIME)
    if verdict.again and ATTEMPT.get() < context.spec.attempts:
        raise _later(verdict, context.settings.verify_retry_delay)
    if verdict.reason == "port_closed":
        await context.log_once(item, "warn", _PORT_CLOSED.format(port=context.settings.verify_smtp_port))
    return Result(columns=verdict.columns(given.strip().lower()))


def _later(verdict: Verdict, delay: float) -> Retryable:
    if verdict.reason == "dns_failure":
        return Retryable(verdict.reason, "The name servers of the domain do not answer.")
    pause = verdict.retry_after if verdict.retry_after is not None else delay
    return Retryable(verdict.reason, "The mail server asked for patience.", retry_after=pause)


def _verifier(context: Context) -> Verifier:
    if (verifier := _verifiers.get(context)) is None:
        try:
            verifier = _verifiers[context] = Verifier(context.settings)
        except SettingsError as error:
            raise Unavailable("settings", f"{error}.") from None
    return verifier
