"""From what a user wrote to a territory."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from shared.geography.arrondissements import arrondissement
from shared.geography.gazetteer import Gazetteer, Territory
from shared.geography.radius import around
from shared.geography.suggestions import suggestions
from shared.geography.text import any_of, key, plain, without_article
from shared.geography.zone import Circle, Kind, UnknownZone, Zone

_LONGEST = 200
_NEAREST_KM, _FARTHEST_KM = 1, 100

TOWN = 5_000
"""Inhabitants from which a bare name that is also a department's or a region's means the commune (Vienne, Mayenne)."""

_PREFIX = re.compile(r"(?:ville|commune|mairie) (?:de |d |du |des )?(?=.)")
_IN = re.compile(r"^(?:de|d|du|des|en|dans) (?=.)")
_DIVISION = re.compile(r"(?:departement|dept|dep|region|dpt)(?: de| d| du| des)? (?=.)")
_INSEE = re.compile(r"(?:code )?insee (\w{5})")
_POSTCODE = re.compile(r"(?:code postal |cp )?(\d{5})")
_CITY_WITH_DEPARTMENT = re.compile(r"marseille\s*(?:\(\s*13\s*\)|[,/-]\s*13)")
"""Marseille's department has the number of one of its arrondissements; punctuation tells which is meant."""

_SHOWN = 5
"""Other communes of a name that a warning lists."""


