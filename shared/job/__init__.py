"""The job decider: pure. `decide(state, command) -> events`, `evolve(state, event) -> state`."""

from shared.job.decide import Refused, UnknownJob, decide
from shared.job.evolve import evolve, fold
from shared.job.state import ABSENT, JobState, public

__all__ = ["ABSENT", "JobState", "Refused", "UnknownJob", "decide", "evolve", "fold", "public"]
