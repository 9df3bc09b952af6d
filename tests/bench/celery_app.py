"""The peer's application: the same no-op item as a Celery task, counted in Redis when it is done."""

from __future__ import annotations

import os

import redis
from celery import Celery

URL = os.environ.get("BENCH_REDIS_URL", "redis://127.0.0.1:6379/0")

app = Celery("bench", broker=URL)
app.conf.update(
    task_acks_late=True,
    task_ignore_result=True,
    worker_prefetch_multiplier=int(os.environ.get("BENCH_PREFETCH", "4")),
    broker_connection_retry_on_startup=True,
    worker_hijack_root_logger=False,
)

_counter = redis.Redis.from_url(URL)


@app.task
def noop(job: str, index: int, item: dict[str, str]) -> None:
    """One item: nothing is done with it, and its end is counted."""
    _counter.incr(job)
