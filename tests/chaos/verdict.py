"""What must be true of a job whatever happened while it ran."""

import csv
import io


def items_of(count, rng, *, least=50, most=200):
    """Rows of the module `faulty` that each take some milliseconds."""
    return [{"nom": f"n{index}", "do": f"sleep {rng.randint(least, most)}"} for index in range(count)]


async def assert_done(person, job, items, *, errors=None, attempts=None):
    """The job is done, with every item one row, in order, counted once. `errors`: index -> code.

    `attempts` is given where items are tried more than once.
    """
    errors = errors or {}
    total = len(items)
    public = await person.job(job)
    assert public["status"] == "done", public
    told = {name: public[name] for name in ("grid_points_count", "processed_points", "results_count", "error_count")}
    assert told == {
        "grid_points_count": total,
        "processed_points": total,
        "results_count": total - len(errors),
        "error_count": len(errors),
    }
    assert public["total_attempts_count"] == (attempts or total)
    assert public["ef_cost"] == max(0.001, round(0.1 * total / 10_000, 3))

    rows = await person.rows(job)
    assert [row["nom"] for row in rows] == [item["nom"] for item in items]
    assert [row["echo"] for row in rows] == [
        None if index in errors else item["nom"] for index, item in enumerate(items)
    ]
    table = csv.DictReader(
        io.StringIO((await person.body(f"/api/jobs/{job}/download")).decode("utf-8-sig")), delimiter=";"
    )
    assert [row["nom"] for row in table] == [item["nom"] for item in items]
    return public


def assert_seamless(watcher, total, *, errors=None):
    """The stream told everything once, over all its connections."""
    identities = [seen.identity for seen in watcher.seen if seen.identity is not None]
    assert identities == sorted(set(identities)), "ids grow and none comes twice"
    progress = watcher.progress
    assert sorted(event["index"] for event in progress) == list(range(total))
    assert [event["processed_points"] for event in progress] == list(range(1, total + 1))
    assert {event["index"]: event["error"]["code"] for event in progress if not event["ok"]} == (errors or {})
    transitions = [seen.data["status"] for seen in watcher.seen if seen.event == "status" and seen.identity is not None]
    assert transitions == ["pending", "running", "done"]
    assert [seen.event for seen in watcher.seen].count("done") == 1
