"""How a fetch fails, in one closed vocabulary that callers, rows and metrics share."""

from __future__ import annotations

from typing import Literal

import httpx

FailureCode = Literal[
    "invalid_url",  # not an http(s) URL with a usable host, or one that carries credentials
    "blocked_address",  # the address or port may not be reached from here (see egress)
    "dns",  # the name has no address, or its servers do not answer
    "connection",  # refused, reset, or closed without an answer
    "tls",  # the handshake or the certificate failed
    "timeout",  # the whole fetch took longer than the time allowed
    "protocol",  # the answer is not HTTP
    "too_many_redirects",
    "too_large",  # the body, plain or inflated, is over the limit
    "bad_encoding",  # a Content-Encoding we did not ask for, or one that does not decode
    "robots",  # robots.txt disallows the address, or cannot be read now
    "bot_wall",  # a challenge or block page of a bot protection, not the site (see bot_wall)
    "not_html",
    "http_4xx",
    "http_5xx",
]

FailureDetail = Literal[
    "",
    "absent",  # dns: the name does not exist or has no address
    "refused",  # connection: nobody listens there
    "expired",  # tls: what is wrong with the certificate; empty: the handshake itself failed
    "not_yet_valid",
    "self_signed",
    "wrong_host",
    "untrusted",
]

_RETRYABLE: frozenset[FailureCode] = frozenset({"connection", "timeout", "protocol", "http_5xx"})


class FetchError(Exception):
    """A page could not be had.

    `code` is the machine's word, `message` a sentence for the row, `retryable` whether another
    attempt may end otherwise (the caller decides when), `url` the address at which it failed, `detail`
    what exactly failed where that is known.
    """

    def __init__(
        self,
        code: FailureCode,
        message: str,
        *,
        retryable: bool | None = None,
        url: str = "",
        detail: FailureDetail = "",
    ) -> None:
        super().__init__(message)
        self.code: FailureCode = code
        self.message = message
        self.retryable = code in _RETRYABLE if retryable is None else retryable
        self.url = url
        self.detail: FailureDetail = detail


class EgressError(httpx.TransportError):
    """The transport refused a request or could not open its connection.

    One of invalid_url, blocked_address, dns, tls. The message names the host and never an
    address, so that it tells a stranger nothing about the inside of a network.
    """

    def __init__(self, code: FailureCode, message: str, *, retryable: bool = False, detail: FailureDetail = "") -> None:
        super().__init__(message)
        self.code: FailureCode = code
        self.message = message
        self.retryable = retryable
        self.detail: FailureDetail = detail


def was_refused(error: BaseException | None) -> bool:
    """Whether a failed connection was refused by its host, and not lost on the way or timed out."""
    while error is not None and not isinstance(error, ConnectionRefusedError):
        error = error.__cause__
    return error is not None
