"""Golden cases: an address, what its domain and its mail server said, and the row that must come of it."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, Literal

import msgspec

from services.verify_emails.address import Malformed, parse
from services.verify_emails.verdict import Answer, NotAsked, Stage, Verdict, of_answer, of_malformed
from services.verify_emails.verify import before_asking
from shared.net.mail_exchangers import Absence, MailRoute
from shared.net.smtp import Failure, Reply

GOLDEN = Path(__file__).parents[2] / "golden" / "verify_emails"


def reply(text: str) -> Reply:
    """An answer as a server writes it; a line break, also one written `\\n`, makes it several lines."""
    lines = text.replace("\\n", "\n").split("\n")
    return Reply.parse(int(lines[-1][:3]), [line[4:] for line in lines])


class Case(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Without `answer` and `failure` nobody needs to be asked."""

    name: str
    email: str
    columns: dict[str, Any]
    """Those that are not named are null, and catch_all is unknown; `email` is the address in lower case."""
    mx: tuple[str, ...] = ("mx.exemple.fr",)
    absent: Absence = ""
    answer: str = ""
    stage: Stage = "recipient"
    failure: Failure | NotAsked | Literal[""] = ""
    probe: str = ""
    trap: bool = False
    """Whether it shows what looks right and is not."""

    def verdict(self) -> Verdict:
        """What the module makes of it."""
        mailbox = parse(self.email)
        if isinstance(mailbox, Malformed):
            return of_malformed(mailbox)
        route = MailRoute((), self.absent) if self.absent else MailRoute(self.mx)
        found = before_asking(mailbox, route)
        if found is not None:
            assert not (self.answer or self.failure), "nobody is asked about this one"
            return found
        said = reply(self.answer) if self.answer else None
        probe = reply(self.probe) if self.probe else None
        return of_answer(mailbox, Answer(said, self.stage, self.failure, probe))

    def found(self) -> dict[str, Any]:
        """The row's produced columns."""
        return self.verdict().columns(self.email.strip().lower())

    def expected(self) -> dict[str, Any]:
        """The row's produced columns as they must be."""
        names = ("email", "status", "category", "reason", "suggested_fix", "smtp_code", "catch_all")
        usual = {"email": self.email.strip().lower(), "catch_all": "unknown"}
        return dict.fromkeys(names) | usual | self.columns


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    case: list[Case]


@cache
def cases() -> tuple[Case, ...]:
    """By file name and then in the file's order."""
    files = sorted(GOLDEN.glob("*.toml"))
    return tuple(case for path in files for case in msgspec.toml.decode(path.read_bytes(), type=_File).case)
