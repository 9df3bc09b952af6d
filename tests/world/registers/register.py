"""An invented register of French companies: some written by hand in `companies.toml`, the rest made from a seed."""

from __future__ import annotations

import math
import random
import tomllib
from functools import cache
from pathlib import Path
from typing import Literal

import msgspec

_FILE = Path(__file__).with_name("companies.toml")
_METRES_A_DEGREE = 111_195.0
_FIRST_MADE = 10_000
"""The number behind the first SIREN that is made; those of the file are lower."""

TOWNS = {
    "TOURS": ("37000", "37261", 47.3941, 0.6848),
    "ORLEANS": ("45000", "45234", 47.9029, 1.9039),
    "NANTES": ("44000", "44109", 47.2184, -1.5536),
    "LYON": ("69003", "69383", 45.7602, 4.8497),
    "PARIS": ("75011", "75111", 48.8589, 2.3796),
    "LILLE": ("59000", "59350", 50.6292, 3.0573),
    "RENNES": ("35000", "35238", 48.1173, -1.6778),
    "SAINT-DENIS": ("97400", "97411", -20.8789, 55.4481),
    "VANNES": ("56000", "56260", 47.6582, -2.7608),
}
"""Postcode, INSEE code, latitude and longitude of the middle."""


class Establishment(msgspec.Struct, frozen=True, kw_only=True):
    nic: str
    address: str
    postcode: str
    town: str
    commune: str
    at: tuple[float, float] | None = None
    """Metres east and north of the middle of its town; None: nobody knows where it is."""
    open: bool = True
    seat: bool = True
    signs: list[str] = []

    @property
    def position(self) -> tuple[float, float] | None:
        """Latitude and longitude."""
        if self.at is None:
            return None
        *_, lat, lon = TOWNS[self.town]
        east, north = self.at
        stretch = math.cos(math.radians(lat))
        return round(lat + north / _METRES_A_DEGREE, 7), round(lon + east / _METRES_A_DEGREE / stretch, 7)


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """A sole trader."""

    surname: str
    first_names: str
    usual_first_name: str


class Director(msgspec.Struct, frozen=True, kw_only=True):
    """A person, or a company with its SIREN."""

    role: str
    surname: str = ""
    first_names: str = ""
    born: str = ""
    """Year and month."""
    company: str = ""
    siren: str = ""


class Accounts(msgspec.Struct, frozen=True):
    year: int
    turnover: int
    net_result: int


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """One notice of the BODACC about an insolvency proceeding."""

    published: str
    nature: str
    date: str
    """ISO, or as older ones have it: 10 décembre 2009."""
    id: str = ""
    kind: Literal["annonce", "rectificatif", "annulation"] = "annonce"
    annuls: str = ""
    complement: str = ""


class Firm(msgspec.Struct, frozen=True, kw_only=True):
    """One company with all that any register knows of it."""

    siren: str
    legal_form: str
    naf: str
    created: str
    establishments: list[Establishment]
    name: str = ""
    person: Person | None = None
    usual_name: str = ""
    acronym: str = ""
    headcount: str = "NN"
    headcount_year: int | None = None
    closed: str | None = None
    capital: float | None = None
    directors: list[Director] = []
    accounts: list[Accounts] = []
    notices: list[Notice] = []
    diffusion: Literal["O", "P"] = "O"
    """P: partly diffused, its person or address is hidden."""
    successor: str | None = None
    """The company it was merged into."""
    in_rne: bool = True

    @property
    def seat(self) -> Establishment:
        return next(one for one in self.establishments if one.seat)

    @property
    def names(self) -> list[str]:
        """All that it is called."""
        person = f"{self.person.first_names} {self.person.surname}" if self.person else ""
        signs = [sign for one in self.establishments for sign in one.signs]
        return [name for name in (self.name, person, self.usual_name, self.acronym, *signs) if name]

    def siret(self, establishment: Establishment) -> str:
        return self.siren + establishment.nic


class _File(msgspec.Struct):
    company: list[Firm]


