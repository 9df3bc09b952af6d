"""Generated files are committed as generated; golden examples are frozen, valid and readable for ever."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import jsonschema
import msgspec
import pytest

from contracts import codec, generate
from contracts.codec import ItemsCounted, ItemSettled, UnknownEvent
from contracts.events import EVENT_TYPES, ItemProcessed, ItemsSubmitted
from contracts.items import ItemForwarded, ItemRequested, WorkerPresence
from contracts.json_schema import STRUCTS, all_schemas
from contracts.stream import DoneFrame, ErrorFrame, LogFrame, ProgressFrame, StatusFrame
from shared.job import fold, public
from tests.unit.job.given import envelope, requested

FOLDER = Path(generate.__file__).parent
EXAMPLES = [
    pytest.param(kind, example, id=f"{kind}/{name}")
    for kind, examples in generate.read_examples().items()
    for name, example in examples.items()
]


def as_message(*examples):
    return json.dumps(examples).encode()


def test_every_generated_file_is_committed_as_generated():
    for path, text in generate.rendered().items():
        assert (FOLDER / path).read_text(encoding="utf-8") == text, f"{path}: run `python -m contracts.generate`"


def test_no_schema_is_left_over():
    assert {file.stem for file in (FOLDER / "schemas").glob("*.json")} == set(all_schemas())


@pytest.mark.parametrize("name", sorted(all_schemas()))
def test_schemas_are_valid_json_schema(name):
    jsonschema.Draft202012Validator.check_schema(all_schemas()[name])


@pytest.mark.parametrize("kind", sorted(EVENT_TYPES))
def test_every_event_version_has_two_examples(kind):
    assert len(generate.read_examples().get(kind, {})) >= 2


@pytest.mark.parametrize(("kind", "example"), EXAMPLES)
def test_examples_match_their_schema(kind, example):
    for schema in (kind, "envelope"):
        jsonschema.Draft202012Validator(all_schemas()[schema]).validate(example)


@pytest.mark.parametrize(("kind", "example"), EXAMPLES)
def test_examples_decode_and_mean_the_same_when_written_again(kind, example):
    first = codec.decode(as_message(example))
    written = codec.encode(first)
    assert codec.decode(written) == first
    for key in ("specversion", "id", "source", "type", "subject", "time", "tenant"):
        assert json.loads(written)[0][key] == example[key]
    event = first[0].data
    for key in set(example["data"]) & set(event.__struct_fields__):
        assert says(msgspec.to_builtins(getattr(event, key)), example["data"][key]), key


def says(have, want):
    """Whether nothing of `want` is lost in `have`; defaults may have been added."""
    if isinstance(want, dict):
        return all(key in have and says(have[key], inner) for key, inner in want.items())
    if isinstance(want, list):
        return len(have) == len(want) and all(map(says, have, want))
    return have == want


@pytest.mark.parametrize(("kind", "example"), EXAMPLES)
def test_slim_decoding_agrees_with_full_decoding(kind, example):
    (full,), (slim,) = codec.decode(as_message(example)), codec.decode_slim(as_message(example))
    assert msgspec.structs.replace(full, data=None) == msgspec.structs.replace(slim, data=None)
    if isinstance(full.data, ItemProcessed):
        assert isinstance(slim.data, ItemSettled)
        for field in ("index", "label", "attempts", "found", "error"):
            assert getattr(slim.data, field) == getattr(full.data, field)
        assert [json.loads(bytes(row)) for row in slim.data.rows] == full.data.rows
    elif isinstance(full.data, ItemsSubmitted):
        assert isinstance(slim.data, ItemsCounted)
        assert slim.data.first == full.data.first
        assert [json.loads(bytes(item)) for item in slim.data.items] == full.data.items
    else:
        assert slim.data == full.data


@pytest.mark.parametrize(("kind", "example"), EXAMPLES)
def test_fields_of_later_writers_are_passed_over(kind, example):
    newer = example | {"newextension": {"a": [1]}, "data": example["data"] | {"later_field": [{"b": None}]}}
    for decode in (codec.decode, codec.decode_slim):
        assert decode(as_message(newer)) == decode(as_message(example))
    jsonschema.Draft202012Validator(all_schemas()[kind]).validate(newer)


@pytest.mark.parametrize("decode", [codec.decode, codec.decode_slim])
def test_an_unknown_type_says_so(decode):
    _, example = EXAMPLES[0].values
    with pytest.raises(UnknownEvent, match=r"outsend\.job_renamed\.v1"):
        decode(as_message(example | {"type": "outsend.job_renamed.v1"}))


@pytest.mark.parametrize(
    "payload",
    [b"", b"{}", b"[{}]", b"[1]", b"\xff\xfe", b'[{"id":"1"}]', as_message(EXAMPLES[0].values[1])[:-9]],
)
@pytest.mark.parametrize("decode", [codec.decode, codec.decode_slim])
def test_what_is_no_event_of_ours_is_a_value_error(decode, payload):
    with pytest.raises(ValueError):
        decode(payload)


def test_wrong_data_is_a_value_error():
    with pytest.raises(ValueError):
        codec.decode(as_message(EXAMPLES[0].values[1] | {"type": "outsend.item_processed.v1", "data": {"index": "0"}}))


@pytest.mark.parametrize("count", [0, 257])
def test_a_message_carries_1_to_256_events(count):
    with pytest.raises(ValueError):
        codec.encode([envelope(ItemProcessed(index=0))] * count)


def test_log_ids_grow_and_are_unique():
    ids = [codec.log_id(sequence, position) for sequence in range(1, 4) for position in range(256)]
    assert ids == sorted(set(ids))


def test_a_changed_or_removed_example_is_refused(tmp_path):
    shutil.copytree(FOLDER / "examples", tmp_path / "examples")
    generate.write(tmp_path)
    example = tmp_path / "examples/outsend.job_started.v1/started.json"
    original = example.read_bytes()
    example.write_bytes(original.replace(b"dispatcher", b"gateway"))
    with pytest.raises(generate.FrozenExample, match=r"job_started\.v1/started"):
        generate.write(tmp_path)
    example.unlink()
    with pytest.raises(generate.FrozenExample):
        generate.write(tmp_path)
    example.write_bytes(original)
    (example.parent / "another.json").write_bytes(original)
    generate.write(tmp_path)
    assert "outsend.job_started.v1/another.json" in generate.read_sums(tmp_path / "examples")


ITEM = {"job": "j_1", "tenant": "u_1", "job_type": "techstack", "index": 0}
SAMPLES = {
    "item_requested": ItemRequested(**ITEM, item={"site_web": "a.example"}, options={"mode": "deep"}),
    "worker_presence": WorkerPresence(worker="w", job_type="techstack", concurrency=100),
    "job_public": public(fold([requested()])),
    "sse.status": StatusFrame(
        id="j_1",
        status="running",
        processed_points=1,
        grid_points_count=2,
        results_count=0,
        error_count=1,
        download_available=False,
        query_stats={},
    ),
    "sse.log": LogFrame(message="…", level="warn", timestamp="2026-05-27T09:12:03Z"),
    "sse.progress": ProgressFrame(
        index=0,
        ok=False,
        error=None,
        unit="sites",
        label="",
        processed_points=1,
        grid_points_count=2,
        results_count=0,
        error_count=1,
    ),
    "sse.done": DoneFrame(id="j_1", status="done", results_count=0, duration_seconds=0),
    "sse.error": ErrorFrame(code="unavailable", message="…"),
}


@pytest.mark.parametrize("name", sorted(set(STRUCTS) - {"envelope"}))
def test_what_is_written_matches_its_schema(name):
    jsonschema.Draft202012Validator(all_schemas()[name]).validate(json.loads(msgspec.json.encode(SAMPLES[name])))


def test_a_forwarded_item_is_an_item_requested():
    forwarded = ItemForwarded(**ITEM, item=msgspec.Raw(b'{"site_web":"a.example"}'), options={"mode": "deep"})
    assert msgspec.json.decode(msgspec.json.encode(forwarded), type=ItemRequested) == SAMPLES["item_requested"]
