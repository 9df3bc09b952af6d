"""What there is in the world of mail: servers with their manners, domains with their people. Plain data."""

from __future__ import annotations

from typing import Literal

import msgspec

Stage = Literal["banner", "ehlo", "mail", "rcpt"]
Kind = Literal["hang", "drop", "cut", "garbage", "endless", "drip"]


class Fault(msgspec.Struct, frozen=True):
    """How a server fails, and at which reply.

    `hang`: it never comes; `drop`: the connection is closed instead; `cut`: closed in the middle of the reply;
    `garbage`: bytes that are no SMTP; `endless`: a reply of many lines that has no last one; `drip`: a byte every
    half second, so that no single wait is long. `times`: for how many replies of that stage, over all sessions; 0: all.
    """

    kind: Kind
    at: Stage
    times: int = 0


class Server(msgspec.Struct, frozen=True, kw_only=True):
    """A mail server. Replies may name {host}, {client} and {address}; a line break makes a reply of several lines."""

    host: str
    banner: str = "220 {host} ESMTP"
    hello: str = "250 {host}"
    """The reply to EHLO; anything but a 250 means that only HELO is understood."""
    extensions: tuple[str, ...] = ("PIPELINING", "SIZE 20480000", "8BITMIME", "ENHANCEDSTATUSCODES", "SMTPUTF8")
    sender: str = "250 2.1.0 Ok"
    """The reply to MAIL FROM."""
    tls: Literal["", "works", "broken", "required"] = ""
    """STARTTLS is not offered, works, ends in nonsense after its 220; or nothing is said before it."""
    latency: float = 0.0
    """Seconds between a command's arrival and its reply, as a distance would have it: what comes together is
    answered together."""
    fault: Fault | None = None
    grey: float | None = None
    """Seconds for which a sender and recipient that meet for the first time are told to come back."""
    recipients: int = 0
    """Most recipients accepted in a transaction (then 452 4.5.3, until RSET); 0: any number, likewise below."""
    session_recipients: int = 0
    """Most accepted in a session (then 452 4.5.3, whatever is reset)."""
    errors: int = 0
    """Most refusals in a session (then 421 4.7.0, and it is over)."""
    connections: int = 0
    """Most at once from one client (the next is told 421 4.7.0)."""
    sessions: int = 0
    """Most from one client in all (then 421 4.7.0): what a limit by the hour is to a short test."""
    listening: Literal["yes", "refuses", "swallows", "private"] = "yes"
    """`refuses`: nobody is there; `swallows`: a firewall drops every packet; `private`: it would answer, but its
    address is none that the product may reach."""


class Domain(msgspec.Struct, frozen=True, kw_only=True):
    """A mail domain: where its letters go, and who has a mailbox there."""

    name: str
    mx: tuple[tuple[int, str], ...] = ()
    """Preference and host; `(0, "")` is the null MX of RFC 7505."""
    at: str = ""
    """The server that the domain's own address leads to: the implicit MX of RFC 5321, 5.1."""
    dns: Literal["answer", "nxdomain", "servfail", "silent"] = "answer"
    people: frozenset[str] = frozenset()
    """Local parts, lower case."""
    catch_all: bool = False
    replies: dict[str, str] = {}
    """What certain local parts are told."""
    unknown: str = "550 5.1.1 <{address}>: Recipient address rejected: User unknown"

    def reply(self, local: str) -> str:
        """What a recipient here is told by a server that has no quarrel with the client."""
        if said := self.replies.get(local.lower()):
            return said
        return "250 2.1.5 Ok" if self.catch_all or local.lower() in self.people else self.unknown
