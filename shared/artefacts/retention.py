"""Removing artefacts that no job's rows name any more."""

from __future__ import annotations

import asyncio
import time

import structlog

from shared.artefacts.store import ArtefactStore, ArtefactsUnavailable

_EVERY = 6 * 3600.0
_GRACE_DAYS = 1
"""Beyond the rows' retention, which begins when a job is requested and so before it puts anything: rows go first."""

_log = structlog.get_logger(__name__)


async def keep_sweeping(store: ArtefactStore, retention_days: int) -> None:
    """Until cancelled. Any number of processes may do it at once."""
    while True:
        await asyncio.sleep(_EVERY)
        try:
            removed = await store.sweep(time.time() - (retention_days + _GRACE_DAYS) * 86_400)
        except ArtefactsUnavailable as error:
            _log.warning("artefacts_not_swept", error=str(error))
        else:
            _log.debug("artefacts_swept", removed=removed)