@cache
def written() -> tuple[Firm, ...]:
    """The companies of the file."""
    return tuple(msgspec.convert(tomllib.loads(_FILE.read_text("utf-8")), _File).company)


@cache
def register(count: int = 300, seed: int = 7) -> tuple[Firm, ...]:
    """The companies of the file and `count` others; the same numbers, the same register."""
    random_ = random.Random(seed)
    return (*written(), *(_made(_FIRST_MADE + number, random_) for number in range(count)))


def siren_of(number: int) -> str:
    """000, five digits and the check digit."""
    body = f"000{number:05d}"
    return body + _check_digit(body)


_TRADES = (
    ("PLOMBERIE", "43.22A"),
    ("MENUISERIE", "43.32A"),
    ("BOULANGERIE", "10.71C"),
    ("GARAGE", "45.20A"),
    ("PHARMACIE", "47.73Z"),
    ("RESTAURANT", "56.10A"),
    ("COIFFURE", "96.02A"),
    ("CABINET", "69.10Z"),
    ("AMBULANCES", "86.90A"),
    ("ELECTRICITE", "43.21A"),
)
_NAMES = (
    "DELORME", "PICARD", "AUBRY", "TESSIER", "BLIN", "CHAUVEAU", "GUÉRIN", "LEFÈVRE", "MARÉCHAL", "NOËL", "BESSON",
    "DE LA TOUR", "DU HALAGE", "DES LILAS", "DU PORT", "SAINT-MARTIN", "DE L'ILE",
)  # fmt: skip
_FIRST_NAMES = ("Agnès", "Bruno", "Cécile", "Denis", "Elsa", "Farid", "Gaëlle", "Hugo")
_STREETS = ("RUE DES LILAS", "AVENUE DU MOULIN", "PLACE DE LA HALLE", "IMPASSE DU PUITS", "QUAI DES TANNEURS")
_FORMS = (("5499", "Gérant"), ("5710", "Président de SAS"), ("5498", "Gérant"))


def _made(number: int, random_: random.Random) -> Firm:
    siren = siren_of(number)
    trade, naf = random_.choice(_TRADES)
    name = f"{trade} {random_.choice(_NAMES)}"
    form, role = random_.choice(_FORMS)
    year = random_.randint(1985, 2024)
    closed = f"{random_.randint(year, 2025)}-12-31" if random_.random() < 0.15 else None
    director = Director(
        surname=name.rsplit(maxsplit=1)[-1],
        first_names=random_.choice(_FIRST_NAMES),
        role=role,
        born=f"{random_.randint(1950, 1999)}-{random_.randint(1, 12):02d}",
    )
    return Firm(
        siren=siren,
        name=name,
        legal_form=form,
        naf=naf,
        headcount=random_.choice(("NN", "00", "01", "02", "03", "11")),
        headcount_year=2023,
        created=f"{year}-{random_.randint(1, 12):02d}-{random_.randint(1, 28):02d}",
        closed=closed,
        capital=float(random_.choice((100, 1000, 7622.45, 8000, 50_000))),
        directors=[director],
        accounts=[Accounts(2023, random_.randint(50, 5000) * 1000, random_.randint(-50, 300) * 1000)],
        establishments=[
            _establishment(siren, order, random_, is_open=closed is None)
            for order in range(random_.choice((1, 1, 1, 2)))
        ],
    )


def _establishment(siren: str, order: int, random_: random.Random, *, is_open: bool) -> Establishment:
    town = random_.choice(list(TOWNS))
    postcode, commune, *_ = TOWNS[town]
    nic = f"{order + 1:04d}"
    return Establishment(
        nic=nic + _check_digit(siren + nic),
        address=f"{random_.randint(1, 120)} {random_.choice(_STREETS)}",
        postcode=postcode,
        town=town,
        commune=commune,
        at=(round(random_.gauss(0, 600)), round(random_.gauss(0, 600))),
        open=is_open,
        seat=order == 0,
    )


def _check_digit(body: str) -> str:
    """Luhn's."""
    doubled = (int(digit) * (2 - place % 2) for place, digit in enumerate(reversed(body)))
    return str(-sum(value // 10 + value % 10 for value in doubled) % 10)
