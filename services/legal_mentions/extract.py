"""legal_mentions: one site in, what its legal notice says of its publisher out."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Any

from contracts.items import ItemRequested
from contracts.manifest import read_key
from services.legal_mentions.address import addresses, structured_address
from services.legal_mentions.capital import capitals
from services.legal_mentions.company import company_names
from services.legal_mentions.evidence import Anchor, Stated, best, may_state
from services.legal_mentions.forms import legal_forms
from services.legal_mentions.host import host_name, hosts_itself
from services.legal_mentions.names import is_name
from services.legal_mentions.people import is_person, people
from services.legal_mentions.rcs import entries
from shared.legal.notice import KINDS, Notice, notices
from shared.legal.numbers import company_numbers
from shared.legal.publisher import Publisher, find_publisher, site_names
from shared.modulekit.module import Context, Result
from shared.web.folding import fold
from shared.web.site_pages import SitePage, collect

_NEAR_NAME = 250
"""Characters: a legal form further from the publisher's name is somebody else's."""
_OWN_NAME_BONUS, _SEAT_BONUS, _REPRESENTATIVE_BONUS, _SAME_NUMBER_BONUS = 30, 15, 40, 60
_PERSONAL = frozenset(("EI", "EIRL", "Micro-entreprise"))


async def process(item: ItemRequested, context: Context) -> Result:
    """Fetch the home page and those that name a publisher. Raises Retryable or Permanent when the home page fails."""
    pages = await collect(item, context, KINDS)
    nom = read_key(item.item, "nom")
    return Result(columns=await context.run(extract, pages, nom if isinstance(nom, str) else None))


def extract(pages: Sequence[SitePage], nom: str | None = None) -> dict[str, Any]:
    """The produced columns of a site. Pure: the same pages, the same answer. `nom` is the name of the lead."""
    return _Reading(pages, nom).columns()


class _Reading:
    """The notices of one site and where they name the publisher."""

    def __init__(self, pages: Sequence[SitePage], nom: str | None) -> None:
        self._notices = notices(pages)
        self._data = [page.json_ld for page in pages]
        self._names = site_names(pages[0].url, nom) if pages else []
        self._publisher: Publisher | None = find_publisher(self._notices, self._data, nom)
        self._anchor: Anchor | None = None
        if self._publisher is not None and self._publisher.mention.at >= 0:
            self._anchor = Anchor(self._publisher.mention.page, self._publisher.mention.at)
        self._stating = [(page, one) for page, one in enumerate(self._notices) if may_state(one)]
        self._forms = {page: list(legal_forms(one.text, one.folded)) for page, one in self._stating}
        self._company = self._best(
            stated for page, notice in self._each() for stated in company_names(notice, page, self._forms[page])
        )
        if self._company is not None:
            self._anchor = Anchor(self._company.page, self._company.at)

    def columns(self) -> dict[str, Any]:
        name = self._company.value if self._company else self._legal_name()
        form = self._form()
        host = host_name(self._notices)
        return {
            "raison_sociale": name,
            "forme_juridique": form,
            "capital_social": self._capital(),
            "rcs": self._rcs(),
            "adresse_postale": self._address(),
            "dirigeant": self._director() or (name if form in _PERSONAL and name and is_person(name) else None),
            "tva_intracom": self._vat(),
            "hebergeur": name if host is None and hosts_itself(self._notices) else host,
        }

    def _best(self, found: Iterator[Stated[Any]]) -> Stated[Any] | None:
        return best(found, self._notices, self._names, self._anchor)

    def _value(self, found: Iterator[Stated[Any]]) -> Any:
        chosen = self._best(found)
        return chosen.value if chosen else None

    def _each(self) -> Iterator[tuple[int, Notice]]:
        """The pages that may state something: a home page of prose does not."""
        return iter(self._stating)

    def _legal_name(self) -> str | None:
        stated = (one.get("legalName") for objects in self._data for one in objects)
        return next((" ".join(name.split()) for name in stated if isinstance(name, str) and is_name(name)), None)

    def _form(self) -> str | None:
        value: str | None = self._value(
            Stated(name, page, start, self._form_strength(notice, page, start))
            for page, notice in self._each()
            for start, _, name in self._forms[page]
            if self._form_strength(notice, page, start) >= 0
        )
        return value

    def _form_strength(self, notice: Notice, page: int, at: int) -> int:
        if (
            "forme juridique" in notice.folded[max(0, at - 40) : at]
            or "legal form" in notice.folded[max(0, at - 40) : at]
        ):
            return _OWN_NAME_BONUS
        near = self._anchor is not None and self._anchor.page == page and abs(self._anchor.at - at) <= _NEAR_NAME
        return 0 if near else -1

    def _capital(self) -> int | float | None:
        value: int | float | None = self._value(
            Stated(amount, page, at) for page, notice in self._each() for at, amount in capitals(notice.folded)
        )
        return value

    def _rcs(self) -> str | None:
        siren = self._publisher.siren if self._publisher else None
        chosen = self._best(
            Stated(entry, page, entry.at, (_SAME_NUMBER_BONUS if entry.siren else 0) + (10 if entry.town else 0))
            for page, notice in self._each()
            for entry in entries(notice.text, notice.folded)
            if siren is None or entry.siren in (None, siren)
        )
        return chosen.value.written(siren) if chosen else None

    def _address(self) -> str | None:
        stated = self._value(
            Stated(written, page, at, _SEAT_BONUS if is_seat else 0)
            for page, notice in self._each()
            for at, is_seat, written in addresses(notice.text, notice.folded)
        )
        return stated or next((found for objects in self._data if (found := structured_address(objects))), None)

    def _director(self) -> str | None:
        value: str | None = self._value(
            Stated(name, page, at, _REPRESENTATIVE_BONUS if is_representative else 0)
            for page, notice in self._each()
            for at, is_representative, name in people(notice.text, notice.folded)
        )
        return value

    def _vat(self) -> str | None:
        """The number as it is stated: one that could be computed from the SIREN alone is not."""
        if self._publisher is None:
            return None
        siren = self._publisher.siren
        stated = (fold(str(one.get("vatID"))[:40]) for objects in self._data for one in objects)
        numbers = itertools.chain(
            (number for notice in self._notices for number in notice.numbers),
            (number for text in stated for number in company_numbers(text)),
        )
        return next((number.vat for number in numbers if number.form == "vat" and number.siren == siren), None)