class Resolver:
    """Reads zones. Its rules, in order, are in docs/geography.md."""

    def __init__(self, gazetteer: Gazetteer) -> None:
        self._known = gazetteer

    def resolve(self, text: str) -> Zone:
        """The zone of a text. Raises UnknownZone."""
        if len(text) > _LONGEST:
            raise UnknownZone(f"Zone trop longue : {text[:40]}… (200 caractères au plus).")
        circle = around(plain(text))
        zone = self._circle(text, *circle) if circle else self._place(text)
        if zone is None:
            raise self._unknown(text)
        return zone

    def _circle(self, text: str, place: str, kilometres: float) -> Zone | None:
        if not _NEAREST_KM <= kilometres <= _FARTHEST_KM:
            raise UnknownZone(f"Rayon hors limites : {text}. Il va de 1 à 100 km.")
        middle = self._place(place)
        if middle is None:
            return None
        if middle.kind not in {"commune", "arrondissement", "postcode"}:
            raise UnknownZone(f"Un rayon se prend autour d'une commune, et {middle.label} n'en est pas une : {text}.")
        lat, lon = self._known.centre(self._known.middle(middle.spans))
        label = f"{middle.label} + {f'{kilometres:g}'.replace('.', ',')} km"
        return Zone(text, label, "radius", middle.spans, Circle(lat, lon, kilometres * 1000), middle.warnings)

    def _place(self, text: str) -> Zone | None:
        name = key(text)
        prefix = _PREFIX.match(name)
        return self._read(text, name) or (self._read(text, name[prefix.end() :]) if prefix else None)

    def _read(self, text: str, name: str) -> Zone | None:
        return (
            self._coded(text, name)
            or self._arrondissement(text, name)
            or self._division(text, name)
            or self._named(text, name)
            or self._hinted(text, name)
            or self._loosely(text, name)
        )

    # Codes

    def _coded(self, text: str, name: str) -> Zone | None:
        if match := _INSEE.fullmatch(name):
            return self._insee(text, match[1].upper())
        if match := _POSTCODE.fullmatch(name):
            outside = match[1] in self._known.elsewhere
            return None if outside else self._postcode(text, match[1]) or self._insee(text, match[1])
        if re.fullmatch(r"2[ab]\d{3}", name):
            return self._insee(text, name.upper())
        if re.fullmatch(r"\d{4}", name):
            return self._postcode(text, f"0{name}", f"« {text.strip()} » est lu comme le code postal 0{name}.")
        department = self._known.departments.get(name.upper().zfill(2))
        return _zone(text, department) if department else None

    def _postcode(self, text: str, postcode: str, *warnings: str) -> Zone | None:
        areas = self._known.postcodes.get(postcode)
        if not areas:
            return None
        names = [self._known.names[area] for area in areas]
        label = f"{postcode} ({', '.join(names[:3])}{'…' if len(names) > 3 else ''})"
        said = list(warnings)
        for area in areas:
            if not self._known.is_arrondissement(area) and len(self._known.commune(area).postcodes) > 1:
                partly = f"Le code postal {postcode} ne couvre qu'une partie de {self._known.names[area]}"
                said.append(f"{partly} : toute la commune est prise.")
        return Zone(text, label, "postcode", tuple((area, area + 1) for area in areas), None, said)

    def _insee(self, text: str, code: str) -> Zone | None:
        if (area := self._known.position.get(code)) is not None:
            return self._commune(text, area)
        if (area := self._known.former_codes.get(code)) is not None:
            now = f"{self._known.names[area]} ({self._known.insee[area]})"
            return self._commune(text, area, f"Le code {code} n'est plus en usage : {now} en a pris la place.")
        return None

    # Names

    def _arrondissement(self, text: str, name: str) -> Zone | None:
        found = arrondissement(name)
        if found is None or _CITY_WITH_DEPARTMENT.fullmatch(plain(text).strip()):
            return None
        city, number = found
        areas = self._known.arrondissements[city]
        if number > len(areas):
            return None
        area = areas[number - 1]
        if name in {"marseille 13", "13 marseille"}:
            return self._commune(
                text, area, "« Marseille 13 » est lu comme son 13e arrondissement ; la ville : « Marseille »."
            )
        return self._commune(text, area)

    def _division(self, text: str, name: str) -> Zone | None:
        """What says itself that it is a department or a region."""
        match = _DIVISION.match(name)
        if match is None or name in self._known.communes:
            return None
        territory = self._territory(name[match.end() :])
        return _zone(text, territory) if territory else None

    def _territory(self, name: str) -> Territory | None:
        territory = self._known.territories.get(name) or self._known.territories.get(without_article(name))
        return territory or self._known.departments.get(name.upper().zfill(2))

    def _named(self, text: str, name: str) -> Zone | None:
        areas = self._spelled(text, self._known.communes.get(name, []))
        territory = self._known.territories.get(name) or self._known.territories.get(without_article(name))
        if areas and (territory is None or self._is_spelled_as(text, areas[0], territory)):
            return self._most_populous(text, areas)
        if territory is None:
            return None
        if not areas or territory.kind == "country":
            return _zone(text, territory)
        largest = max(areas, key=lambda area: self._known.populations[area])
        return self._commune_or_territory(text, largest, territory)

    def _commune_or_territory(self, text: str, largest: int, territory: Territory) -> Zone:
        if self._known.is_all_of(largest, territory):
            return self._commune(text, largest)
        noun = "département" if territory.kind == "department" else "région"
        if self._known.populations[largest] >= TOWN:
            also = f"{territory.label} est aussi le nom d'un{'e' if noun == 'région' else ''} {noun}"
            return self._commune(text, largest, f"{also} : écrivez « {noun} {territory.label} ».")
        commune = self._called(largest)
        return _zone(
            text, territory, f"« {text.strip()} » est lu comme nom de {noun} ; pour la commune : « {commune} »."
        )

    def _hinted(self, text: str, name: str) -> Zone | None:
        """A name with where it is, before or behind: "Saint-Denis (93)", "33000 Bordeaux", "Vienne, Isère"."""
        words = name.split(" ")
        for cut in range(len(words) - 1, 0, -1):
            head, tail = " ".join(words[:cut]), " ".join(words[cut:])
            if zone := self._within(text, head, tail) or self._within(text, tail, head):
                return zone
        return None

    def _within(self, text: str, name: str, place: str) -> Zone | None:
        place = _IN.sub("", place)
        if _POSTCODE.fullmatch(place):
            spans: Sequence[tuple[int, int]] = [(area, area + 1) for area in self._known.postcodes.get(place, ())]
            if name in self._known.arrondissements and spans:
                areas = self._known.arrondissements[name]
                return self._postcode(text, place) if spans[0][0] in areas else None
        else:
            territory = self._territory(place)
            spans = territory.spans if territory else []
            named = self._known.territories.get(name) or self._known.territories.get(without_article(name))
            if territory and named and named.spans == territory.spans:
                whole = self._known.communes.get(name, [-1])[0]
                is_city = whole >= 0 and self._known.is_all_of(whole, territory)
                return self._commune(text, whole) if is_city else _zone(text, territory)
        candidates = self._known.communes.get(name) or self._known.bare.get(without_article(name), [])
        candidates = [area for area in candidates if any(first <= area < end for first, end in spans)]
        return self._most_populous(text, candidates) if candidates else None

    def _loosely(self, text: str, name: str) -> Zone | None:
        """Names without their article, then those of communes that were merged."""
        if areas := self._known.bare.get(without_article(name)):
            return self._most_populous(text, areas)
        areas = sorted(set(self._known.former.get(name, ())))
        if not areas:
            return None
        area = max(areas, key=lambda area: self._known.populations[area])
        into = f"« {text.strip()} » a rejoint la commune {self._called(area)}, qui est prise entière."
        return self._commune(text, area, into, *self._others(text, area, areas))

    def _is_spelled_as(self, text: str, area: int, territory: Territory) -> bool:
        """Whether the accents of the text are those of a commune and not those of a territory: "Loiré"."""
        written = text.strip().casefold()
        name = self._known.names[area].casefold()
        return not text.isascii() and written == name != territory.label.casefold()

    def _spelled(self, text: str, areas: list[int]) -> list[int]:
        """Those spelled with the accents of the text, when it has any and one is: "Loiré" is not "Loire"."""
        if text.isascii():
            return areas
        exact = [area for area in areas if self._known.names[area].casefold() == text.strip().casefold()]
        return exact or areas

    def _most_populous(self, text: str, areas: list[int]) -> Zone:
        area = max(areas, key=lambda area: (self._known.populations[area], -area))
        return self._commune(text, area, *self._others(text, area, areas))

    def _others(self, text: str, taken: int, areas: list[int]) -> Iterator[str]:
        others = sorted((area for area in areas if area != taken), key=lambda area: -self._known.populations[area])
        if others:
            listed = ", ".join(self._called(area) for area in others[:_SHOWN])
            more = f" et {len(others) - _SHOWN} autres" if len(others) > _SHOWN else ""
            taking = f"« {text.strip()} » : {self._called(taken)} est prise, la plus peuplée"
            yield f"{taking} ; il y a aussi {listed}{more}."

    # Zones

    def _commune(self, text: str, area: int, *warnings: str) -> Zone:
        kind: Kind = "arrondissement" if self._known.is_arrondissement(area) else "commune"
        return Zone(text, self._known.names[area], kind, self._known.spans(area), None, list(warnings))

    def _called(self, area: int) -> str:
        return f"{self._known.names[area]} ({self._known.code_of_department(area)})"

    def _unknown(self, text: str) -> UnknownZone:
        written = " ".join(text.split())
        outside = self._known.elsewhere.get(key(text))
        if not written:
            return UnknownZone("Zone vide.")
        if outside:
            return UnknownZone(f"Zone non couverte : {outside} (collectivité d'outre-mer).")
        if (numbered := arrondissement(key(text))) is not None:
            many = len(self._known.arrondissements[numbered[0]])
            return UnknownZone(f"Zone inconnue : {written}. {numbered[0].title()} a {many} arrondissements.")
        circle = around(plain(text))
        near = suggestions(self._known, circle.place if circle else text)
        return UnknownZone(f"Zone inconnue : {written}." + (f" Vouliez-vous dire {any_of(near)} ?" if near else ""))


def _zone(text: str, territory: Territory, *warnings: str) -> Zone:
    return Zone(text, territory.label, territory.kind, territory.spans, None, list(warnings))
