"""Outside JSON APIs: one base address of the settings, bounded answers, and failures in one vocabulary."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any, Literal

import httpx
import msgspec

from shared.net.egress import EgressTransport
from shared.net.errors import EgressError, FetchError
from shared.net.inflate import Inflater
from shared.net.upstream import UpstreamGuard, UpstreamResting
from shared.settings import Settings

ApiFailure = Literal[
    "resting",  # our own guard says not now
    "rate_limited",  # 429
    "timeout",
    "connection",  # DNS, TLS, refused, reset, not HTTP
    "http_5xx",
    "http_4xx",
    "not_json",  # a good status and a body that is no JSON, or ends before its end
    "too_large",
    "unexpected",  # JSON of another form than the API's
]

_RETRYABLE: frozenset[ApiFailure] = frozenset(
    {"resting", "rate_limited", "timeout", "connection", "http_5xx", "not_json"}
)
_MAX_BYTES = 16 * 1024 * 1024
_MAX_RETRY_AFTER = 3600.0
_EXCERPT = 4096

Query = Mapping[str, str | int | float]


class ApiError(Exception):
    """An answer could not be had. The message names the API, and never a header, a key or an address."""

    def __init__(
        self,
        code: ApiFailure,
        message: str,
        *,
        status: int = 0,
        retry_after: float | None = None,
        body: bytes = b"",
        location: str = "",
    ) -> None:
        super().__init__(message)
        self.code: ApiFailure = code
        self.message = message
        self.status = status
        self.retry_after = retry_after
        """Seconds."""
        self.body = body
        """How the answer begins, for what an API says about its refusal."""
        self.location = location
        """Where a redirect points, in the API's own words: never an address to go to unseen."""
        self.retryable = code in _RETRYABLE


class ApiClient:
    """GET and POST to one API. One per process and API; any number of concurrent calls.

    `base_url` is the operator's own word: its host may be private, e.g. http://overpass:8080, and redirects are not
    followed. `name` is what messages call the API. `timeout` (seconds) counts the request, not the wait for its turn.
    """

    def __init__(
        self,
        settings: Settings,
        base_url: str,
        *,
        name: str,
        guard: UpstreamGuard | None = None,
        timeout: float = 30.0,
        max_bytes: int = _MAX_BYTES,
    ) -> None:
        url = httpx.URL(base_url)
        port = url.port or {"http": 80, "https": 443}.get(url.scheme, 0)
        trusted = [*settings.egress_allow, f"{url.host}:{port}"]
        self._transport = EgressTransport(msgspec.structs.replace(settings, egress_allow=trusted))
        self._base = base_url.rstrip("/")
        self._user_agent = settings.user_agent
        self._guard = guard
        self._name = name
        self._timeout = timeout
        self._max_bytes = max_bytes

    async def aclose(self) -> None:
        await self._transport.aclose()

    async def get(self, path: str, query: Query | None = None, headers: Mapping[str, str] | None = None) -> Any:
        """The JSON at `path`. Raises ApiError for anything but a 2xx with JSON."""
        return await self._call("GET", path, query=query, headers=headers)

    async def post(
        self,
        path: str,
        json: Any = None,
        *,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        """The JSON that answers a body: `json`, or `form` as a browser sends it. Raises ApiError like `get`."""
        return await self._call("POST", path, json=json, form=form, headers=headers)

    async def _call(
        self,
        method: str,
        path: str,
        *,
        query: Query | None = None,
        json: Any = None,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        request = httpx.Request(
            method,
            f"{self._base}{path}",
            params=dict(query) if query else None,
            content=msgspec.json.encode(json) if json is not None else None,
            data=dict(form) if form is not None else None,
            headers={
                "User-Agent": self._user_agent,
                "Accept": "application/json",
                "Accept-Encoding": "gzip",
                **({"Content-Type": "application/json"} if json is not None else {}),
                **(headers or {}),
            },
            extensions={"timeout": {"connect": self._timeout / 2}},
        )
        await self._turn()
        try:
            answer = await self._send(request)
        except ApiError as error:
            await self._told(error)
            raise
        except BaseException:
            if self._guard is not None:
                self._guard.give_up()
            raise
        await self._told(None)
        return answer

    async def _turn(self) -> None:
        if self._guard is not None:
            try:
                await self._guard.turn()
            except UpstreamResting as resting:
                message = f"{self._name} is given a rest."
                raise ApiError("resting", message, retry_after=resting.retry_after) from None

    async def _told(self, error: ApiError | None) -> None:
        """Let the guard know; a request refused for what it says is no failure of the API."""
        if self._guard is None:
            return
        if error is None or error.code in ("http_4xx", "too_large"):
            await self._guard.succeeded()
        else:
            await self._guard.failed(error.retry_after)

    async def _send(self, request: httpx.Request) -> Any:
        try:
            async with asyncio.timeout(self._timeout):
                answer = await self._transport.handle_async_request(request)
                try:
                    body = await self._body(answer)
                finally:
                    await answer.stream.aclose()  # type: ignore[union-attr]
        except (TimeoutError, httpx.TimeoutException):
            raise ApiError("timeout", f"{self._name} did not answer within {self._timeout:g} seconds.") from None
        except EgressError as error:
            raise ApiError("connection", f"{self._name} cannot be reached: {error.message}") from None
        except httpx.TransportError:
            raise ApiError("connection", f"The connection to {self._name} failed.") from None
        return self._read(answer, body)

    async def _body(self, answer: httpx.Response) -> bytes:
        inflater = Inflater(self._max_bytes) if "gzip" in answer.headers.get("content-encoding", "") else None
        whole = bytearray()
        try:
            async for chunk in answer.stream:  # type: ignore[union-attr]
                if inflater is None:
                    whole += chunk
                else:
                    for piece in inflater.feed(chunk):
                        whole += piece
                if len(whole) > self._max_bytes:
                    raise ApiError("too_large", f"The answer of {self._name} is larger than {self._max_bytes} bytes.")
            if inflater is not None:
                inflater.finish()
        except FetchError as error:
            code: ApiFailure = "too_large" if error.code == "too_large" else "not_json"
            raise ApiError(code, f"The answer of {self._name} cannot be read: {error.message}") from None
        return bytes(whole)

    def _read(self, answer: httpx.Response, body: bytes) -> Any:
        status, name = answer.status_code, self._name
        about: dict[str, Any] = {
            "status": status,
            "body": body[:_EXCERPT],
            "retry_after": _seconds(answer.headers.get("retry-after")),
            "location": answer.headers.get("location", ""),
        }
        if status == 429:
            raise ApiError("rate_limited", f"{name} has too many requests of ours.", **about)
        if status >= 500:
            raise ApiError("http_5xx", f"{name} answered {status}.", **about)
        if not 200 <= status < 300:
            raise ApiError("http_4xx", f"{name} refused the request with {status}.", **about)
        try:
            return msgspec.json.decode(body)
        except msgspec.DecodeError:
            raise ApiError("not_json", f"{name} answered with something that is not JSON.", **about) from None


def _seconds(value: str | None) -> float | None:
    """Retry-After: seconds or a date (RFC 9110, 10.2.3)."""
    if not value:
        return None
    try:
        wait = float(value) if value.strip().isdigit() else parsedate_to_datetime(value).timestamp() - time.time()
    except (ValueError, TypeError):
        return None
    return min(max(wait, 0.0), _MAX_RETRY_AFTER)
