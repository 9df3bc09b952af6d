"""Every name and code of a territory, and the areas behind it."""

from __future__ import annotations

import tomllib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from importlib.resources import files
from typing import NamedTuple

from shared.geography.bundle import DEGREE, Registers, unpack
from shared.geography.text import key, without_article
from shared.geography.zone import Commune, Division, Kind, Span

_OVERSEAS = "97"
"""What the codes of overseas departments begin with: last in the order of the areas."""


class Territory(NamedTuple):
    """More than a commune: a department, a region or a country."""

    kind: Kind
    label: str
    spans: tuple[Span, ...]


class Gazetteer:
    """The registers of communes, departments and regions, by name and by code. Names are by their `key`."""

    def __init__(self, registers: Registers) -> None:
        self.insee = registers.insee.split("\n")
        self.names = registers.names.split("\n")
        self.populations = unpack("I", registers.populations)
        self._postcodes = registers.postcodes.split("\n")
        self._centres = unpack("i", registers.centres)
        self.position = {code: area for area, code in enumerate(self.insee)}
        self.arrondissements = {
            key(self.names[self.position[city]]): tuple(self.position[code] for code in codes)
            for city, codes in registers.arrondissements.items()
        }
        """By the key of their city, in order."""
        self._city = {
            self.position[a]: self.position[c] for c, codes in registers.arrondissements.items() for a in codes
        }
        self._parts = {
            self._city[first]: (first, first + len(of)) for of in self.arrondissements.values() for first in of[:1]
        }

        self.communes = _index((name, area) for area, name in enumerate(registers.keys.split("\n")))
        self._former = registers.former
        old = (line.split("\t") for line in registers.former_codes.split("\n"))
        self.former_codes = {code: self.position[now] for code, now in old}
        self.postcodes = _index(
            (postcode, area)
            for area, line in enumerate(self._postcodes)
            if area not in self._parts
            for postcode in line.split(" ")
        )
        self._divide(registers)
        rows = [line.split("\t") for line in registers.elsewhere.split("\n")]
        self.elsewhere = {name: label for code, label, codes in rows for name in (code, key(label), *codes.split())}
        """Communes of the collectivities that the bundle does not cover, by INSEE code, key and postcode."""
        self.elsewhere |= {key(name): name for code, name, _ in registers.departments if code not in self.departments}

    @cached_property
    def former(self) -> dict[str, list[int]]:
        """Communes of today by the names of those that they absorbed."""
        rows = (line.split("\t") for line in self._former.split("\n"))
        return _index((key(name), self.position[code]) for name, code in rows if code in self.position)

    @cached_property
    def bare(self) -> dict[str, list[int]]:
        """Communes by their key without its article."""
        return _index((without_article(name), area) for name, areas in self.communes.items() for area in areas)

    def _divide(self, registers: Registers) -> None:
        inside: dict[str, list[int]] = defaultdict(list)
        for area, code in enumerate(self.insee):
            inside[code[:3] if code.startswith(_OVERSEAS) else code[:2]].append(area)
        regions = dict(registers.regions)
        self._divisions = {
            code: (Division(code, name), Division(of, regions[of])) for code, name, of in registers.departments
        }
        self.departments = {
            code: Territory("department", name, ((inside[code][0], inside[code][-1] + 1),))
            for code, name, _ in registers.departments
            if code in inside
        }
        """By code."""
        self.regions = {
            name: Territory(
                "region", name, self._spans(d for d, _, of in registers.departments if of == code and d in inside)
            )
            for code, name in registers.regions
            if any(of == code and d in inside for d, _, of in registers.departments)
        }
        """By the register's name."""
        aliases = tomllib.loads(files(__package__).joinpath("aliases.toml").read_text("utf-8"))
        named = [*self._countries(aliases["countries"]), *self._aliases(aliases)]
        named += [(name, region) for name, region in self.regions.items()]
        named += [(department.label, department) for department in self.departments.values()]
        self.territories = {key(name): territory for name, territory in named}
        """Departments before regions of the same name (Guadeloupe), which are the same land."""
        self.territories |= {without_article(name): territory for name, territory in self.territories.items()}

    def _countries(self, aliases: Mapping[str, list[str]]) -> Iterator[tuple[str, Territory]]:
        end = next(area for area, code in enumerate(self.insee) if code.startswith(_OVERSEAS))
        spans = {"france": (0, end), "overseas": (end, len(self.insee)), "whole": (0, len(self.insee))}
        for which, names in aliases.items():
            yield from ((name, Territory("country", names[0], (spans[which],))) for name in names)

    def _aliases(self, aliases: Mapping[str, Mapping[str, list[str]]]) -> Iterator[tuple[str, Territory]]:
        for name, codes in aliases["departments"].items():
            yield name, Territory("region", name, self._spans(codes))
        for name, others in aliases["regions"].items():
            yield from ((other, self.regions[name]) for other in others)

    def _spans(self, departments: Iterable[str]) -> tuple[Span, ...]:
        return tuple(self.departments[code].spans[0] for code in sorted(departments))

    def spans(self, area: int) -> tuple[Span, ...]:
        """An area itself, or the arrondissements of a city that has some."""
        return (self._parts.get(area, (area, area + 1)),)

    def is_all_of(self, area: int, territory: Territory) -> bool:
        """Whether a commune and a territory are the same land, as Paris and its department are."""
        return {area, *self._range(self.spans(area))} == {area, *self._range(territory.spans)}

    def middle(self, spans: tuple[Span, ...]) -> int:
        """The city whose arrondissements these are, or the most populous of the areas."""
        city = next((city for city, parts in self._parts.items() if (parts,) == spans), None)
        return city if city is not None else max(self._range(spans), key=lambda area: self.populations[area])

    @staticmethod
    def _range(spans: tuple[Span, ...]) -> Iterator[int]:
        return (area for first, end in spans for area in range(first, end))

    def is_arrondissement(self, area: int) -> bool:
        return area in self._city

    def code_of_department(self, area: int) -> str:
        code = self.insee[area]
        return code[:3] if code.startswith(_OVERSEAS) else code[:2]

    def centre(self, area: int) -> tuple[float, float]:
        """(lat, lon)."""
        return self._centres[area * 2] / DEGREE, self._centres[area * 2 + 1] / DEGREE

    def commune(self, area: int) -> Commune:
        postcodes = tuple(self._postcodes[area].split(" "))
        department, region = self._divisions[self.code_of_department(area)]
        return Commune(
            insee=self.insee[area],
            name=self.names[area],
            city=self.names[self._city.get(area, area)],
            postcode=postcodes[0],
            postcodes=postcodes,
            department=department,
            region=region,
            population=self.populations[area],
            centre=self.centre(area),
        )


def _index(pairs: Iterable[tuple[str, int]]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for name, area in pairs:
        found.setdefault(name, []).append(area)
    return found
