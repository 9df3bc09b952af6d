"""What an address says before anybody is asked: a desk, a machine, a mailbox made to be thrown away."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from disposable_email_domains import blocklist

_TAG = re.compile(r"\+.*")
_NOBODY = re.compile(
    r"(?:no|do-?not|ne-?pas|pas-?de)[._-]?(?:reply|repondre|reponse)\d*|mailer-?daemon|bounces?|nobody|null|devnull"
)


@cache
def _roles() -> frozenset[str]:
    lines = (Path(__file__).parent / "roles.txt").read_text("utf-8").splitlines()
    return frozenset(word for line in lines if not line.startswith("#") for word in line.split())


def is_role(local: str) -> bool:
    """Whether a desk reads it and no person in particular: `contact`, `service-client+web`. Pure."""
    return _TAG.sub("", local) in _roles()


def is_unread(local: str) -> bool:
    """Whether it is there so that nobody answers: `noreply`, `ne-pas-repondre`. Pure."""
    return _NOBODY.fullmatch(_TAG.sub("", local)) is not None


def is_disposable(domain: str) -> bool:
    """Whether mailboxes there are made to be thrown away, at the domain or at any name under it. Pure."""
    labels = domain.split(".")
    return any(".".join(labels[first:]) in blocklist for first in range(len(labels) - 1))
