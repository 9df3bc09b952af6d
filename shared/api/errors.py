"""What a request can end in, and the documented body of each: `{"detail": …}`.

A handler raises; the status, the body and the headers are made here alone. Errors of the packages below the API keep
their own classes and are mapped here too, so that no route translates anything.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, Final

import msgspec
import structlog
from litestar import Request, Response
from litestar.exceptions import ClientException, HTTPException, SerializationException, ValidationException
from litestar.types import ExceptionHandlersMap
from ulid import ULID

from contracts.jobs import Problem, ValidationDetail, ValidationIssue, ValidationProblem
from shared.identity import errors as identity
from shared.job import Refused, UnknownJob
from shared.messaging.log import Busy, LogFull, LogUnavailable

logger = structlog.get_logger(__name__)

RETRY_AFTER: Final = 5
"""Seconds a client is asked to wait for a broker or a store that is away: about one restart of either."""


class ApiError(Exception):
    """The request ends here with this status and this sentence."""

    status: int = HTTPStatus.INTERNAL_SERVER_ERROR

    def __init__(self, detail: str, *, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.headers = dict(headers or {})


class BadRequest(ApiError):
    """400: understood, and refused."""

    status = HTTPStatus.BAD_REQUEST


class NotAuthenticated(ApiError):
    """401: the caller must log in."""

    status = HTTPStatus.UNAUTHORIZED


class Forbidden(ApiError):
    """403: the caller is known and may not do this."""

    status = HTTPStatus.FORBIDDEN


class NotFound(ApiError):
    """404: there is no such thing."""

    status = HTTPStatus.NOT_FOUND


class Conflict(ApiError):
    """409: it contradicts what was said before."""

    status = HTTPStatus.CONFLICT


class Gone(ApiError):
    """410: it was there once."""

    status = HTTPStatus.GONE


class TooLarge(ApiError):
    """413: the body is larger than is read."""

    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE


class UnsupportedMediaType(ApiError):
    """415: the body is not JSON."""

    status = HTTPStatus.UNSUPPORTED_MEDIA_TYPE


class _TryLater(ApiError):
    def __init__(self, detail: str, *, retry_after: int = RETRY_AFTER) -> None:
        super().__init__(detail, headers={"Retry-After": str(retry_after)})


class TooManyRequests(_TryLater):
    """429: a limit is reached; the same request may pass after `retry_after` seconds."""

    status = HTTPStatus.TOO_MANY_REQUESTS


class Unavailable(_TryLater):
    """503: nothing was done; the same request may pass after `retry_after` seconds."""

    status = HTTPStatus.SERVICE_UNAVAILABLE


class ValidationFailed(ApiError):
    """422, or 400 where a module's page says so: the shape of the request is wrong."""

    def __init__(self, issues: list[ValidationIssue], *, status: int = HTTPStatus.UNPROCESSABLE_ENTITY) -> None:
        super().__init__("Validation error")
        self.issues = issues
        self.status = status


def issue(msg: str, *loc: str | int, kind: str = "value_error") -> ValidationIssue:
    """One thing wrong at a place, e.g. `issue("…", "body", "items", 3)`."""
    return ValidationIssue(loc=list(loc), msg=msg, type=kind)


_PLACE = re.compile(r"\.([^.\[\]]+)|\[(\d+|\.\.\.)\]")


def issues_of(error: msgspec.DecodeError) -> list[ValidationIssue]:
    """What msgspec found wrong, e.g. ``Expected `str`, got `int` - at `$.items[3].nom` `` as `loc` and `msg`."""
    message, _, path = str(error).partition(" - at `$")
    loc: list[str | int] = ["body"]
    for name, position in _PLACE.findall(path.rstrip("`")):
        loc.append(name or (int(position) if position.isdigit() else position))
    is_shape = isinstance(error, msgspec.ValidationError)
    return [ValidationIssue(loc=loc, msg=message, type="type_error" if is_shape else "json_invalid")]


def problem(status: int, detail: str, headers: Mapping[str, str] | None = None) -> Response[Any]:
    """The response of every error but a validation error."""
    return Response(Problem(detail), status_code=status, headers=dict(headers or {}), media_type="application/json")


def validation_problem(issues: list[ValidationIssue], status: int = 422) -> Response[Any]:
    """The response of a validation error."""
    body = ValidationProblem(ValidationDetail(issues))
    return Response(body, status_code=status, media_type="application/json")


_Handler = Callable[[Request[Any, Any, Any], Any], Response[Any]]


