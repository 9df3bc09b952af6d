"""What a mail server means by its answer: enhanced status codes first, then words, and the bare code last.

Of a refusal that is not clearly about the mailbox nothing is concluded: it is never called invalid.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import msgspec

from shared.net.smtp import Reply
from shared.web.folding import fold

_ADDRESSES = re.compile(r"<[^<>]{0,320}>|[^\s<>@]{1,128}@[\w.-]{1,255}")
"""Servers quote the recipient, and `<reputation@dnsbl.fr>` says nothing about a block list."""
_NUMBER = re.compile(r"(?<![\d.:])(\d{1,5})\s*(s|m|h)(?:ec|in|econd|inute|our|eure)?(?:e?s)?\b")
_CLOCK = re.compile(r"(?<![\d:])(\d{1,2}):(\d{2}):(\d{2})(?![\d:])")
_SECONDS = {"s": 1, "m": 60, "h": 3600}
_ABOUT_WHO_ASKS = frozenset(
    {"blocklisted", "reverse_dns", "sender_refused", "relay_denied", "throttled", "too_many_recipients"}
)


class _Phrases(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    reason: str
    phrases: list[str]
    codes: list[int] = []
    """Of replies with these codes alone; empty: with any."""

    def holds(self, code: int, said: str) -> bool:
        return (not self.codes or code in self.codes) and _any_of(tuple(self.phrases)).search(said) is not None


@cache
def _any_of(phrases: tuple[str, ...]) -> re.Pattern[str]:
    """Where a word begins: `blocked` is not `locked`, and there is no RBL in `marbling`."""
    return re.compile("(?<![a-z0-9])(?:" + "|".join(map(re.escape, phrases)) + ")")


class _Replies(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    permanent: dict[str, str]
    temporary: dict[str, str]
    strong: list[_Phrases]
    phrase: list[_Phrases]


@cache
def _replies() -> _Replies:
    return msgspec.toml.decode((Path(__file__).parent / "replies.toml").read_bytes(), type=_Replies)


def about_recipient(reply: Reply) -> str:
    """The reason of `verdict.REASONS` that an answer to RCPT TO comes to. Pure."""
    if reply.code in (250, 251):
        return "accepted"
    if reply.code < 400:
        return "not_told"
    said = fold(_ADDRESSES.sub(" ", reply.text))
    return _strong(said) or _by_enhanced(reply, said) or _by_words(reply.code, said) or _by_code(reply.code)


def about_us(reply: Reply) -> str:
    """What an answer before any recipient comes to: to the connection, to EHLO or to MAIL FROM. Pure."""
    said = fold(_ADDRESSES.sub(" ", reply.text))
    if (strong := _strong(said)) is not None:
        return strong
    found = _by_words(reply.code, said)
    if reply.code < 500:
        return found if found in ("greylisted", "throttled") else "deferred"
    return found if found == "throttled" else "policy"


def is_about_recipient(reply: Reply) -> bool:
    """Whether an answer to RCPT TO refuses this recipient for good, in whatever words, and not whoever asks. Pure."""
    return reply.code >= 500 and about_recipient(reply) not in _ABOUT_WHO_ASKS


def patience(reply: Reply) -> float | None:
    """Seconds after which the server wants to be asked again, where it says so, and one more. Pure."""
    said = fold(_ADDRESSES.sub(" ", reply.text))
    if found := _CLOCK.search(said):
        return float(int(found[1]) * 3600 + int(found[2]) * 60 + int(found[3]) + 1)
    if found := _NUMBER.search(said):
        return float(int(found[1]) * _SECONDS[found[2]] + 1)
    return None


def _strong(said: str) -> str | None:
    return next((one.reason for one in _replies().strong if one.holds(0, said)), None)


def _by_enhanced(reply: Reply, said: str) -> str | None:
    if reply.enhanced is None or reply.enhanced[0] != reply.code // 100:
        return None
    _, subject, detail = reply.enhanced
    if reply.code < 500:
        return _replies().temporary.get(f"{subject}.{detail}")
    if subject == 7:
        return "policy"
    if (subject, detail) == (4, 1) and "access denied" in said:  # Exchange Online: not in its directory
        return "no_such_mailbox"
    return _replies().permanent.get(f"{subject}.{detail}")


def _by_words(code: int, said: str) -> str | None:
    return next((one.reason for one in _replies().phrase if one.holds(code, said)), None)


def _by_code(code: int) -> str:
    if code < 500:
        return "deferred"
    return {551: "no_such_mailbox", 552: "mailbox_full"}.get(code, "refused")
