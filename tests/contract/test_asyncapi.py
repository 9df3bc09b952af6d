"""`contracts/asyncapi.json` is a whole AsyncAPI 3.0 document and speaks of every event and subject."""

from __future__ import annotations

import json
import re
from pathlib import Path

import jsonschema
import pytest
from faststream.specification.asyncapi.v3_0_0.schema import ApplicationSchema

from contracts import generate, subjects
from contracts.events import CHANNELS, EVENT_TYPES

DOCUMENT = json.loads((Path(generate.__file__).parent / "asyncapi.json").read_bytes())
IDS = {"tenant": "u_1", "job": "j_1", "job_type": "techstack"}


def resolve(reference):
    found = DOCUMENT
    for part in reference.removeprefix("#/").split("/"):
        found = found[part]
    return found


def references(value):
    if isinstance(value, dict):
        for key, inner in value.items():
            if key == "$ref":
                yield inner
            else:
                yield from references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from references(inner)


def test_it_is_an_asyncapi_document():
    ApplicationSchema.model_validate(DOCUMENT)


def test_generation_is_deterministic():
    assert generate.rendered() == generate.rendered()


def test_every_reference_leads_somewhere():
    for reference in references(DOCUMENT):
        assert resolve(reference)


def test_addresses_are_the_subjects_in_use():
    addresses = {name: channel["address"].format(**IDS) for name, channel in DOCUMENT["channels"].items()}
    assert addresses == {
        **{
            channel: subjects.job_subject("u_1", "j_1", channel) for channel in ("lifecycle", "items", "results", "log")
        },
        "queue": subjects.item_subject("techstack", "j_1"),
        "presence": subjects.presence("techstack"),
    }
    for channel in DOCUMENT["channels"].values():
        assert set(channel["parameters"]) == set(re.findall(r"{(\w+)}", channel["address"]))


@pytest.mark.parametrize("kind", sorted(EVENT_TYPES))
def test_each_event_stands_on_its_channel_with_its_examples(kind):
    channel = DOCUMENT["channels"][CHANNELS.get(EVENT_TYPES[kind], "lifecycle")]
    (message,) = (m for m in map(resolve, references(channel["messages"])) if m["name"] == kind)
    assert [example["payload"][0] for example in message["examples"]] == list(generate.read_examples()[kind].values())
    whole = {"$ref": message["payload"]["items"]["$ref"], "components": DOCUMENT["components"]}
    for example in message["examples"]:
        jsonschema.Draft202012Validator(whole).validate(example["payload"][0])
