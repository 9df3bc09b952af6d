"""Whatever duplicates, late results and restarts a log goes through, everybody folds it to the same state."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from contracts import codec
from contracts.events import ItemProcessed, JobDeleted, JobEnded
from shared.job import ABSENT, Refused, decide, evolve, fold, public
from shared.job.decide import Complete, Expire, Fail, FinishCancel, FinishDelete, RequestCancel, RequestDelete, Start
from tests.unit.job.given import bad, envelope, good, request

COMMANDS = {
    "start": Start(),
    "complete": Complete(),
    "fail": Fail(message="x"),
    "finish_cancel": FinishCancel(),
    "finish_delete": FinishDelete(),
    "expire": Expire(now="2999-01-01T00:00:00.000Z"),
    "cancel": RequestCancel(by="u_1"),
    "delete": RequestDelete(by="u_1"),
}
# What happens to a job: a command of somebody, or a worker's result, which asks nobody.
steps = st.one_of(
    st.sampled_from(sorted(COMMANDS)),
    st.tuples(st.integers(-1, 6), st.booleans(), st.integers(1, 3)),
)


@st.composite
def histories(draw):
    """A log as the services could have written it, workers' duplicates and late results included."""
    log = [envelope(request(draw(st.integers(0, 5))), "2026-05-27T09:12:03.000Z")]
    state = fold(log)
    prologue = ["start"] if draw(st.booleans()) else []
    for step in prologue + draw(st.lists(steps, max_size=25)):
        if isinstance(step, str):
            try:
                events = decide(state, COMMANDS[step])
            except Refused:
                events = []
        else:
            index, well, attempts = step
            events = [(good if well else bad)(index, attempts=attempts)]
        for event in events:
            log.append(envelope(event, f"2026-05-27T09:13:{len(log):02d}.000Z"))
            state = evolve(state, log[-1])
    return log


@given(histories(), st.data())
@settings(max_examples=300)
def test_duplicates_change_nothing(log, data):
    repeated = list(log)
    for _ in range(data.draw(st.integers(1, 6))):
        place = data.draw(st.integers(0, len(repeated) - 1))
        again = data.draw(st.integers(place + 1, len(repeated)))
        repeated.insert(again, repeated[place])
    assert fold(repeated) == fold(log)


@given(histories(), st.integers(0, 30))
@settings(max_examples=200)
def test_going_on_from_any_prefix_gives_the_same_state(log, cut):
    assert fold(log[cut:], fold(log[:cut])) == fold(log)
    assert fold(log[cut:], fold(log)) == fold(log), "a reader that begins again too early"


@given(histories())
@settings(max_examples=200)
def test_slim_and_full_decoding_agree(log):
    messages = [codec.encode([entry]) for entry in log]
    full = [entry for message in messages for entry in codec.decode(message)]
    slim = [entry for message in messages for entry in codec.decode_slim(message)]
    assert fold(full) == fold(slim) == fold(log)


@given(histories())
@settings(max_examples=300)
def test_counters_never_exceed_totals_and_never_fall(log):
    state, before = ABSENT, (0, 0, 0, 0)
    for entry in log:
        state = evolve(state, entry)
        if state.phase == "deleted":
            break
        now = (state.processed, state.results, state.errors, state.attempts)
        assert all(later >= earlier for earlier, later in zip(before, now, strict=True))
        assert state.results + state.errors == state.processed <= state.total
        assert state.attempts >= state.processed
        assert state.rows == state.processed
        before = now
        assert public(state).processed_points <= public(state).grid_points_count


@given(histories())
@settings(max_examples=300)
def test_one_terminal_event_and_nothing_counts_after_it(log):
    ends = [position for position, entry in enumerate(log) if isinstance(entry.data, JobEnded)]
    assert len(ends) <= 1
    if ends:
        at_end = fold(log[: ends[0] + 1])
        for entry in log[ends[0] + 1 :]:
            if isinstance(entry.data, ItemProcessed):
                assert evolve(at_end, entry) is at_end
        summary = log[ends[0]].data
        counted = fold(log[: ends[0]])
        assert summary.processed_points == counted.processed
        assert summary.rows == counted.rows
        # A job stays true after its results are purged.
        lifecycle = [entry for entry in log if not isinstance(entry.data, ItemProcessed)]
        assert fold(lifecycle) == fold(log)


@given(histories())
def test_the_deletion_alone_tells_what_is_left_of_a_deleted_job(log):
    state = fold(log)
    for entry in log:
        if isinstance(entry.data, JobDeleted):
            alone = fold([entry])
            assert (alone.phase, alone.id, alone.tenant, alone.ef_cost) == ("deleted", "j_1", "u_1", state.ef_cost)
            assert state.phase == "deleted"


@given(histories())
def test_an_event_without_effect_gives_the_very_same_object(log):
    state = fold(log)
    for entry in log:
        assert evolve(state, entry) is state
