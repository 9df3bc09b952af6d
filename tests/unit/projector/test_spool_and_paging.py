"""Results in the log's order -> pages in the input's order."""

import msgspec
import pytest

from contracts.codec import encode
from contracts.events import ItemError, ItemProcessed, JobLogged, PlaceFound
from services.projector.paging import Columns, Layout, Pager
from services.projector.spool import Spool
from shared.job import fold
from shared.job.output import output_order
from shared.messaging.log import envelop
from tests.unit.job.given import requested


def message(*events):
    return encode([envelop(event, "u_1", "j_1", "test") for event in events])


def result(index, *rows, report=None):
    return ItemProcessed(index=index, rows=list(rows), report=report)


def spooled(total, *messages):
    with Spool(total) as spool:
        for each in messages:
            spool.add(each)
        return [
            ([msgspec.json.decode(row) for row in found.rows], found.report) for [found] in spool.results(range(total))
        ]


def test_results_come_out_by_index_and_the_first_counts():
    found = spooled(
        4,
        message(result(3, {"n": 3}), result(1, {"n": 1}, {"n": 11})),
        message(result(1, {"n": "later"}), result(0, report={"r": 0})),
    )
    assert found == [([], b'{"r":0}'), ([{"n": 1}, {"n": 11}], None), ([{"n": 3}], None)]


def test_indexes_beyond_the_job_and_other_events_are_passed_over():
    assert spooled(1, message(result(1, {"n": 1}), JobLogged(level="info", message="x"))) == []
    assert spooled(0, message(result(0, {"n": 1}))) == []


def test_an_error_without_rows_leaves_no_row():
    assert spooled(1, message(ItemProcessed(index=0, error=ItemError(code="timeout")))) == [([], None)]


def test_rows_keep_their_bytes():
    with Spool(1) as spool:
        spool.add(b'[{"type":"outsend.item_processed.v1","data":{"index":0,"rows":[{"b":1.50,"a":"\\u00e9"}]}}]')
        assert next(spool.results([0]))[0].rows == [b'{"b":1.50,"a":"\\u00e9"}']


def test_what_is_no_batch_is_refused():
    with Spool(1) as spool, pytest.raises(msgspec.DecodeError):
        spool.add(b"not json")


@pytest.mark.parametrize(
    ("rows", "produces", "columns"),
    [
        ([{"a": 1, "b": 2}], ["c"], ["a", "b", "c"]),
        ([{"a": 1}, {"b": 2, "a": 1}], [], ["a", "b"]),
        ([{"x": 1, "a": 2}], ["x"], ["a", "x"]),  # a produced column leaves the input's position
        ([], ["x"], ["x"]),
        ([{"é à": 1}], ["x"], ["é à", "x"]),
    ],
)
def test_columns(rows, produces, columns):
    noted = Columns(produces)
    for row in rows:
        noted.note(msgspec.json.encode(row))
    assert noted.names() == columns


def pages(values, **limits):
    pager = Pager("rows", **limits)
    found = [page for value in values for page in pager.add(value)] + list(pager.finish())
    assert pager.counts == [page.count for page in found]
    assert [page.number for page in found] == list(range(len(found)))
    return [page.body for page in found]


def test_pages_are_cut_by_count_and_by_size():
    assert pages([b"1", b"2", b"3"], most=2) == [b"[1,2]", b"[3]"]
    assert pages([b'"aaaa"', b'"bb"', b"1"], most_bytes=8) == [b'["aaaa"]', b'["bb",1]']
    assert pages([b'"' + b"x" * 50 + b'"', b"1"], most_bytes=8)[1] == b"[1]", "a value too large is a page alone"
    assert pages([]) == []


def test_a_layout_of_a_whole_job():
    with Spool(3) as spool:
        spool.add(message(result(2, {"a": 1, "t": "x"}, report={"i": 2}), result(0, {"b": 1, "t": None})))
        layout = Layout(spool.results(range(3)), ["t"])
        found = [(page.kind, page.number, page.body) for page in layout.pages()]
    assert found == [("rows", 0, b'[{"b":1,"t":null},{"a":1,"t":"x"}]'), ("reports", 0, b'[{"i":2}]')]
    assert (layout.columns, layout.rows, layout.reports) == (["b", "a", "t"], [2], [1])


def search(index, *ids, part=""):
    return ItemProcessed(
        index=index,
        part=part,
        rows=[{"nom": f"{each} of {index}{part}", "query": "q", "zone": "z"} for each in ids],
        places=[PlaceFound(each, 48.5, 2.25) for each in ids],
    )


def test_a_search_is_laid_out_by_query_tile_and_place_each_place_once():
    """Two tiles, two queries: indexes 0 and 2 are the first query's."""
    with Spool(4) as spool:
        spool.add(message(search(3, "a", "x"), search(1, "b", "a"), search(0)))
        spool.add(message(search(0, "d", part="1"), search(0, "c", "a", part="0"), search(0, "late", part="0")))
        spool.add(message(search(2, "x", "x")))
        state = fold([requested(2, params={"queries": ["p", "q"], "zones": ["z"]})])
        layout = Layout(spool.results(output_order(state)), [], on_grid=True)
        found = {page.kind: msgspec.json.decode(page.body) for page in layout.pages()}
    assert [row["nom"] for row in found["rows"]] == ["a of 00", "c of 00", "d of 01", "x of 2", "b of 1"]
    assert found["places"][0] == {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [2.25, 48.5]},
        "properties": {"kind": "place", "place_id": "a", "nom": "a of 00", "query": "q", "zone": "z"},
    }
    assert len(found["places"]) == 5
