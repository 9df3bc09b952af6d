"""The process manager: follows the log and decides, for every job, what happens next.

It keeps nothing that the log does not say. One instance acts; every write carries a fence, so that a second one that
believes to act can do no harm.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping

import structlog

from contracts.events import Event, JobDeleted, JobEnded, JobExpired, JobStarted
from contracts.manifest import ModuleSpec
from contracts.subjects import (
    ALL_JOBS,
    ALL_LIFECYCLES,
    job_history,
    parse_job_subject,
    tenant_lifecycles,
)
from services.dispatcher import meters
from services.dispatcher.active import ActiveJob, read_events
from services.dispatcher.admission import Admission
from services.dispatcher.cleanup import Cleanup
from services.dispatcher.expiry import Expiry
from services.dispatcher.feeder import Feeder
from services.dispatcher.inheritance import Inheritance
from services.dispatcher.no_worker import NoWorkerNotice
from services.dispatcher.queue_watch import QueueWatch
from services.dispatcher.window import Presences
from shared.job import decide
from shared.job.decide import Command, Complete, Fail, FinishCancel, FinishDelete, Start
from shared.messaging.cancelling import cancel
from shared.messaging.lease import Lease
from shared.messaging.log import Conflict, EventLog, Fence, LogFull, LogUnavailable
from shared.messaging.pull import BROKEN
from shared.messaging.tail import Message
from shared.observability import tracing
from shared.settings import Settings

logger = structlog.get_logger(__name__)

_QUIET = 0.5
"""A cancelled job ends when it has been silent for so long …"""

_CANCEL_LIMIT = 1.5
"""… and at the latest so long after the wish: the API promises two seconds."""

_TICK = 0.25
_WATCH_EVERY = 5.0


class NotActing(Exception):
    """The lease is lost; everything known is forgotten and another instance goes on."""


class Dispatcher:
    """One term of acting: from the lease to its loss."""

    def __init__(
        self,
        log: EventLog,
        lease: Lease,
        settings: Settings,
        specs: Mapping[str, ModuleSpec],
        presences: Presences,
    ) -> None:
        self._log = log
        self._lease = lease
        self._settings = settings
        self._specs = specs
        self._presences = presences
        self._jobs: dict[str, ActiveJob] = {}
        self._tenant_sequence: dict[str, int] = {}
        self._cleanup = Cleanup(log)
        self._expiry = Expiry(log, self._cleanup, self._write)
        self._inheritance = Inheritance(log)
        self._undecided: set[str] = set()
        self._wanted = asyncio.Event()
        self._admission = Admission(self._jobs, settings.running_jobs_per_user)
        self._beaten: dict[str, set[str]] = {}
        """By tenant: jobs whose start met a message not seen yet; wanted again when it comes by."""
        self._feeder = Feeder(log, self._jobs, specs, self._presences)
        self._watch = QueueWatch(log.client, settings, list(specs.values()))
        self._no_worker = NoWorkerNotice(log, presences)

    async def act(self) -> None:
        """Until the lease is lost or the task is cancelled."""
        position = await self._take_over()
        logger.info("dispatcher_acts", jobs=len(self._jobs), position=position)
        tasks = [
            asyncio.create_task(loop)
            for loop in (
                self._follow(position),
                self._decide_all(),
                self._tick(),
                self._watch_queue(),
                self._feeder.run(),
                self._lease.lost.wait(),
                self._cleanup.run(),
            )
        ]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()  # an error of a loop ends the term; the next one begins from the log
        except NotActing:
            logger.warning("dispatcher_lost_its_lease")
        finally:
            await cancel(tasks)
            await self._inheritance.close()
            meters.forget()
            for job in self._jobs.values():
                await job.stop_reading()

    # Taking over

    async def _take_over(self) -> int:
        """Learn every job's state from the log, up to the newest message there is now."""
        position = await self._log.last_sequence()
        latest: dict[str, Message] = {}
        tail = self._log.tail(ALL_LIFECYCLES, last_per_subject=True)
        async for message in tail.messages(until_caught_up=True):
            latest[message.subject] = message
        for subject, message in latest.items():
            tenant, job, _ = parse_job_subject(subject)
            self._note_tenant(tenant, message.sequence)
            if not self._ended(tenant, job, message):
                await self._load(tenant, job)
        return position

    async def _load(self, tenant: str, job_id: str) -> None:
        job = ActiveJob(tenant, job_id)
        async for message in self._log.read(job_history(tenant, job_id)):
            job.see(message)
        self._jobs[job_id] = job
        if job.state.ended:
            self._expiry.note(job.state.expires_at, tenant, job_id)
        self._want(job_id)

    def _ended(self, tenant: str, job: str, message: Message) -> bool:
        """Whether a job's newest lifecycle message is an end; then only what time will bring is noted."""
        events = read_events(message)
        if not events:
            return False  # what stands before it in the log tells
        envelope = events[-1]
        match envelope.data:
            case JobEnded() as end:
                self._expiry.note(end.expires_at, tenant, job)
                return True
            case JobDeleted() | JobExpired():
                self._cleanup.later_if_fresh(tenant, job, envelope.time)
                return True
        return False

    # Following

    async def _follow(self, position: int) -> None:
        tail = self._log.tail(ALL_JOBS, after=position)
        async for batch in tail.batches():
            for message in batch:
                await self._see(message)
            self._feeder.wake()

    async def _see(self, message: Message) -> None:
        tenant, job_id, channel = parse_job_subject(message.subject)
        if channel == "lifecycle":
            self._note_tenant(tenant, message.sequence)
            for beaten in self._beaten.pop(tenant, ()):
                self._want(beaten)
        job = self._jobs.get(job_id)
        if job is None:
            if channel == "lifecycle":
                if not self._ended(tenant, job_id, message):
                    await self._load(tenant, job_id)
            elif channel != "items":  # items come just before their request
                await self._cleanup.late(tenant, job_id)
            return
        phase = job.state.phase
        job.see(message)
        if job.state.phase != phase and message.sequence != job.awaiting:
            self._admission.count_again()  # another dispatcher started or ended it: within this round, count again
        self._want(job_id)

    def _note_tenant(self, tenant: str, sequence: int) -> None:
        self._tenant_sequence[tenant] = max(sequence, self._tenant_sequence.get(tenant, 0))

    # Deciding

    def _want(self, job_id: str) -> None:
        self._undecided.add(job_id)
        self._wanted.set()

    async def _decide_all(self) -> None:
        while True:
            await self._wanted.wait()
            self._wanted.clear()
            undecided, self._undecided = sorted(self._undecided), set()  # ULIDs: the oldest first
            self._admission.count_again()
            for job_id in undecided:
                job = self._jobs.get(job_id)
                if job is not None and job.sequence >= job.awaiting:
                    await self._decide(job)

    async def _decide(self, job: ActiveJob) -> None:
        for command in self._commands(job):
            for event in decide(job.state, command):
                fence = job.fence
                if isinstance(command, Start):
                    fence = Fence(tenant_lifecycles(job.tenant), self._tenant_sequence.get(job.tenant, 0))
                if await self._write(job, event, fence):
                    await self._after(job, event)
                return

    def _commands(self, job: ActiveJob) -> list[Command]:
        state = job.state
        if state.delete_requested:
            return [FinishDelete()]
        if state.phase == "pending" and state.cancel_requested:
            return [FinishCancel()]
        if state.phase == "pending":
            if state.job_type not in self._specs:
                return [Fail(message=f"Le module {state.job_type} n'est pas installé")]
            return [Start()] if self._inheritance.has_come(job) and self._admission.may_start(job) else []
        if state.cancel_requested:
            return [FinishCancel()] if self._silent(job) else []
        return [Complete()]

    def _silent(self, job: ActiveJob) -> bool:
        now = time.monotonic()
        asked = job.cancel_seen or now
        return now - max(asked, job.last_result) >= _QUIET or now - asked >= _CANCEL_LIMIT

    async def _write(self, job: ActiveJob, event: Event, fence: Fence) -> bool:
        if not self._lease.held:
            raise NotActing
        with tracing.bound(job.traceparent):
            try:
                job.awaiting = await self._log.append(job.tenant, job.id, event, fence=fence)
            except Conflict:
                # What we had not seen comes by in a moment, and then we decide again.
                self._beaten.setdefault(job.tenant, set()).add(job.id)
                return False
            except (LogUnavailable, LogFull) as error:
                logger.warning("decision_not_written", tenant=job.tenant, job_id=job.id, error=str(error))
                return False
            logger.info("job_decided", tenant=job.tenant, job_id=job.id, decision=type(event).__name__)
            return True

    async def _after(self, job: ActiveJob, event: Event) -> None:
        match event:
            case JobStarted():
                self._note_tenant(job.tenant, job.awaiting)
                self._admission.started(job)
                await self._inheritance.forget(job.id)
            case JobDeleted():
                self._drop(job)
                await self._inheritance.forget(job.id)
                await self._cleanup.rows(job.tenant, job.id)
            case JobEnded():
                await self._inheritance.forget(job.id)
                await self._cleanup.queue(job.tenant, job.id)

    # Time

    async def _tick(self) -> None:
        seconds = time.monotonic()
        while True:
            await asyncio.sleep(_TICK)
            for job in list(self._jobs.values()):
                # What could not be written, waits for room, or for its silence.
                if not job.runs or job.state.processed == job.state.total:
                    self._want(job.id)
                state = job.state
                gone = state.phase in ("absent", "deleted") or (state.ended and not state.delete_requested)
                if gone and job.sequence >= job.awaiting:
                    self._let_go(job)
            await self._expiry.expire_due()
            if time.monotonic() - seconds >= 1.0:
                seconds = time.monotonic()
                for job in self._jobs.values():
                    job.new_second()
                await self._no_worker.say(self._jobs.values())
                meters.tally(self._jobs.values(), self._specs, self._presences)
            self._feeder.wake()

    def _let_go(self, job: ActiveJob) -> None:
        """Of a job whose end was seen in the log: it may stand there although our write of it was never confirmed."""
        self._drop(job)
        if job.state.ended:
            self._expiry.note(job.state.expires_at, job.tenant, job.id)
            meters.ended(job)
        elif job.state.phase == "deleted":
            self._cleanup.later(job.tenant, job.id)

    async def _watch_queue(self) -> None:
        while True:
            try:
                lost = await self._watch.check(self._jobs.values())
            except BROKEN as error:
                logger.warning("queue_not_checked", error=str(error) or type(error).__name__)
                await asyncio.sleep(1.0)
                continue
            for job in self._jobs.values():
                if job.state.job_type in lost:
                    job.derive = True
            self._feeder.wake()
            await meters.measure_log(self._log)
            await asyncio.sleep(_WATCH_EVERY)

    def _drop(self, job: ActiveJob) -> None:
        self._jobs.pop(job.id, None)
        self._undecided.discard(job.id)
        self._no_worker.forget(job.id)
