"""One request's trace, from its header to the last line and the last span of the job it made."""

import re

import pytest

TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = "b7ad6b7169203331"


def trace_ids(messages):
    """By what the messages are about."""
    ids = {}
    for message in messages:
        kind = "item" if message.subject.startswith("items.") else message.subject.rpartition(".")[2]
        traceparent = (message.headers or {}).get("traceparent", "")
        assert re.fullmatch(r"00-[0-9a-f]{32}-[0-9a-f]{16}-0[0-3]", traceparent), message.subject
        ids.setdefault(kind, set()).add(traceparent[3:35])
    return ids


async def test_a_trace_goes_from_the_request_to_the_results_and_the_lines(house):
    trace = "1" + TRACE[1:]
    async with house.messages() as until_ended:
        job = await house.post(
            {"nom": "a"}, {"nom": "b", "do": "raise"}, traceparent=f"00-{trace}-{PARENT}-01", tracestate="x=y"
        )
        messages = await until_ended()
    assert trace_ids(messages) == {kind: {trace} for kind in ("items", "lifecycle", "item", "results")}
    tenant = messages[0].subject.split(".")[1]
    about = {"tenant": tenant, "job_id": job, "trace_id": trace}
    assert await house.line("gateway", "job_requested", **about)
    assert await house.line("dispatcher", "job_decided", decision="JobCompleted", **about)
    assert await house.line("worker", "module_raised", index=1, **about)


async def test_a_request_without_a_valid_trace_begins_one(house):
    async with house.messages() as until_ended:
        await house.post({"nom": "a"}, traceparent=f"00-{'0' * 32}-{PARENT}-01")
        ids = trace_ids(await until_ended())
    [trace] = ids["results"]
    assert ids == {kind: {trace} for kind in ("items", "lifecycle", "item", "results")}
    assert set(trace) != {"0"}


@pytest.mark.parametrize("house", ["collector"], indirect=True)
async def test_spans_reach_the_collector(house):
    async with house.messages() as until_ended:
        await house.post({"nom": "unsampled"}, traceparent=f"00-{'f' * 32}-{PARENT}-00")
        await until_ended()
    async with house.messages() as until_ended:
        job = await house.post({"nom": "a"}, {"nom": "b", "do": "permanent"}, traceparent=f"00-{TRACE}-{PARENT}-01")
        await until_ended()
    spans = await house.collector.of_trace(TRACE, 4)
    named = {span.name: span for _, span in spans}
    post = named["POST /api/jobs/faulty"]
    assert post.parent_span_id.hex() == PARENT
    assert {(service, span.name, span.parent_span_id) for service, span in spans if span is not post} == {
        ("outsend-dispatcher", "job", post.span_id),
        ("outsend-worker", "item", post.span_id),
    }
    assert {pair.key: pair.value.string_value for pair in named["job"].attributes}["job.id"] == job
    assert (
        post.start_time_unix_nano - 1_000_000_000 < named["job"].start_time_unix_nano < named["job"].end_time_unix_nano
    )
    items = [
        {pair.key: pair.value.string_value or pair.value.int_value for pair in span.attributes}
        for _, span in spans
        if span.name == "item"
    ]
    assert {item["item.index"]: item.get("error.type") for item in items} == {0: None, 1: "gone"}
    assert "f" * 32 not in {span.trace_id.hex() for _, span in house.collector.spans}
