"""POST /api/jobs/delivery-check: a job without items of the client's; the deployment's seed inboxes are its items."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import Any

import msgspec
from ulid import ULID

from contracts.events import JobRequested
from contracts.jobs import DeliveryCheckBody, JobPublic, SeedAddress
from contracts.manifest import ModuleSpec
from services.gateway.availability import require_available
from services.gateway.batch import NewJob
from services.gateway.body import decoded
from services.gateway.intake import Intake, days_later
from services.gateway.pricing import check_ceiling, price
from shared.api.auth import Identity
from shared.api.errors import ValidationFailed, issue
from shared.messaging.log import now_rfc3339
from shared.net.site import normalize_domain
from shared.seed_inboxes import SeedInbox, seed_inboxes
from shared.settings import Settings

MAX_BODY_BYTES = 16 * 1024
MAX_SUBJECT = 200
_DECODER = msgspec.json.Decoder(DeliveryCheckBody)


class DeliveryChecks:
    """Validates and prices checks of where a domain's messages are put."""

    def __init__(self, *, spec: ModuleSpec, intake: Intake, settings: Settings) -> None:
        self._spec = spec
        self._intake = intake
        self._settings = settings

    async def submit(self, payload: bytes, identity: Identity, key_text: str | None) -> JobPublic:
        """The accepted job, or the one its Idempotency-Key stands for.

        The caller is active and within the rate. Raises ApiError, LogFull, LogUnavailable; nothing was accepted then.
        """

        async def plan() -> NewJob:
            return self._plan(payload, identity)

        return await self._intake.accept(self._spec.slug, payload, identity, key_text, plan)

    def addresses(self) -> list[SeedAddress]:
        """Where test messages are to be sent, in the order of the rows; none when no inbox is configured."""
        return [SeedAddress(email=inbox.email, kind=inbox.kind) for inbox in seed_inboxes(self._settings)]

    def _plan(self, payload: bytes, identity: Identity) -> NewJob:
        asked = read_delivery_check(payload)
        require_available(self._spec.slug, self._settings)
        inboxes = seed_inboxes(self._settings)
        at = now_rfc3339()
        request = self._request(asked, len(inboxes), identity.user_id, at=at)
        check_ceiling(request.ef_cost, self._settings.max_ef_per_job)
        return NewJob(
            id=f"j_{ULID()}",
            tenant=identity.user_id,
            at=at,
            request=request,
            items=_items(inboxes, asked, at),
            notes=[],
        )

    def _request(self, asked: dict[str, Any], total: int, owner: str, *, at: str) -> JobRequested:
        spec = self._spec
        return JobRequested(
            owner=owner,
            job_type=spec.slug,
            total=total,
            ef_cost=price(spec, {}, total),
            expires_at=days_later(at, self._settings.retention_days),
            params=asked,
            produces=spec.columns,
            list_columns=spec.list_columns,
            reusable_output=spec.reusable_output,
            output_filename=spec.output_filename,
            unit=spec.unit,
        )


def read_delivery_check(payload: bytes) -> dict[str, Any]:
    """`{domain, subject_filter}` as they are looked for: the domain in ASCII, the filter trimmed, or None.

    Raises ValidationFailed.
    """
    body = decoded(_DECODER, payload)
    issues = []
    if (domain := normalize_domain(body.domain)) is None:
        issues.append(issue("Must be a domain name such as example.com.", "body", "domain"))
    subject = (body.subject_filter or "").strip()
    if len(subject) > MAX_SUBJECT:
        issues.append(issue(f"At most {MAX_SUBJECT} characters, not {len(subject)}.", "body", "subject_filter"))
    elif any(sign == '"' or unicodedata.category(sign) in ("Cc", "Cs") for sign in subject):
        issues.append(issue("No quotation marks and no control characters.", "body", "subject_filter"))
    if issues:
        raise ValidationFailed(issues)
    return {"domain": domain, "subject_filter": subject or None}


def _items(inboxes: Sequence[SeedInbox], asked: dict[str, Any], at: str) -> list[msgspec.Raw]:
    """One for each inbox. How to get in is no part of it: items are in the log, and events are for others to read."""
    encode = msgspec.json.Encoder().encode
    return [
        msgspec.Raw(encode({"seed_email": inbox.email, "seed_kind": inbox.kind, **asked, "asked_at": at}))
        for inbox in inboxes
    ]
