"""A job is written once and the answer is true, also when the broker is busy or its answer is lost."""

import pytest
from msgspec import Raw

from contracts.events import JobRequested
from services.gateway.batch import JobWriter, NewJob
from shared.messaging.log import Busy, EventLog, LogUnavailable

AT = "2026-05-27T09:12:03.000Z"


class Unlucky(EventLog):
    """The real log, where the first attempts fail as told: before the write, or after it."""

    def __init__(self, client, *troubles):
        super().__init__(client, "test")
        self.troubles = list(troubles)
        self.attempts = 0

    async def publish_atomic(self, drafts):
        self.attempts += 1
        trouble = self.troubles.pop(0) if self.troubles else None
        if trouble is Busy:
            raise Busy("too many batches")
        if trouble == "lost before":
            raise LogUnavailable("timeout")
        sequence = await super().publish_atomic(drafts)
        if trouble == "lost after":
            raise LogUnavailable("timeout")
        return sequence


def new_job(number):
    request = JobRequested(owner="u_1", job_type="techstack", total=1, ef_cost=0.0, expires_at=AT)
    return NewJob(id=f"j_{number:026}", tenant="u_1", at=AT, request=request, items=[Raw(b'{"a":1}')])


@pytest.mark.parametrize(
    ("number", "troubles", "attempts"),
    [
        (1, [], 1),
        (2, [Busy, Busy], 3),
        (3, ["lost before"], 2),
        (4, ["lost after"], 1),
        (5, [Busy, "lost before", "lost after"], 3),
    ],
)
async def test_it_stands_in_the_log_once(gateway, number, troubles, attempts):
    log = Unlucky(gateway.broker, *troubles)
    job = new_job(number)
    state = await JobWriter(log).write(job)
    assert (state.id, state.phase, state.total, state.created_at) == (job.id, "pending", 1, AT)
    assert log.attempts == attempts
    assert len([1 async for _ in log.read(f"jobs.u_1.{job.id}.*")]) == 2


async def test_what_stands_there_already_is_the_answer(gateway):
    writer = JobWriter(gateway.log)
    job = new_job(6)
    assert await writer.write(job) == await writer.write(job)


async def test_when_it_never_works_nothing_is_promised(gateway):
    log = Unlucky(gateway.broker, *["lost before"] * 5)
    with pytest.raises(LogUnavailable):
        await JobWriter(log).write(new_job(7))
