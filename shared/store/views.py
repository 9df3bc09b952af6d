"""The views of one generation: jobs, pages of rows and of reports, and how far the log is folded into them.

What is stored is absolute and carries the log sequence it is true for, so that writing twice, late or out of order
changes nothing. The embedded server serves no sort from an index and is slow at large scans: a tenant's jobs are read
by tenant and a bounded range of `_id`s (ULIDs, so ranges of time), in windows that double going back from now.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Literal

import msgspec
from ulid import ULID

from shared.job import JobState
from shared.store.driver import Collection, Document, Driver

PageKind = Literal["rows", "reports", "places"]

_FIRST_WINDOW = 600.0
"""Seconds: what a person who looks at the newest jobs needs is usually that young."""
_OLDEST = 1_600_000_000.0
"""September 2020: no job is older than the product."""
_CLOCK_SKEW = 3600.0
_IDS_AT_ONCE = 500

_READ_VIEWS = 5_000
"""Views kept of those that lists showed, at about a kilobyte each: most of a list has not changed since the last."""

_STATE = msgspec.msgpack.Decoder(JobState)


class JobView(msgspec.Struct, frozen=True, kw_only=True):
    """One job as the views have it."""

    state: JobState
    seq: int
    """The last log sequence folded into `state`."""
    ended_seq: int = 0
    """The sequence of the terminal event; 0 while there is none."""
    ready: bool = False
    """Whether the rows of an ended job are laid out."""
    columns: list[str] = []
    """The columns of the output, in order."""
    rows: list[int] = []
    """How many rows each row page has."""
    reports: list[int] = []
    """How many reports each report page has."""

    @property
    def row_count(self) -> int:
        """Rows that can be read."""
        return sum(self.rows)


class Views:
    """One database. Every method raises StoreUnavailable."""

    def __init__(self, driver: Driver, database: str) -> None:
        self.database = database
        self._jobs = driver.collection(database, "jobs")
        self._read: OrderedDict[str, JobView] = OrderedDict()
        self._checkpoint = driver.collection(database, "checkpoint")
        self._pages: dict[PageKind, Collection] = {
            "rows": driver.collection(database, "row_pages"),
            "reports": driver.collection(database, "reports"),
            "places": driver.collection(database, "places"),
        }

    async def prepare(self) -> None:
        """Have the indexes."""
        await self._jobs.index("tenant", "_id")
        await self._jobs.index("unfinished", sparse=True)

    # Jobs

    async def job(self, job: str) -> JobView | None:
        """The view of one job."""
        document = await self._jobs.get(job)
        return _view(document) if document else None

    async def jobs(self, jobs: Iterable[str]) -> dict[str, JobView]:
        """The views of some jobs; those without one are missing."""
        wanted = list(jobs)
        found: dict[str, JobView] = {}
        for start in range(0, len(wanted), _IDS_AT_ONCE):
            query = {"_id": {"$in": wanted[start : start + _IDS_AT_ONCE]}}
            found |= {document["_id"]: _view(document) for document in await self._jobs.find(query)}
        return found

    async def newest(self, tenant: str, *, limit: int, offset: int = 0) -> list[JobView]:
        """A tenant's jobs, newest first."""
        found: list[Document] = []
        for window in _windows(_begin_of(tenant)):
            query = {"tenant": tenant, "_id": window}
            documents = await self._jobs.find(query, only=["_id", "seq", "ready"])
            found += sorted(documents, key=_id_of, reverse=True)
            if len(found) >= offset + limit:
                break
        return await self._current(found[offset : offset + limit])

    async def _current(self, versions: Sequence[Document]) -> list[JobView]:
        """The views of these versions, in order; only those that changed since they were last read are read."""
        views: dict[str, JobView] = {}
        for version in versions:
            view = self._read.get(version["_id"])
            if view and view.seq == version["seq"] and view.ready == version.get("ready", False):
                views[version["_id"]] = view
        views |= await self.jobs(version["_id"] for version in versions if version["_id"] not in views)
        for job, view in views.items():
            self._read[job] = view
            self._read.move_to_end(job)
        while len(self._read) > _READ_VIEWS:
            self._read.popitem(last=False)
        return [views[version["_id"]] for version in versions if version["_id"] in views]

    async def save(self, views: Iterable[JobView]) -> None:
        """Bring jobs to the states given, unless they are further already.

        An ended job becomes unfinished business until `finish`; an expired one loses its pages.
        """
        await self._jobs.advance_all([(view.state.id, view.seq, _update(view)) for view in views])

    async def unfinished(self) -> dict[str, JobView]:
        """The ended jobs whose rows are not laid out."""
        return {document["_id"]: _view(document) for document in await self._jobs.find({"unfinished": True})}

    async def finish(
        self, job: str, ended_seq: int, *, columns: Sequence[str], rows: Sequence[int], reports: Sequence[int]
    ) -> bool:
        """Say that the pages are complete. False when the job is gone or expired meanwhile."""
        change = {"ready": True, "columns": list(columns), "rows": list(rows), "reports": list(reports)}
        query = {"_id": job, "ended_seq": ended_seq, "unfinished": True}
        return await self._jobs.change(query, {"$set": change, "$unset": {"unfinished": ""}})

    async def delete(self, job: str) -> None:
        """Remove all of a job."""
        await self._jobs.delete({"_id": job})
        await self.delete_pages(job)

    # Pages

    async def put_page(self, kind: PageKind, job: str, number: int, body: bytes) -> None:
        """Write one page: a JSON array as bytes, without white space around its elements."""
        await self._pages[kind].put({"_id": f"{job}:{number}", "body": body})

    async def page(self, kind: PageKind, job: str, number: int) -> bytes | None:
        """One page as it was put."""
        document = await self._pages[kind].get(f"{job}:{number}")
        return document["body"] if document else None

    async def delete_pages(self, job: str) -> None:
        """Remove a job's rows, reports and places."""
        for pages in self._pages.values():
            await pages.delete({"_id": {"$gte": f"{job}:", "$lt": f"{job};"}})

    # Checkpoint

    async def checkpoint(self) -> int:
        """The log sequence up to which everything is in the views; 0 for an empty database."""
        document = await self._checkpoint.get("projector")
        return int(document["seq"]) if document else 0

    async def advance(self, before: int, after: int) -> bool:
        """Move the checkpoint. False when it is not at `before`: the database was wiped, or another one acts."""
        if before == 0 and await self._checkpoint.insert({"_id": "projector", "seq": after}):
            return True
        return await self._checkpoint.change({"_id": "projector", "seq": before}, {"$set": {"seq": after}})


