"""Authentication-Results (RFC 8601): what the receiving server found, and nothing a sender says of itself.

Anybody can write such a header into a message. A server puts its own above what came with the message, under its own
name, and removes others under that name; so only that name counts, and only as far down as the server wrote.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

from shared.web.domains import same_site

GMAIL: Final = "mx.google.com"
_HEADER = "authentication-results"
_SENDERS = frozenset({"dkim-signature", "from", "to", "subject", "date", "message-id", "mime-version"})
"""Below the first of them everything is the sender's word: servers write at the top."""
_MAX_LENGTH = 16 * 1024
_PAIR = re.compile(r'(?<![\w.\-/])([\w.\-/]+)\s*=\s*("(?:\\.|[^"\\])*"|[^\s;"]+)')
"""`spf=pass`, `dkim/1 = pass`, `header.d="example.com"`; looking behind keeps the search linear."""
_BY = re.compile(r"\bby\s+([A-Za-z0-9.-]+\.[A-Za-z][A-Za-z0-9-]+)\b", re.IGNORECASE)
_POLICY = re.compile(r"\bp=([A-Za-z]+)")

Header = tuple[str, str]
"""Lower-case name, unfolded value."""


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What one method came to, e.g. `dkim`, `pass`, `{"header.d": "example.com"}`. All lower case but the values."""

    method: str
    result: str
    properties: dict[str, str] = {}
    comment: str = ""

    def domain(self, *names: str) -> str | None:
        """The domain in the first of these properties that is there: of an address, what stands behind the @."""
        value = next((self.properties[name] for name in names if self.properties.get(name)), "")
        return value.rpartition("@")[2].rstrip(".").lower() or None


class Results(msgspec.Struct, frozen=True, kw_only=True):
    """One header: the server that says so, and its verdicts in order."""

    server: str
    verdicts: list[Verdict]


def parse_results(value: str) -> Results | None:
    """One header's value; None without a server's name. Never raises, whatever it is given."""
    (name, _), *segments = _segments(value[:_MAX_LENGTH])
    words = name.replace('"', " ").split()
    server = words[0].rstrip(".").lower() if words else ""
    if not server or "=" in server:
        return None
    verdicts = (_verdict(text, comment) for text, comment in segments)
    return Results(server=server, verdicts=[one for one in verdicts if one is not None])


def trusted_verdicts(headers: Sequence[Header], server: str = "") -> tuple[str, list[Verdict]]:
    """The server that counts and its verdicts, from the top; empty when no header is to be believed.

    `server`: the receiving server's name, if it is known; else that of the uppermost Received, which is always the
    receiver's, or another host of its domain.
    """
    own = server.lower() or _receiver(headers)
    believed = ""
    verdicts: list[Verdict] = []
    for name, value in headers:
        if name in _SENDERS or (believed and name == "received"):
            break
        if name != _HEADER:
            continue
        results = parse_results(value)
        if results is not None and (results.server == own or (not server and same_site(results.server, own))):
            believed = believed or results.server
            verdicts += results.verdicts
        elif believed:
            break
    return believed, verdicts


def _receiver(headers: Sequence[Header]) -> str:
    """The host that wrote the uppermost Received; what is in brackets there the sender may have chosen."""
    received = next((value[:_MAX_LENGTH] for name, value in headers if name == "received"), "")
    (said, _), *_ = _segments(received)
    host = _BY.search(said)
    return host[1].lower() if host else ""


def authentication(headers: Sequence[Header], sender: str, server: str = "") -> dict[str, object] | None:
    """SPF, DKIM and DMARC as the receiving server saw them, of a message whose From is in the domain `sender`.

    `{"server", "spf": {result, domain} | None, "dkim": [{result, domain, selector, aligned}], "dmarc": {result, domain,
    policy} | None}`; None when no header is to be believed. `aligned`: the signer is the From's own organisation.
    """
    believed, verdicts = trusted_verdicts(headers, server)
    if not believed:
        return None
    return {
        "server": believed,
        "spf": next((_spf(one) for one in verdicts if one.method == "spf"), None),
        "dkim": [_dkim(one, sender) for one in verdicts if one.method == "dkim"],
        "dmarc": next((_dmarc(one) for one in verdicts if one.method == "dmarc"), None),
    }


def _spf(verdict: Verdict) -> dict[str, object]:
    return {"result": verdict.result, "domain": verdict.domain("smtp.mailfrom", "smtp.mail", "smtp.helo")}


def _dkim(verdict: Verdict, sender: str) -> dict[str, object]:
    domain = verdict.domain("header.d", "header.i")
    return {
        "result": verdict.result,
        "domain": domain,
        "selector": verdict.properties.get("header.s"),
        "aligned": domain is not None and same_site(domain, sender),
    }


def _dmarc(verdict: Verdict) -> dict[str, object]:
    policy = verdict.properties.get("policy.published-domain-policy") or verdict.properties.get("policy.dmarc")
    told = _POLICY.search(verdict.comment)  # as Gmail has it: dmarc=pass (p=NONE sp=NONE dis=NONE)
    return {
        "result": verdict.result,
        "domain": verdict.domain("header.from"),
        "policy": (policy or (told[1] if told else "")).lower() or None,
    }


def _verdict(text: str, comment: str) -> Verdict | None:
    pairs = [(key.lower(), value.strip('"')) for key, value in _PAIR.findall(text)]
    if not pairs or "." in pairs[0][0]:
        return None
    (method, result), *more = pairs
    return Verdict(
        method=method.partition("/")[0], result=result.lower(), properties=dict(reversed(more)), comment=comment
    )


def _segments(value: str) -> list[tuple[str, str]]:
    """What stands between the semicolons: its text without comments, and its comments."""
    segments: list[tuple[list[str], list[str]]] = [([], [])]
    for kind, piece in _pieces(value):
        if kind == "end":
            segments.append(([], []))
        else:
            segments[-1][kind == "comment"].append(piece)
    return [("".join(text), " ".join(comments)) for text, comments in segments]


_SIGNS = re.compile(r'\\.|[();"]|[^\\();"]+|\\', re.DOTALL)


def _pieces(value: str) -> Iterator[tuple[str, str]]:
    """`(text | comment | end, piece)`; a semicolon in a comment or in quotes is none, and comments nest (RFC 5322)."""
    depth, in_quotes = 0, False
    for sign in _SIGNS.findall(value):
        if in_quotes:
            in_quotes = sign != '"'
        elif depth or sign == "(":
            depth += {"(": 1, ")": -1}.get(sign, 0)
            yield ("comment", sign) if depth and sign not in "()" else ("text", " ")
            continue
        elif sign == ";":
            yield "end", ""
            continue
        elif sign == '"':
            in_quotes = True
        yield "text", sign
