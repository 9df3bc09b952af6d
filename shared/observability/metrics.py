"""Every metric of every service by name, in one typed list; Prometheus scrapes them at /metrics.

Label values are few and known beforehand: routes, modules, outcomes. Hot paths bind their labels once.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal, TypeAlias

from prometheus_client import Counter, Gauge, Histogram

MetricName: TypeAlias = Literal[
    # HTTP, by the route's template: never by the path, whose ids are without end.
    "outsend_http_requests_total",
    # Seconds until a response began; an event stream's life is not counted.
    "outsend_http_response_seconds",
    # Jobs accepted, by job_type.
    "outsend_jobs_requested_total",
    # Items accepted, by job_type.
    "outsend_items_accepted_total",
    # 1 where a dispatcher or projector holds its lease, by role; over all processes the sum is 1.
    "outsend_acting",
    # Jobs the acting dispatcher has on its hands, by job_type and state (pending, running).
    "outsend_jobs_active",
    # Jobs that ended, by job_type and status.
    "outsend_jobs_ended_total",
    # Items handed out and not yet settled, by job_type.
    "outsend_items_out",
    # How many may be out, by job_type.
    "outsend_items_window",
    # How often a job's open items were handed out anew, because the queue may have lost them.
    "outsend_jobs_derived_again_total",
    # How often a queue stood still while items were out; each time they are derived anew.
    "outsend_queue_idle_total",
    # Items the live workers of a module take at once, as the dispatcher heard; 0: none runs.
    "outsend_workers_concurrency",
    # Share of the event log's size in use; beyond 0.9 new jobs are refused.
    "outsend_log_fill_ratio",
    # Items a worker has received and not acked: in work, waiting for a retry, or suspects in their lane.
    "outsend_items_in_hand",
    # Items that hold a slot or wait for one.
    "outsend_items_in_work",
    # Items finished, by job_type and outcome: ok, or the code of the error.
    "outsend_items_finished_total",
    # Seconds from an item's first attempt to its result, waits between attempts included.
    "outsend_item_seconds",
    # Attempts at items, the first ones included.
    "outsend_item_attempts_total",
    # Attempts that ended in Retryable and were followed by another.
    "outsend_item_retries_total",
    # Items that came a second time, because whoever had them died or fell silent.
    "outsend_suspects_total",
    # Suspects given up: workers died of them.
    "outsend_convictions_total",
    # Results in one message of the log: the count is the messages written, the sum the results.
    "outsend_results_per_message",
    # Attempts to write results that the log did not take; they are repeated.
    "outsend_results_publish_failures_total",
    # Messages that matched and waited behind the last one projected.
    "outsend_projection_lag_messages",
    # Seconds since the views were last as new as the log; 0 on standby.
    "outsend_projection_behind_seconds",
    # Batches folded into the views.
    "outsend_projection_folds_total",
    # Messages of the log in them.
    "outsend_projection_messages_total",
    # Ended jobs whose rows are being laid out, or wait for that.
    "outsend_rows_unfinished",
    # Seconds it took to lay out a job's rows.
    "outsend_rows_seconds",
    # Attempts to lay out rows that failed; they are repeated.
    "outsend_rows_failures_total",
    # Event streams open to clients.
    "outsend_event_streams",
    # Jobs folded for event streams; a fold stays a minute after its last client.
    "outsend_event_hubs",
    # Pages fetched, by outcome: the class of the status (2xx …) or the code of the failure. robots.txt is not counted.
    "outsend_fetches_total",
    # Bytes of their bodies, inflated.
    "outsend_fetched_bytes_total",
    # Pages asked of the page cache, by result: hit, miss.
    "outsend_page_cache_total",
]

_QUICK: Final = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_LONG: Final = (0.001, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300)
"""Items take from a millisecond of pure computing to minutes of a slow site and its retries."""


def _counter(name: MetricName, meaning: str, *labels: str) -> Counter:
    return Counter(name, meaning, labels)


def _gauge(name: MetricName, meaning: str, *labels: str) -> Gauge:
    return Gauge(name, meaning, labels)


def _histogram(name: MetricName, meaning: str, *labels: str, buckets: Sequence[float]) -> Histogram:
    return Histogram(name, meaning, labels, buckets=buckets)


HTTP_REQUESTS = _counter("outsend_http_requests_total", "Responses by route and status", "method", "route", "status")
HTTP_SECONDS = _histogram(
    "outsend_http_response_seconds", "Seconds until the response began", "method", "route", buckets=_QUICK
)
JOBS_REQUESTED = _counter("outsend_jobs_requested_total", "Jobs accepted", "job_type")
ITEMS_ACCEPTED = _counter("outsend_items_accepted_total", "Items accepted", "job_type")

ACTING = _gauge("outsend_acting", "Whether this process plays the role", "role")

JOBS_ACTIVE = _gauge("outsend_jobs_active", "Jobs that have not ended", "job_type", "state")
JOBS_ENDED = _counter("outsend_jobs_ended_total", "Jobs ended", "job_type", "status")
ITEMS_OUT = _gauge("outsend_items_out", "Items handed out and not settled", "job_type")
ITEMS_WINDOW = _gauge("outsend_items_window", "Items that may be out", "job_type")
JOBS_DERIVED_AGAIN = _counter("outsend_jobs_derived_again_total", "Jobs whose items were handed out anew", "job_type")
QUEUE_IDLE = _counter("outsend_queue_idle_total", "Queues found idle while items were out", "job_type")
WORKERS_CONCURRENCY = _gauge("outsend_workers_concurrency", "Items live workers take at once", "job_type")
LOG_FILL = _gauge("outsend_log_fill_ratio", "Share of the event log in use")

ITEMS_IN_HAND = _gauge("outsend_items_in_hand", "Items received and not acked", "job_type")
ITEMS_IN_WORK = _gauge("outsend_items_in_work", "Items that hold a slot or wait for one", "job_type")
ITEMS_FINISHED = _counter("outsend_items_finished_total", "Items finished", "job_type", "outcome")
ITEM_SECONDS = _histogram("outsend_item_seconds", "Seconds an item took", "job_type", buckets=_LONG)
ITEM_ATTEMPTS = _counter("outsend_item_attempts_total", "Attempts at items", "job_type")
ITEM_RETRIES = _counter("outsend_item_retries_total", "Attempts that were followed by another", "job_type")
SUSPECTS = _counter("outsend_suspects_total", "Items delivered a second time", "job_type")
CONVICTIONS = _counter("outsend_convictions_total", "Items given up because workers died of them", "job_type")
RESULTS_PER_MESSAGE = _histogram(
    "outsend_results_per_message", "Results written in one message", buckets=(1, 2, 4, 8, 16, 32, 64)
)
RESULTS_PUBLISH_FAILURES = _counter("outsend_results_publish_failures_total", "Messages the log did not take")

PROJECTION_LAG = _gauge("outsend_projection_lag_messages", "Messages behind the last one projected")
PROJECTION_BEHIND = _gauge("outsend_projection_behind_seconds", "Seconds since the views were current")
PROJECTION_FOLDS = _counter("outsend_projection_folds_total", "Batches projected")
PROJECTION_MESSAGES = _counter("outsend_projection_messages_total", "Messages projected")
ROWS_UNFINISHED = _gauge("outsend_rows_unfinished", "Ended jobs whose rows are not laid out yet")
ROWS_SECONDS = _histogram("outsend_rows_seconds", "Seconds to lay out a job's rows", buckets=_LONG)
ROWS_FAILURES = _counter("outsend_rows_failures_total", "Attempts to lay out rows that failed")
EVENT_STREAMS = _gauge("outsend_event_streams", "Open event streams")
EVENT_HUBS = _gauge("outsend_event_hubs", "Jobs folded for event streams")

FETCHES = _counter("outsend_fetches_total", "Pages fetched", "outcome")
FETCHED_BYTES = _counter("outsend_fetched_bytes_total", "Bytes of pages fetched")
PAGE_CACHE = _counter("outsend_page_cache_total", "Pages asked of the cache", "result")
