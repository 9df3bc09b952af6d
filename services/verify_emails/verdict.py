"""From what is known of an address to the row that says so. Pure."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from services.verify_emails import typos
from services.verify_emails.address import Mailbox, Malformed
from services.verify_emails.kinds import is_role, is_unread
from services.verify_emails.replies import about_recipient, about_us, is_about_recipient, patience
from shared.net.mail_exchangers import Absence
from shared.net.smtp import Failure, Reply

Status = Literal["valid", "risky", "invalid", "unknown"]
Category = Literal["smtp", "syntax", "disposable", "suspect", "big_provider", "no_mx", "error"]
CatchAll = Literal["yes", "no", "unknown"]
Stage = Literal["greeting", "sender", "recipient"]

REASONS: dict[str, tuple[Status, Category]] = {
    "no_at_sign": ("invalid", "syntax"),
    "too_long": ("invalid", "syntax"),
    "bad_domain": ("invalid", "syntax"),
    "bad_local_part": ("invalid", "syntax"),
    "no_such_domain": ("invalid", "no_mx"),
    "null_mx": ("invalid", "no_mx"),
    "no_mail_server": ("invalid", "no_mx"),
    "mail_server_without_address": ("invalid", "no_mx"),
    "disposable_domain": ("risky", "disposable"),
    "provider_does_not_tell": ("unknown", "big_provider"),
    "accepted": ("valid", "smtp"),
    "role_account": ("valid", "smtp"),
    "no_reply": ("risky", "suspect"),
    "likely_typo": ("risky", "suspect"),
    "catch_all": ("risky", "smtp"),
    "catch_all_unknown": ("risky", "smtp"),
    "mailbox_full": ("risky", "smtp"),
    "no_such_mailbox": ("invalid", "smtp"),
    "mailbox_disabled": ("invalid", "smtp"),
    "domain_not_served": ("invalid", "smtp"),
    "greylisted": ("unknown", "smtp"),
    "throttled": ("unknown", "smtp"),
    "deferred": ("unknown", "smtp"),
    "too_many_recipients": ("unknown", "smtp"),
    "blocklisted": ("unknown", "smtp"),
    "reverse_dns": ("unknown", "smtp"),
    "sender_refused": ("unknown", "smtp"),
    "relay_denied": ("unknown", "smtp"),
    "policy": ("unknown", "smtp"),
    "refused": ("unknown", "smtp"),
    "needs_smtputf8": ("unknown", "smtp"),
    "not_told": ("unknown", "smtp"),
    "dns_failure": ("unknown", "error"),
    "port_closed": ("unknown", "error"),
    "connection_refused": ("unknown", "error"),
    "unreachable": ("unknown", "error"),
    "timeout": ("unknown", "error"),
    "dropped": ("unknown", "error"),
    "not_smtp": ("unknown", "error"),
    "private_address": ("unknown", "error"),
}
"""Every `reason` a row may give, with the status and the category that go with it."""

NotAsked = Literal["port_closed", "needs_smtputf8"]

_FAILURES: dict[Failure | NotAsked, str] = {
    "port_closed": "port_closed",
    "needs_smtputf8": "needs_smtputf8",
    "no_address": "mail_server_without_address",
    "blocked_address": "private_address",
    "dns_failure": "dns_failure",
    "refused": "connection_refused",
    "unreachable": "unreachable",
    "timeout": "timeout",
    "dropped": "dropped",
    "garbage": "not_smtp",
    "tls": "dropped",
}


class Answer(msgspec.Struct, frozen=True):
    """What came of asking a domain's mail servers about one address."""

    reply: Reply | None = None
    stage: Stage = "recipient"
    """How far the conversation came: to which command `reply` is the answer."""
    failure: Failure | NotAsked | Literal[""] = ""
    """Why there is no reply at all."""
    probe: Reply | None = None
    """The same server's answer for a name of the same domain that nobody has."""


class Verdict(msgspec.Struct, frozen=True):
    """A row's columns but `email`."""

    reason: str
    suggested_fix: str | None = None
    smtp_code: int | None = None
    catch_all: CatchAll = "unknown"
    again: bool = False
    """Whether the server may answer otherwise in a while."""
    retry_after: float | None = None
    """In so many seconds, by its own word."""

    @property
    def status(self) -> Status:
        return REASONS[self.reason][0]

    def columns(self, email: str) -> dict[str, Any]:
        """The produced columns of the manifest."""
        status, category = REASONS[self.reason]
        return {
            "email": email,
            "status": status,
            "category": category,
            "reason": self.reason,
            "suggested_fix": self.suggested_fix,
            "smtp_code": self.smtp_code,
            "catch_all": self.catch_all,
        }


def of_malformed(malformed: Malformed) -> Verdict:
    """Of what is no address."""
    if (mailbox := malformed.meant) is None:
        return Verdict(malformed.reason)
    domain = typos.meant(mailbox.domain) or ""
    return Verdict(malformed.reason, suggested_fix=mailbox.at(domain) if typos.is_known(domain) else str(mailbox))


def of_absent(mailbox: Mailbox, absent: Absence) -> Verdict:
    """Of an address whose domain takes no mail. The fix, if any, is untried: see `typos.meant`."""
    return Verdict(absent, suggested_fix=_put_right(mailbox))


def of_answer(mailbox: Mailbox, answer: Answer) -> Verdict:
    """Of an address that mail servers were asked about."""
    fix = typos.misspelt(mailbox.domain)
    suggestion = mailbox.at(fix) if fix else None
    if answer.reply is None:
        reason = _FAILURES[answer.failure or "dropped"]
        if REASONS[reason][1] == "no_mx":
            return Verdict(reason, suggested_fix=_put_right(mailbox))
        catch_all = _catch_all(answer.probe, accepted=False)
        return Verdict(reason, suggested_fix=suggestion, catch_all=catch_all, again=reason == "dns_failure")
    reply = answer.reply
    reason = about_recipient(reply) if answer.stage == "recipient" else about_us(reply)
    if reason == "needs_smtputf8" and not mailbox.needs_utf8:
        reason = "refused"
    catch_all = _catch_all(answer.probe, accepted=reason == "accepted")
    if reason == "accepted":
        reason = _accepted(mailbox, catch_all, misspelt=fix is not None)
        suggestion = suggestion if reason == "likely_typo" else None
    again = 400 <= reply.code < 500 and REASONS[reason][0] == "unknown"
    return Verdict(
        reason,
        suggested_fix=suggestion,
        smtp_code=reply.code,
        catch_all=catch_all,
        again=again,
        retry_after=patience(reply) if again else None,
    )


def _accepted(mailbox: Mailbox, catch_all: CatchAll, *, misspelt: bool) -> str:
    if catch_all != "no":
        return "likely_typo" if misspelt else "catch_all" if catch_all == "yes" else "catch_all_unknown"
    if is_unread(mailbox.local):
        return "no_reply"
    return "role_account" if is_role(mailbox.local) else "accepted"


def _catch_all(probe: Reply | None, *, accepted: bool) -> CatchAll:
    """A server that takes a name nobody has takes any; one that refuses it for good, in whatever words, and takes
    the other one tells them apart."""
    if probe is None:
        return "unknown"
    if 200 <= probe.code < 300:
        return "yes"
    says_no_such = about_recipient(probe) in ("no_such_mailbox", "mailbox_disabled")
    return "no" if says_no_such or (accepted and is_about_recipient(probe)) else "unknown"


def _put_right(mailbox: Mailbox) -> str | None:
    domain = typos.meant(mailbox.domain)
    return mailbox.at(domain) if domain else None