def _api_error(_: Request[Any, Any, Any], error: ApiError) -> Response[Any]:
    if isinstance(error, ValidationFailed):
        return validation_problem(error.issues, error.status)
    return problem(error.status, error.detail, error.headers)


def _refused(_: Request[Any, Any, Any], error: Refused) -> Response[Any]:
    return problem(404 if isinstance(error, UnknownJob) else 400, error.reason)


def _decoding(_: Request[Any, Any, Any], error: msgspec.DecodeError) -> Response[Any]:
    return validation_problem(issues_of(error))


def _not_utf8(_: Request[Any, Any, Any], __: UnicodeDecodeError) -> Response[Any]:
    return validation_problem([issue("The body must be UTF-8.", "body", kind="json_invalid")])


def _framework_validation(_: Request[Any, Any, Any], error: ValidationException) -> Response[Any]:
    """What the framework found wrong with parameters and typed bodies."""
    extra = error.extra if isinstance(error.extra, list) else []
    found = [
        issue(str(each.get("message", "")), *_place(each), kind="type_error")
        for each in extra
        if isinstance(each, dict)
    ]
    return validation_problem(found or [issue(error.detail)])


def _place(each: Mapping[str, Any]) -> list[str | int]:
    source = each.get("source", "body")
    key = str(each.get("key", ""))
    parts = [part for part in key.split(".") if part and part != "data"]
    return [str(getattr(source, "value", source)), *parts]


def _framework(request: Request[Any, Any, Any], error: HTTPException) -> Response[Any]:
    if isinstance(error.__cause__, SerializationException) and isinstance(error, ClientException):
        return validation_problem([issue("The body is not valid JSON.", "body", kind="json_invalid")])
    if "client disconnected" in error.detail:  # nobody reads this, and it is no fault of ours
        return problem(400, "The client went away.")
    if error.status_code >= 500:
        return _unexpected(request, error)
    detail = _FRAMEWORK_DETAILS.get(error.status_code, error.detail)
    return problem(error.status_code, detail, error.headers)


_FRAMEWORK_DETAILS: dict[int, str] = {
    404: "Not found",
    405: "Method not allowed",
    413: "The body is too large",
}


def _log_unavailable(_: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    logger.warning("log_unavailable", error=str(error))
    return _api_error(_, Unavailable("The event log does not answer at the moment. Try again shortly."))


def _log_full(_: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    logger.error("log_full", error=str(error))
    return _api_error(_, Unavailable("The event log is full: nothing was accepted.", retry_after=60))


def _invalid_input(_: Request[Any, Any, Any], error: identity.InvalidInput) -> Response[Any]:
    return validation_problem([issue(str(error), "body", error.field)])


def _too_many_attempts(request: Request[Any, Any, Any], error: identity.TooManyAttempts) -> Response[Any]:
    return _api_error(request, TooManyRequests(str(error), retry_after=error.retry_after))


def _identity_unavailable(request: Request[Any, Any, Any], error: identity.Unavailable) -> Response[Any]:
    return _api_error(request, Unavailable(str(error), retry_after=error.retry_after))


def _says(status: int) -> _Handler:
    return lambda _, error: problem(status, str(error))


def _unexpected(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """Says nothing of the cause but a number under which the log has it."""
    correlation = str(ULID())
    logger.error(
        "unexpected_error", correlation_id=correlation, method=request.method, path=request.url.path, exc_info=error
    )
    return problem(500, f"Internal error; its number is {correlation}", {"X-Correlation-Id": correlation})


EXCEPTION_HANDLERS: Final[ExceptionHandlersMap] = {
    ApiError: _api_error,
    Refused: _refused,
    msgspec.DecodeError: _decoding,
    UnicodeDecodeError: _not_utf8,  # what msgspec raises for a string that is not
    ValidationException: _framework_validation,
    HTTPException: _framework,
    LogUnavailable: _log_unavailable,
    Busy: _log_unavailable,
    LogFull: _log_full,
    identity.InvalidInput: _invalid_input,
    identity.NotAuthenticated: _says(401),
    identity.Forbidden: _says(403),
    identity.InvalidToken: _says(400),
    identity.UnknownApiKey: _says(404),
    identity.TooManyApiKeys: _says(400),
    identity.TooManyAttempts: _too_many_attempts,
    identity.Unavailable: _identity_unavailable,
    Exception: _unexpected,
}
"""For Litestar: every error an API can meet; the framework looks classes up by their MRO."""
