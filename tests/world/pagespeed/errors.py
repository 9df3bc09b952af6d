"""How PageSpeed Insights refuses, word for word as clients of it report."""

from __future__ import annotations

from tests.world.places.api import Answer, as_json

_FAILED = (
    "Lighthouse was unable to reliably load the page you requested. Make sure you are testing the correct URL and that "
    "the server is properly responding to all requests."
)


def error(code: int, message: str, reason: str, domain: str = "global", **more: str) -> Answer:
    said = {"message": message, "domain": domain, "reason": reason}
    return as_json({"error": {"code": code, "message": message, "errors": [said], **more}}, code)


def lighthouse(code: str, text: str = "", status: int = 500) -> Answer:
    """Lighthouse's own failure, as the API passes it on."""
    message = f"Lighthouse returned error: {code}. {text}".strip()
    return error(status, message, "lighthouseUserError" if status == 400 else "lighthouseError", "lighthouse")


def failed_document(net: str) -> Answer:
    """The page could not be loaded; `net` as Chromium says it, e.g. CONNECTION_REFUSED."""
    return lighthouse("FAILED_DOCUMENT_REQUEST", f"{_FAILED} (Details: net::ERR_{net})", 400)


def errored_document(status: int) -> Answer:
    return lighthouse("ERRORED_DOCUMENT_REQUEST", f"{_FAILED} (Status code: {status})", 400)


def dns_failure() -> Answer:
    return lighthouse("DNS_FAILURE", "DNS servers could not resolve the provided domain.", 400)


def not_html(kind: str) -> Answer:
    return lighthouse("NOT_HTML", f"The page provided is not HTML (served as MIME type {kind}).", 400)


def no_fcp() -> Answer:
    text = "The page did not paint any content. Please ensure you keep the browser window in the foreground. (NO_FCP)"
    return lighthouse("NO_FCP", text)


def something_went_wrong() -> Answer:
    """What it answers to everything while it throttles in secret."""
    return error(500, "Lighthouse returned error: Something went wrong.", "lighthouseError", "lighthouse")


def quota_used_up(retry_after: int | None = None) -> Answer:
    message = (
        "Quota exceeded for quota metric 'Queries' and limit 'Queries per minute' of service "
        "'pagespeedonline.googleapis.com' for consumer 'project_number:1'."
    )
    answer = error(429, message, "rateLimitExceeded", status="RESOURCE_EXHAUSTED")
    if retry_after is not None:
        answer.headers["Retry-After"] = str(retry_after)
    return answer


def bad_key() -> Answer:
    return error(400, "API key not valid. Please pass a valid API key.", "badRequest", status="INVALID_ARGUMENT")


def invalid(why: str) -> Answer:
    return error(400, why, "badRequest", status="INVALID_ARGUMENT")
