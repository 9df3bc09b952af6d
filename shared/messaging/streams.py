"""Streams, consumers and buckets as `docs/operations.md` lists them, declared in one place."""

from __future__ import annotations

import asyncio
from typing import Any

from nats.js import JetStreamContext, api
from nats.js.errors import APIError, NotFoundError
from nats.js.kv import KeyValue

from contracts import subjects
from shared.settings import Settings

MAX_PAYLOAD = 8 * 1024 * 1024
"""Must be the server's `max_payload` too."""

ACK_WAIT = 10.0
"""How long a silent worker is believed in. Workers send a heartbeat three times in that time."""

_PATIENCE = (0.05, 0.1, 0.2, 0.4, 0.8, 1.6)
"""Seconds between the attempts at a stream that several processes make at once."""

DAY = 24 * 3600.0


def log_config(settings: Settings) -> api.StreamConfig:
    """The event log. `discard=new`: a full log refuses new events, it never deletes history."""
    return api.StreamConfig(
        name=subjects.LOG_STREAM,
        subjects=[subjects.ALL_JOBS],
        retention=api.RetentionPolicy.LIMITS,
        discard=api.DiscardPolicy.NEW,
        storage=api.StorageType.FILE,
        compression=api.StoreCompression.S2,
        num_replicas=settings.nats_replicas,
        max_age=(settings.retention_days + 7) * DAY,
        max_bytes=settings.log_max_bytes,
        max_msg_size=MAX_PAYLOAD,
        allow_direct=True,
        allow_atomic=True,
        allow_msg_ttl=True,
        duplicate_window=120,
    )


def queue_config(settings: Settings) -> api.StreamConfig:
    """The work queue. Disposable, so on one node it is written behind, and on a cluster kept in memory."""
    single = settings.nats_replicas == 1
    return api.StreamConfig(
        name=subjects.QUEUE_STREAM,
        subjects=[subjects.ALL_ITEMS],
        retention=api.RetentionPolicy.WORK_QUEUE,
        storage=api.StorageType.FILE if single else api.StorageType.MEMORY,
        persist_mode=api.PersistMode.ASYNC if single else None,
        num_replicas=settings.nats_replicas,
        max_msg_size=MAX_PAYLOAD,
        duplicate_window=1,
    )


def module_consumer(job_type: str) -> api.ConsumerConfig:
    """A module's durable pull consumer. No service sets an ack policy of its own.

    Deliveries are unlimited: an item that kills its worker is convicted by the module kit, not by the broker,
    which would drop it in silence.
    """
    return api.ConsumerConfig(
        name=subjects.durable(job_type),
        durable_name=subjects.durable(job_type),
        filter_subject=subjects.module_items(job_type),
        ack_policy=api.AckPolicy.EXPLICIT,
        ack_wait=ACK_WAIT,
        max_deliver=-1,
        max_ack_pending=50_000,
        max_waiting=2_048,
    )


async def declare_stream(js: JetStreamContext, config: api.StreamConfig) -> api.StreamInfo:
    """Create the stream, or bring its limits up to date when it exists. Raises the broker's own errors."""
    for patience in (*_PATIENCE, None):
        try:
            info = await js.stream_info(config.name)
            break
        except NotFoundError:
            try:
                return await js.add_stream(config)
            except APIError:
                # Another process makes it at this moment, and until it has, the server counts its room twice.
                if patience is None:
                    raise
                await asyncio.sleep(patience)
    wanted = ((getattr(config, field), getattr(info.config, field)) for field in ("max_age", "max_bytes"))
    if any(ours is not None and ours != theirs for ours, theirs in wanted):
        return await js.update_stream(config)
    return info


async def declare_log(js: JetStreamContext, settings: Settings) -> None:
    """The event log; whoever starts first makes it."""
    await declare_stream(js, log_config(settings))


async def declare_bucket(js: JetStreamContext, settings: Settings, bucket: str, **options: Any) -> KeyValue:
    """A key-value bucket; `options` are fields of the underlying stream, e.g. `max_age` in seconds."""
    options.setdefault("storage", api.StorageType.FILE)
    max_age = options.get("max_age")
    config = api.StreamConfig(
        name=f"KV_{bucket}",
        subjects=[f"$KV.{bucket}.>"],
        max_msgs_per_subject=1,
        discard=api.DiscardPolicy.NEW,
        allow_direct=True,
        allow_rollup_hdrs=True,
        deny_delete=True,
        num_replicas=settings.nats_replicas,
        duplicate_window=min(120.0, max_age) if max_age else 120.0,
        **options,
    )
    await declare_stream(js, config)
    return await js.key_value(bucket)


async def identity_bucket(js: JetStreamContext, settings: Settings) -> KeyValue:
    """Accounts, API keys, mail tokens."""
    return await declare_bucket(js, settings, subjects.IDENTITY_BUCKET)


async def sessions_bucket(js: JetStreamContext, settings: Settings) -> KeyValue:
    """Sessions; the bucket forgets them when they are too old."""
    return await declare_bucket(js, settings, subjects.SESSIONS_BUCKET, max_age=settings.session_days * DAY)


async def limits_bucket(js: JetStreamContext, settings: Settings) -> KeyValue:
    """Throttle counters."""
    return await declare_bucket(js, settings, subjects.LIMITS_BUCKET, max_age=2 * 3600.0)


async def idempotency_bucket(js: JetStreamContext, settings: Settings) -> KeyValue:
    """Job ids by Idempotency-Key."""
    return await declare_bucket(js, settings, subjects.IDEMPOTENCY_BUCKET, max_age=DAY)


async def leases_bucket(js: JetStreamContext, settings: Settings) -> KeyValue:
    """Who acts. The TTL is the bucket's: an update would drop a TTL of the message's own."""
    return await declare_bucket(js, settings, subjects.LEASES_BUCKET, max_age=10.0)


async def suspects_bucket(js: JetStreamContext, settings: Settings) -> KeyValue:
    """Items that were in work when a worker died."""
    return await declare_bucket(js, settings, subjects.SUSPECTS_BUCKET, max_age=7 * DAY)


async def quotas_bucket(js: JetStreamContext, settings: Settings) -> KeyValue:
    """Whose turn it is at outside APIs. What is older than the longest pause says nothing any more."""
    return await declare_bucket(js, settings, subjects.QUOTAS_BUCKET, max_age=3600.0)


async def pages_bucket(js: JetStreamContext, settings: Settings) -> KeyValue:
    """Fetched pages. A lost page is fetched again, so one node writes them behind."""
    return await declare_bucket(
        js,
        settings,
        subjects.PAGES_BUCKET,
        max_age=settings.page_cache_ttl,
        max_bytes=settings.page_cache_bytes,
        persist_mode=api.PersistMode.ASYNC if settings.nats_replicas == 1 else None,
    )


async def answers_bucket(js: JetStreamContext, settings: Settings) -> KeyValue:
    """Answers of outside APIs. A lost one is asked for again, so one node writes them behind."""
    return await declare_bucket(
        js,
        settings,
        subjects.ANSWERS_BUCKET,
        max_age=settings.answer_cache_ttl,
        max_bytes=settings.answer_cache_bytes,
        persist_mode=api.PersistMode.ASYNC if settings.nats_replicas == 1 else None,
    )
