"""The world's sites as an extract: each business of `sites/*.toml` with its own site, standing in the real Valmont.

    python -m tests.world.places.valmont FILE.osm.pbf

The invented Valmont-sur-Loire is nowhere on a map; what is searched on one has to stand somewhere. Postcode 76540.
"""

from __future__ import annotations

import math
import re
import sys
from pathlib import Path

from shared.geography import Geography
from tests.world.catalogue import Site, load_sites
from tests.world.places.town import Business, write_pbf

ZONE = "76540"
QUERIES = (
    "restaurant", "hôtel", "dentiste", "avocat", "notaire", "architecte", "association", "agence web", "mairie",
    "artisan", "magasin",
)  # fmt: skip
"""Of what a demo asks; the particular before the general, as a place counts for the first query that finds it."""

_FIRST_ID = 900_000_001
"""Above those of the invented towns, so that one extract may hold both."""
_GOLDEN_ANGLE = math.pi * (3 - math.sqrt(5))
_STEP_KM = 0.02
"""The last of eighty stands 180 m from the middle: within the commune, whose outline comes as near as 250 m."""
_HOUSE = re.compile(r"(\d+) (.+)")

_TAGS = {
    "Agence web": "office=graphic_design",
    "Ambulance": "office=ambulance",
    "Architecte": "office=architect",
    "Association": "office=association",
    "Assurance": "office=insurance",
    "Auto-école": "amenity=driving_school",
    "Avocat": "office=lawyer",
    "Banque": "amenity=bank",
    "Bijoutier": "shop=jewelry",
    "Boucherie": "shop=butcher",
    "Boulangerie": "shop=bakery",
    "Brocante": "shop=second_hand",
    "Camping": "tourism=camp_site",
    "Carreleur": "craft=tiler",
    "Caviste": "shop=wine",
    "Chauffagiste": "craft=hvac",
    "Cinéma": "amenity=cinema",
    "Club": "club=social",
    "Coiffeur": "shop=hairdresser",
    "Cordonnier": "craft=shoemaker",
    "Couvreur": "craft=roofer",
    "Crêperie": "amenity=restaurant cuisine=crepe",
    "Dentiste": "amenity=dentist healthcare=dentist",
    "Dépannage informatique": "shop=computer",
    "Ferronnier": "craft=blacksmith",
    "Fleuriste": "shop=florist",
    "Fromagerie": "shop=cheese",
    "Garage": "shop=car_repair",
    "Grande distribution": "shop=supermarket",
    "Grossiste": "shop=trade",
    "Géomètre": "office=surveyor",
    "Horloger": "shop=watches",
    "Hôtel": "tourism=hotel",
    "Imprimeur": "craft=printer",
    "Industrie": "office=company",
    "Jardinerie": "shop=garden_centre",
    "Librairie": "shop=books",
    "Luthier": "craft=musical_instrument",
    "Magasin de sport": "shop=sports",
    "Mairie": "amenity=townhall",
    "Menuisier": "craft=carpenter",
    "Mercerie": "shop=sewing",
    "Musée": "tourism=museum",
    "Médiathèque": "amenity=library",
    "Nettoyage": "craft=cleaning",
    "Notaire": "office=notary",
    "Opticien": "shop=optician",
    "Pharmacie": "amenity=pharmacy",
    "Photographe": "craft=photographer",
    "Piscine": "shop=swimming_pool",
    "Plombier": "craft=plumber",
    "Poissonnerie": "shop=seafood",
    "Pompes funèbres": "shop=funeral_directors",
    "Potier": "craft=pottery",
    "Presse": "shop=newsagent",
    "Pressing": "shop=dry_cleaning",
    "Professeur de yoga": "leisure=sports_centre sport=yoga",
    "Quincaillerie": "shop=hardware",
    "Radio": "amenity=studio studio=radio",
    "Relieur": "craft=bookbinder",
    "Restaurant": "amenity=restaurant",
    "Restauration rapide": "amenity=fast_food",
    "Salle de sport": "leisure=fitness_centre",
    "Scierie": "craft=sawmill",
    "Sellier": "craft=saddler",
    "Serrurier": "craft=locksmith",
    "Sécurité": "office=security",
    "Tabac": "shop=tobacco",
    "Tapissier": "craft=upholsterer",
    "Taxi": "office=taxi",
    "Toiletteur": "shop=pet_grooming",
    "Traiteur": "craft=caterer",
    "Télécommunications": "shop=telecommunication",
    "Vétérinaire": "amenity=veterinary",
    "École de musique": "amenity=music_school",
    "Électricien": "craft=electrician",
    "Épicerie": "shop=convenience",
}
"""How a mapper tags each trade of the town (https://wiki.openstreetmap.org/wiki/Map_features)."""


def valmont() -> list[Business]:
    """The town's businesses in the order of its sites, around the middle of the commune. The same each time."""
    geography = Geography.load()
    middle = next(one for one in geography.communes(geography.resolve(ZONE)) if one.name == "Valmont").centre
    return [_business(number, site, middle) for number, site in enumerate(load_sites())]


def _business(number: int, site: Site, middle: tuple[float, float]) -> Business:
    away, direction = _STEP_KM * math.sqrt(number), number * _GOLDEN_ANGLE  # a sunflower: nobody on another's place
    lat, lon = middle
    house = _HOUSE.fullmatch(site.adresse)
    return Business(
        number=_FIRST_ID + number,
        name=site.nom,
        tags=dict(tag.split("=") for tag in _TAGS[site.categorie].split()),
        lat=round(lat + away * math.cos(direction) / 111.2, 7),
        lon=round(lon + away * math.sin(direction) / (111.2 * math.cos(math.radians(lat))), 7),
        house=house[1] if house else "",
        street=house[2] if house else site.adresse,
        phone=site.telephone,
        website=site.url,
    )


if __name__ == "__main__":
    print(f"{write_pbf(Path(sys.argv[1]), valmont())} businesses in {sys.argv[1]}")
