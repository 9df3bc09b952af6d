"""What the row and the report of an inbox say."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

from services.delivery_check.authentication import GMAIL, authentication
from services.delivery_check.look import Sighting
from shared.seed_inboxes import SeedInbox

_UNITS: Final = ((86_400, "j"), (3_600, "h"), (60, "min"), (1, "s"))


def columns(inbox: SeedInbox, asked_at: datetime, sighting: Sighting | None) -> dict[str, Any]:
    """The produced columns; without a message most of them are left out."""
    seed = {"seed_email": inbox.email, "seed_kind": inbox.kind}
    if sighting is None:
        return {**seed, "status": "pending"}
    return {
        **seed,
        "status": "received",
        "placement": sighting.placement,
        "subject": sighting.letter.subject,
        "received_relative": received_relative(sighting.received_at, asked_at),
    }


def report(inbox: SeedInbox, asked_at: datetime, sighting: Sighting | None) -> dict[str, Any]:
    """What a sender can act on; of a message that has not come nothing is known but that."""
    seed = {"seed_email": inbox.email, "seed_kind": inbox.kind}
    if sighting is None:
        return {**seed, "status": "pending"}
    letter = sighting.letter
    server = inbox.authserv_id or (GMAIL if inbox.kind == "gmail" else "")
    return {
        **seed,
        "status": "received",
        "placement": sighting.placement,
        "subject": letter.subject,
        "sender": letter.sender,
        "authentication": authentication(letter.headers, letter.sender, server),
        "list_unsubscribe": {"links": letter.unsubscribe, "one_click": letter.one_click},
        "timings": {
            "asked_at": _rfc3339(asked_at),
            "sent_at": letter.sent_at,
            "received_at": _rfc3339(sighting.received_at),
        },
    }


def received_relative(received_at: datetime, asked_at: datetime) -> str:
    """When a message came, as seen from the job: `3 min après le lancement`, which stays true whenever it is read."""
    seconds = round((received_at - asked_at).total_seconds())
    if seconds == 0:
        return "au lancement"
    size, unit = next(one for one in _UNITS if abs(seconds) >= one[0])
    return f"{abs(seconds) // size} {unit} {'après' if seconds > 0 else 'avant'} le lancement"


def _rfc3339(time: datetime) -> str:
    return time.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
