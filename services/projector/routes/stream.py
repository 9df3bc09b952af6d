"""GET /api/jobs/{id}/stream: server-sent events."""

from __future__ import annotations

from typing import Annotated

from litestar import get
from litestar.datastructures import State
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, HeaderParameter
from litestar.response.base import ASGIResponse
from litestar.types import ASGIApp

from services.projector.event_stream import EventStream
from services.projector.frames import done_id
from services.projector.reader import Reader
from services.projector.routes.parameters import Since, parse_integer
from shared.api.auth import IDENTITY, Caller, require_owner
from shared.api.schema import SECURED, problems

LastEventId = Annotated[
    str | None,
    HeaderParameter(
        name="Last-Event-ID", required=False, description="Sent by a client that reconnects; wins over `since`."
    ),
]


@get(
    "/api/jobs/{job_id:str}/stream",
    operation_id="stream_job",
    summary="Stream live progress",
    tags=["jobs"],
    security=SECURED,
    media_type="text/event-stream",
    responses={
        **problems(401, 403, 404, 422, 503),
        204: ResponseSpec(None, description="Last-Event-ID is at the stream's end: do not connect again."),
    },
    dependencies=IDENTITY,
)
async def stream_job(
    job_id: FromPath[str],
    identity: Caller,
    state: State,
    since: Since = None,
    last_event_id: LastEventId = None,
) -> ASGIApp:
    """Status transitions, log lines and progress as they happen; every event after `Last-Event-ID` exactly once."""
    reader: Reader = state.reader
    view = await reader.job(job_id)
    require_owner(identity, view.state.tenant)
    after = -1 if since is None else parse_integer("since", since)
    if last_event_id is not None and last_event_id.strip().isdecimal():
        after = int(last_event_id)
        if view.ready and after >= done_id(view.ended_seq):
            return ASGIResponse(status_code=204)
    return EventStream(state.hubs, state.streams, tenant=view.state.tenant, job=job_id, since=after)