def _view(document: Document) -> JobView:
    return JobView(
        state=_STATE.decode(document["state"]),
        seq=document["seq"],
        ended_seq=document.get("ended_seq", 0),
        ready=document.get("ready", False),
        columns=document.get("columns", []),
        rows=document.get("rows", []),
        reports=document.get("reports", []),
    )


def _update(view: JobView) -> Document:
    state = view.state
    values: dict[str, Any] = {
        "tenant": state.tenant,
        "seq": view.seq,
        "phase": state.phase,
        # Of a survey only its log can be the source: a set of all places would be written with every batch.
        "state": msgspec.msgpack.encode(msgspec.structs.replace(state, survey=None) if state.survey else state),
    }
    if not state.ended:
        return {"$set": values}
    values["ended_seq"] = view.ended_seq
    if state.expired:
        return {"$set": values | {"ready": True, "rows": [], "reports": []}, "$unset": {"unfinished": ""}}
    if view.ready:
        return {"$set": values}
    return {"$set": values | {"unfinished": True}}


def _id_of(document: Document) -> str:
    key: str = document["_id"]
    return key


def _begin_of(tenant: str) -> float:
    """When a tenant's first job can have been made: its own id is a ULID and says when it came to be."""
    try:
        return ULID.from_str(tenant.removeprefix("u_")).timestamp - _CLOCK_SKEW
    except ValueError:
        return _OLDEST


def _windows(oldest: float) -> Iterator[Document]:
    """Ranges of job ids, from the newest back, each twice as long as the one before."""
    end = time.time() + _CLOCK_SKEW
    length = _FIRST_WINDOW + _CLOCK_SKEW
    while end > oldest:
        start = end - length
        yield {"$gte": _first_id(max(start, 0.0)), "$lt": _first_id(end)}
        end, length = start, length * 2


def _first_id(moment: float) -> str:
    """The lowest job id of a moment."""
    return f"j_{str(ULID.from_timestamp(moment))[:10]}{'0' * 16}"
