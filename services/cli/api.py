"""The Jobs API over HTTP, as the commands use it."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self, TypeVar

import httpx
import msgspec
from httpx_sse import ServerSentEvent, SSEError, connect_sse
from ulid import ULID

from contracts.jobs import ItemsPage, JobEstimate, JobPublic, ScrapBody
from services.cli.errors import CliError, NoAccess, UsageError
from services.cli.surroundings import Credentials

T = TypeVar("T")

_TIMEOUT = httpx.Timeout(30.0, connect=5.0)
_SILENCE = 40.0
"""Seconds without a byte after which an event stream is dead: the server sends a heartbeat every 15."""
_TRIES = 3
"""Of a request that may pass a moment later."""
_LONGEST_WAIT = 5.0
"""Seconds a command waits for the server's `Retry-After`; beyond, the user decides."""


class StreamEnded(Exception):
    """The event stream broke off; connect again with the last id."""


class JobsApi:
    """One user's view of the service. Methods raise NoAccess, UsageError or CliError with the server's sentence."""

    def __init__(self, url: str, credentials: Credentials) -> None:
        self.url = url
        self._credentials = credentials
        headers = {"X-API-Key": credentials.api_key} if credentials.api_key else {}
        # The environment's proxies are not for a service that is mostly on this machine.
        self._http = httpx.Client(base_url=url, timeout=_TIMEOUT, headers=headers, trust_env=False)

    def __enter__(self) -> Self:
        if not self._credentials.api_key:
            who = {"email": self._credentials.email, "password": self._credentials.password}
            self._call("POST", "/api/auth/login", json=who)
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def create(self, endpoint: str, body: dict[str, Any] | ScrapBody) -> JobPublic:
        """Create a job; `endpoint` is the module's. A lost answer does not make a second job."""
        headers = {"Idempotency-Key": str(ULID()), "Content-Type": "application/json"}
        answer = self._call("POST", endpoint, content=msgspec.json.encode(body), headers=headers)
        return _decoded(answer, JobPublic)

    def estimate(self, body: ScrapBody) -> JobEstimate:
        """What a scrap job would be."""
        headers = {"Content-Type": "application/json"}
        return _decoded(
            self._call("POST", "/api/estimate", content=msgspec.json.encode(body), headers=headers), JobEstimate
        )

    def resume(self, job: str) -> JobPublic:
        """A new job that takes up an interrupted scrap job."""
        return _decoded(self._call("POST", f"/api/jobs/{job}/resume"), JobPublic)

    def job(self, job: str) -> JobPublic:
        """One job."""
        return _decoded(self._call("GET", f"/api/jobs/{job}"), JobPublic)

    def jobs(self, limit: int, offset: int) -> list[JobPublic]:
        """The user's jobs, newest first."""
        return _decoded(self._call("GET", "/api/jobs", params={"limit": limit, "offset": offset}), list[JobPublic])

    def items(self, job: str, limit: int) -> ItemsPage:
        """The first rows of a done job."""
        return _decoded(self._call("GET", f"/api/jobs/{job}/items", params={"limit": limit}), ItemsPage)

    def whole_output(self, job: str) -> ItemsPage:
        """Every row of a job whose rows are no items for another one."""
        answer = self._call("GET", f"/api/jobs/{job}/download", params={"format": "json"})
        rows = _decoded(answer, list[dict[str, Any]])
        return ItemsPage(count=len(rows), items=rows)

    def cancel(self, job: str) -> None:
        """Ask a job to stop."""
        self._call("POST", f"/api/jobs/{job}/cancel")

    def delete(self, job: str) -> None:
        """Delete a job that does not run."""
        self._call("DELETE", f"/api/jobs/{job}")

    def download(self, job: str, kind: str, to: Path) -> None:
        """Write the result to a file, whole or not at all."""
        draft = to.with_name(f".{to.name}.part")
        try:
            with (
                self._reaching(),
                self._http.stream("GET", f"/api/jobs/{job}/download", params={"format": kind}) as answer,
            ):
                if answer.is_error:
                    answer.read()
                _check(answer)
                with draft.open("wb") as file:
                    for chunk in answer.iter_bytes():
                        file.write(chunk)
            draft.replace(to)
        except OSError as error:
            raise UsageError(f"{to} cannot be written: {error.strerror}") from None
        finally:
            draft.unlink(missing_ok=True)

    def events(self, job: str, last_id: str) -> Iterator[ServerSentEvent]:
        """The job's events after `last_id` (empty: all), until the server closes. Raises StreamEnded when it breaks."""
        headers = {"Last-Event-ID": last_id} if last_id else {}
        timeout = httpx.Timeout(_SILENCE, connect=5.0)
        try:
            with connect_sse(self._http, "GET", f"/api/jobs/{job}/stream", headers=headers, timeout=timeout) as source:
                if source.response.status_code in (429, 502, 503, 504):
                    raise StreamEnded(f"the service answers {source.response.status_code}")
                if source.response.is_error:
                    source.response.read()
                    _check(source.response)
                if source.response.status_code != 204:  # 204: all has been seen
                    yield from source.iter_sse()
        except (httpx.TransportError, SSEError) as error:
            raise StreamEnded(str(error) or type(error).__name__) from None

    def _call(self, method: str, path: str, **options: Any) -> httpx.Response:
        for tries_left in reversed(range(_TRIES)):
            with self._reaching():
                answer = self._http.request(method, path, **options)
            wait = _seconds(answer.headers.get("Retry-After", ""))
            if answer.status_code not in (429, 503) or not tries_left or wait > _LONGEST_WAIT:
                break
            time.sleep(wait)
        _check(answer)
        return answer

    @contextlib.contextmanager
    def _reaching(self) -> Iterator[None]:
        try:
            yield
        except (httpx.TransportError, httpx.InvalidURL) as error:
            raise NoAccess(
                f"{self.url} is not reachable ({str(error) or type(error).__name__}): "
                "start the service with `outsend up`, or set OUTSEND_URL"
            ) from None


def _check(answer: httpx.Response) -> None:
    if answer.is_success:
        return
    sentence = f"{_detail(answer)} (HTTP {answer.status_code})"
    match answer.status_code:
        case 401 | 403 | 502 | 503 | 504:
            raise NoAccess(sentence)
        case status if 400 <= status < 500:
            raise UsageError(sentence)
    raise CliError(sentence)


def _detail(answer: httpx.Response) -> str:
    try:
        detail = answer.json()["detail"]
    except (ValueError, KeyError, TypeError):
        return f"{answer.url} did not answer as Outsend does"
    if isinstance(detail, dict):
        issues = [f"{'.'.join(map(str, each.get('loc', [])))}: {each.get('msg')}" for each in detail.get("errors", [])]
        return "; ".join([str(detail.get("message", "")), *issues])
    return str(detail)


def _seconds(retry_after: str) -> float:
    return float(retry_after) if retry_after.isdigit() else 1.0


def _decoded(answer: httpx.Response, wanted: type[T]) -> T:
    try:
        return msgspec.json.decode(answer.content, type=wanted)
    except msgspec.DecodeError:
        raise CliError(f"{answer.url} did not answer as Outsend does") from None
