"""Pages that cannot be measured, in the vocabulary of the modules that fetch them themselves."""

from __future__ import annotations

import re

from shared.modulekit.errors import Permanent


class Unreachable(Permanent):
    """The page itself could not be had: every other attempt would fail alike, whatever the strategy."""


class NotMeasured(Permanent):
    """The page came and could not be measured, this time: it painted nothing, or hung."""


_BY_CODE = {
    "DNS_FAILURE": ("dns", "its name does not resolve"),
    "INVALID_URL": ("invalid_url", "its address is not one"),
    "INSECURE_DOCUMENT_REQUEST": ("tls", "its certificate is not valid"),
    "CHROME_INTERSTITIAL_ERROR": ("connection", "the browser shows a warning or an error in its place"),
    "NO_DOCUMENT_REQUEST": ("connection", "it does not answer"),
    "NOT_HTML": ("not_html", "it is no HTML page"),
}
"""Lighthouse's `runtimeError.code`: https://github.com/GoogleChrome/lighthouse/blob/main/core/lib/lh-error.js."""
_BY_NETWORK_ERROR = (
    ("NAME_NOT_RESOLVED", "dns", "its name does not resolve"),
    ("CERT", "tls", "its certificate is not valid"),
    ("SSL", "tls", "no secure connection is to be had"),
    ("TIMED_OUT", "timeout", "it does not answer in time"),
    ("TOO_MANY_REDIRECTS", "too_many_redirects", "it redirects without end"),
    ("INVALID_RESPONSE", "protocol", "its answer is not valid HTTP"),
    ("INVALID_HTTP_RESPONSE", "protocol", "its answer is not valid HTTP"),
    ("PROTOCOL_ERROR", "protocol", "its answer is not valid HTTP"),
    ("CONTENT_DECODING_FAILED", "bad_encoding", "its answer does not decode"),
)
"""Chromium's `net::ERR_…`, by a part of the name; what is not here broke the connection."""
_NETWORK_ERROR = re.compile(r"net::ERR_([A-Z0-9_]{1,60})")
_STATUS = re.compile(r"\b([1-5]\d\d)\b")
"""Of an answer, in a message of any language."""


def page_failure(code: str, message: str) -> Unreachable | NotMeasured:
    """What Lighthouse's word for a failure means for an item. `message` is in any language."""
    if code == "ERRORED_DOCUMENT_REQUEST":
        status = _STATUS.search(message)
        kind = "http_5xx" if status is not None and status[1].startswith("5") else "http_4xx"
        return _unreachable(kind, f"it answers {status[1]}" if status is not None else "it answers with an error")
    if code == "FAILED_DOCUMENT_REQUEST":
        error = _NETWORK_ERROR.search(message)
        named = error[1] if error is not None else ""
        known = next(
            (entry[1:] for entry in _BY_NETWORK_ERROR if entry[0] in named), ("connection", "it cannot be had")
        )
        return _unreachable(*known)
    if code in _BY_CODE:
        return _unreachable(*_BY_CODE[code])
    return NotMeasured("not_measured", f"The page cannot be measured: Lighthouse says {code[:60]}.")


def _unreachable(code: str, why: str) -> Unreachable:
    return Unreachable(code, f"The page cannot be measured: {why}.")
