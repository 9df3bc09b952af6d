"""Streams, subjects, buckets and durable names: the only place where one is spelled.

Tokens are ids the product makes (`u_` + ULID, `j_` + ULID, module slugs): user text never reaches a subject.
"""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

LOG_STREAM: Final = "JOBS"
QUEUE_STREAM: Final = "ITEMS"

Channel = Literal["lifecycle", "items", "results", "log"]

ALL_JOBS: Final = "jobs.>"
ALL_LIFECYCLES: Final = "jobs.*.*.lifecycle"
ALL_ITEMS: Final = "items.>"

IDENTITY_BUCKET: Final = "identity"
SESSIONS_BUCKET: Final = "sessions"
IDEMPOTENCY_BUCKET: Final = "idempotency"
LIMITS_BUCKET: Final = "limits"
LEASES_BUCKET: Final = "leases"
SUSPECTS_BUCKET: Final = "suspects"
PAGES_BUCKET: Final = "pages"
QUOTAS_BUCKET: Final = "quotas"
ANSWERS_BUCKET: Final = "answers"


class JobSubject(NamedTuple):
    """A subject of the log, taken apart."""

    tenant: str
    job: str
    channel: Channel


def job_subject(tenant: str, job: str, channel: Channel) -> str:
    """`jobs.<tenant>.<job>.<channel>`: where an event of this job is appended."""
    return f"jobs.{tenant}.{job}.{channel}"


def job_history(tenant: str, job: str) -> str:
    """Every event of one job; also the filter of the dispatcher's fence."""
    return f"jobs.{tenant}.{job}.*"


def tenant_lifecycles(tenant: str) -> str:
    """The lifecycle of every job of a tenant; also the filter of the fence over JobStarted."""
    return f"jobs.{tenant}.*.lifecycle"


def any_tenant(job: str, channel: Channel) -> str:
    """A job's subject when its tenant is not known; job ids are unique over all tenants."""
    return f"jobs.*.{job}.{channel}"


def parse_job_subject(subject: str) -> JobSubject:
    """Take a log subject apart. Raises ValueError for any other subject."""
    head, tenant, job, channel = subject.split(".")
    if head != "jobs" or channel not in ("lifecycle", "items", "results", "log"):
        raise ValueError(f"not a subject of the log: {subject}")
    return JobSubject(tenant, job, channel)  # type: ignore[arg-type]


def item_subject(job_type: str, job: str) -> str:
    """`items.<job_type>.<job>`: where the items of a job wait for a module."""
    return f"items.{job_type}.{job}"


def module_items(job_type: str) -> str:
    """The filter of a module's consumer."""
    return f"items.{job_type}.*"


def job_items(job: str) -> str:
    """The waiting items of one job, whatever its module; what a cancellation purges."""
    return f"items.*.{job}"


def durable(job_type: str) -> str:
    """The name of a module's durable consumer on the queue."""
    return f"module-{job_type}"


def presence(job_type: str) -> str:
    """Core NATS (not stored): a worker says every two seconds how much it takes at once."""
    return f"workers.{job_type}"


ALL_PRESENCE: Final = "workers.*"


def view_ready(job: str) -> str:
    """Core NATS (not stored): the projector says that the view of an ended job is complete."""
    return f"views.{job}"
