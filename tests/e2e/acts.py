"""What a client does, in a line each, and what it may expect of every answer."""

import asyncio
import re
import time

import msgspec
from httpx_sse import connect_sse

from shared.identity.accounts import Accounts
from shared.messaging.connection import connect
from shared.messaging.streams import identity_bucket

PASSWORD = "correct horse battery"
NOBODYS_JOB = "j_01HZZZZZZZZZZZZZZZZZZZZZZZ"
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


def create(client, module="noop", **body):
    """A new job, as JobPublic."""
    answer = client.post(f"/api/jobs/{module}", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def named(count, **more):
    """Items that every test module takes."""
    return [{"nom": f"n{number}"} | more for number in range(count)]


def busy(count=400, milliseconds=3000):
    """Items that keep a job running for as long as a test needs it."""
    return named(count, do=f"sleep {milliseconds}")


def cancel_all(client):
    """Leave no running job behind, so that the workers are free for the next test."""
    for job in client.get("/api/jobs?limit=500").json():
        if job["status"] in ("pending", "running"):
            client.post(f"/api/jobs/{job['id']}/cancel")


def events_of(client, job_id, *, last_event_id=None, since=None):
    """The events of one connection, to its end."""
    headers = {} if last_event_id is None else {"Last-Event-ID": str(last_event_id)}
    params = {} if since is None else {"since": since}
    with connect_sse(client, "GET", f"/api/jobs/{job_id}/stream", headers=headers, params=params) as source:
        return list(source.iter_sse())


def until(happened, *, within=30.0):
    """What `happened` gives once it is true; for what the API only promises to come."""
    deadline = time.monotonic() + within
    while not (found := happened()):
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)
    return found


def status_becomes(client, job_id, status):
    """The job once it has this status."""

    def look():
        job = client.get(f"/api/jobs/{job_id}").json()
        return job if job["status"] == status else None

    return until(look)


def is_problem(answer, status, detail=None):
    """An error in the documented form; with its sentence, if one is promised."""
    assert answer.status_code == status, (answer.status_code, answer.text)
    assert answer.headers["content-type"].partition(";")[0] == "application/json"
    body = answer.json()
    assert list(body) == ["detail"]
    assert isinstance(body["detail"], str) and body["detail"]
    assert detail is None or body["detail"] == detail
    if status in (429, 503):
        assert int(answer.headers["retry-after"]) >= 1
    return True


def is_validation_problem(answer, *loc, status=422):
    """A validation error in the documented form; `loc` begins the place of one of its errors."""
    assert answer.status_code == status, (answer.status_code, answer.text)
    body = answer.json()
    assert list(body) == ["detail"]
    assert body["detail"]["message"] == "Validation error"
    assert body["detail"]["errors"]
    for error in body["detail"]["errors"]:
        assert set(error) == {"loc", "msg", "type"}
        assert isinstance(error["loc"], list) and error["msg"] and error["type"]
    places = [error["loc"][: len(loc)] for error in body["detail"]["errors"]]
    assert list(loc) in places, places
    return True


def mailed_link(stack, email, page, *, number=1):
    """The token of a link to `page` mailed to the address, of the first, second …; without a mail server it is logged."""
    log = stack.data_dir / "logs" / "edge.log"
    line = re.compile(rf"mail_link .*/{page}#token=([\w-]+).*to={re.escape(email)}")

    def look():
        plain = _COLOUR.sub("", log.read_text("utf-8"))
        return line.findall(plain)[number - 1 : number]

    return until(look)[0]


def deactivate(stack, email):
    """What an operator does to an account; counts within the seconds that credentials are remembered."""

    async def change():
        client = await connect(stack.settings, "test")
        accounts = Accounts(await identity_bucket(client.jetstream(), stack.settings))
        account = await accounts.find(email)
        await accounts.change(account.id, lambda now: msgspec.structs.replace(now, active=False))
        await client.close()

    asyncio.run(change())
