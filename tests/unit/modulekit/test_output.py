"""From a module's result to the event: columns, labels, counts, sizes."""

from __future__ import annotations

import json

import msgspec
import pytest

from contracts.events import ItemError, ItemProcessed
from contracts.items import ItemRequested
from contracts.manifest import Column, ModuleSpec, Text
from shared.modulekit.module import Result
from shared.modulekit.output import MAX_RESULT_BYTES, failed, label, output_row, processed


def spec(**more) -> ModuleSpec:
    values = {
        "slug": "probe",
        "category": "intelligence",
        "label": Text("Sonde", "Probe"),
        "description": Text("…", "…"),
        "needs": ["site_web"],
        "produces": [
            Column(name="cms", meaning="…", signal=True),
            Column(name="note", meaning="…"),
            Column(name="pixels", meaning="…", type="list", signal=True),
        ],
        "unit": "sites",
        "ef_weight": 0.1,
        "timeout": 1,
        "concurrency": 2,
    }
    return ModuleSpec(**(values | more))


def item(**row) -> ItemRequested:
    return ItemRequested(job="j_1", tenant="u_1", job_type="probe", index=7, item=row)


EMPTY = {"cms": None, "note": None, "pixels": None}


def test_input_columns_come_first_as_given_then_the_produced_ones_in_the_manifests_order():
    row = output_row(spec(), {"nom": "A", "Site_Web": 1, "x": None, "": ""}, {"pixels": ["meta"], "cms": "wix"})
    assert list(row.items()) == [
        ("nom", "A"),
        ("Site_Web", 1),
        ("x", None),
        ("", ""),
        ("cms", "wix"),
        ("note", None),
        ("pixels", ["meta"]),
    ]


def test_a_failed_item_keeps_what_it_carries_even_in_produced_columns():
    named = spec(carries=["nom", "cms"], produces=[Column(name="nom", meaning="…"), *spec().produces])
    event = failed(
        named, item(Name="A", cms="old", x=1), ItemError(code="not_found", message="…"), attempts=1, duration_ms=0
    )
    assert event.rows == [{"nom": "A"} | EMPTY | {"cms": "old"}]
    assert list(event.rows[0]) == named.columns


def test_a_produced_column_leaves_its_place_in_the_input():
    row = output_row(spec(), {"cms": "old", "nom": "A"}, {"cms": "new"})
    assert list(row.items()) == [("nom", "A"), ("cms", "new"), ("note", None), ("pixels", None)]


def test_an_old_value_of_a_produced_column_does_not_survive_an_empty_result():
    assert output_row(spec(), {"cms": "old"}, {}) == EMPTY


def test_a_column_that_keeps_what_was_given_does_so_until_the_module_has_a_value():
    keeping = spec(produces=[Column(name="siren", meaning="…", keeps_given=True), Column(name="note", meaning="…")])
    given = {"siren": "123", "nom": "A", "note": "old"}
    assert output_row(keeping, given, {}) == {"nom": "A", "siren": "123", "note": None}
    assert output_row(keeping, given, {"siren": "456"})["siren"] == "456"
    assert output_row(keeping, {"nom": "A"}, {})["siren"] is None


def test_what_the_manifest_does_not_produce_is_no_column():
    assert "secret" not in output_row(spec(), {}, {"secret": 1})


@pytest.mark.parametrize(
    ("carries", "kept"),
    [(None, ["nom", "ville"]), (["ville"], ["ville"]), ([], []), (["ville", "nom", "zz"], ["ville", "nom"])],
)
def test_carried_columns(carries, kept):
    row = output_row(spec(carries=carries), {"nom": "A", "ville": "Paris"}, {})
    assert list(row) == [*kept, *EMPTY]


@pytest.mark.parametrize(
    ("row", "text"),
    [
        ({"site_web": "a.example"}, "a.example"),
        ({"Website": "b.example"}, "b.example"),
        ({"url": "c.example", "site_web": "d.example"}, "d.example"),
        ({"site_web": None}, ""),
        ({"site_web": 12}, "12"),
        ({}, ""),
        ({"site_web": "x" * 999}, "x" * 200),
    ],
)
def test_label(row, text):
    assert label(spec(), row) == text


def test_label_of_a_module_that_needs_nothing():
    assert label(spec(needs=[]), {"site_web": "a.example"}) == ""


@pytest.mark.parametrize(
    ("result", "rows", "found"),
    [
        (Result(), 1, 0),
        (Result(columns={"note": "x"}), 1, 0),
        (Result(columns={"cms": "wix", "pixels": ["meta"]}), 1, 1),
        (Result(columns={"pixels": []}), 1, 1),
        (Result(columns={"cms": ""}), 1, 1),
        (Result(rows=[]), 0, 0),
        (Result(rows=[{"cms": "a"}, {}, {"pixels": ["b"]}], columns={"cms": "unread"}), 3, 2),
    ],
)
def test_rows_and_found(result, rows, found):
    event = processed(spec(), item(site_web="a.example"), result, attempts=2, duration_ms=5)
    assert (len(event.rows), event.found) == (rows, found)
    assert (event.index, event.attempts, event.duration_ms, event.error) == (7, 2, 5, None)
    assert all(row["site_web"] == "a.example" for row in event.rows)


def test_an_error_keeps_the_input_and_empties_the_columns():
    event = failed(spec(), item(nom="A", cms="old"), ItemError(code="dns", message="…"), attempts=3, duration_ms=5)
    assert event.rows == [{"nom": "A"} | EMPTY]
    assert (event.error, event.found, event.report) == (ItemError(code="dns", message="…"), 0, None)


def test_an_error_that_quotes_a_hostile_page_can_be_written():
    event = failed(spec(), item(), ItemError(code="x", message="\ud800" + "é" * 5000), attempts=1, duration_ms=0)
    message = json.loads(msgspec.json.encode(event))["error"]["message"]
    assert message.startswith("?é")
    assert len(message) == 1000


def test_a_report_that_makes_the_result_too_large_is_dropped_and_the_rows_stay():
    result = Result(columns={"cms": "wix"}, report={"pages": "x" * MAX_RESULT_BYTES})
    event = processed(spec(), item(nom="A"), result, attempts=1, duration_ms=0)
    assert event.report == {"dropped": "result_too_large"}
    assert (event.rows[0]["cms"], event.found, event.error) == ("wix", 1, None)


def test_rows_that_are_too_large_become_an_error():
    result = Result(columns={"cms": "x" * MAX_RESULT_BYTES}, report={"small": True})
    event = processed(spec(), item(nom="A"), result, attempts=2, duration_ms=9)
    assert event.error is not None
    assert (event.error.code, event.rows, event.found) == ("result_too_large", [{"nom": "A"} | EMPTY], 0)
    assert (event.attempts, event.duration_ms, event.report) == (2, 9, None)
    assert len(msgspec.json.encode(event)) < 10_000


def test_a_result_just_within_the_limit_is_kept_whole():
    result = Result(columns={"cms": "wix"}, report={"pages": "x" * (MAX_RESULT_BYTES - 1000)})
    event = processed(spec(), item(nom="A"), result, attempts=1, duration_ms=0)
    assert event.report == result.report


def test_a_report_that_comes_as_json_stands_in_the_event_as_it_is():
    result = Result(columns={"cms": "wix"}, report=msgspec.Raw(b'{"pages":["x",1]}'))
    event = processed(spec(), item(nom="A"), result, attempts=1, duration_ms=0)
    assert msgspec.json.decode(msgspec.json.encode(event), type=ItemProcessed).report == {"pages": ["x", 1]}
