"""Log lines: JSON for machines or aligned text for people, each with the tenant and the job it speaks of.

Normal operation is silent above debug but for the life of jobs. Bind `tenant`, `job_id` and `index` with
`structlog.contextvars.bound_contextvars`; every line below carries them.
"""

from __future__ import annotations

import logging
import sys
from typing import Any

import structlog

from shared.settings import Settings

_LIBRARIES = ("nats", "faststream", "uvicorn", "uvicorn.error", "httpx", "asyncio", "litestar")
"""Say what matters to us as errors we catch; their own lines begin at warning."""

_TRACEBACKS = structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
"""Without local variables: a password may be among them."""


def configure_logging(settings: Settings, service: str) -> None:
    """Once, at a process's start. Lines go to standard error; libraries' own lines take the same form."""
    level = logging.getLevelNamesMapping().get(settings.log_level.upper(), logging.INFO)
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
    ]
    form: list[Any] = (
        [structlog.processors.ExceptionRenderer(_TRACEBACKS), structlog.processors.JSONRenderer()]
        if settings.log_json
        else [
            structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback)
        ]
    )
    structlog.configure(
        processors=[*shared, *form],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(service=service)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=[_drop_internals, *form])
    )
    logging.basicConfig(handlers=[handler], level=level, force=True)
    for name in _LIBRARIES:
        logging.getLogger(name).setLevel(max(level, logging.WARNING))


def _drop_internals(_: Any, __: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    for key in ("_record", "_from_structlog"):
        event.pop(key, None)
    return event
