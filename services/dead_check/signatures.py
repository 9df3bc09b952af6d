"""What pages look like behind which there is no site: `signatures/*.toml`, one file a reason."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import msgspec

from services.dead_check.look import Reason, State
from services.dead_check.sight import Sight
from shared.web.folding import fold

FOLDER = Path(__file__).parent / "signatures"


class Signature(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One kind of page. Each field that is not empty must hold, by any one of its values.

    Texts are compared folded; `{domain}` stands for the name that was asked for.
    """

    name: str
    title: list[str] = []
    """The whole title, or with a `*` at the end its beginning."""
    text: list[str] = []
    """A part of what a visitor reads."""
    script: list[str] = []
    """A part of a script within the page."""
    source: list[str] = []
    """Of what the page loads or leads on to: `host/path`, the beginnings of both; or `/path`, a part of it."""
    link: list[str] = []
    """The same, of its links."""
    address: list[str] = []
    """A part of the page's own address."""
    header: list[str] = []
    """`name: part of its value`."""
    status: list[int] = []
    most_text: int | None = None
    """Characters that a visitor reads; None: the file's. Who writes more has a site, whatever it speaks of."""
    quiet: bool | None = None
    """Whether signs of life speak against it; None: the file's."""


class Family(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One file: what its signatures mean."""

    state: State
    reason: Reason
    most_text: int
    quiet: bool
    signature: list[Signature]

    def match(self, sight: Sight) -> Signature | None:
        """The first of its signatures that the page bears."""
        return next((one for one in self.signature if self._bears(sight, one)), None)

    def is_quiet(self, signature: Signature) -> bool:
        return self.quiet if signature.quiet is None else signature.quiet

    def _bears(self, sight: Sight, one: Signature) -> bool:
        most = self.most_text if one.most_text is None else one.most_text
        return (
            (not one.status or sight.status in one.status)
            and len(sight.text) <= most
            and _holds(one.title, sight.has_title)
            and _holds(one.address, sight.has_address)
            and _holds(one.header, sight.has_header)
            and _holds(one.text, sight.has_text)
            and _holds(one.script, sight.has_script)
            and _holds(one.source, sight.has_source)
            and _holds(one.link, sight.has_link)
        )


def _holds(values: list[str], test: Callable[[str], bool]) -> bool:
    return not values or any(test(value) for value in values)


@cache
def families() -> tuple[Family, ...]:
    """All files, in the order of their names."""
    return tuple(_folded(msgspec.toml.decode(path.read_bytes(), type=Family)) for path in sorted(FOLDER.glob("*.toml")))


def _folded(family: Family) -> Family:
    signatures = [
        msgspec.structs.replace(one, title=[*map(fold, one.title)], text=[*map(fold, one.text)])
        for one in family.signature
    ]
    return msgspec.structs.replace(family, signature=signatures)
