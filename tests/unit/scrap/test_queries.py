"""What queries mean: a table of trades as French users type them, spellings, and what is a name."""

import pytest

from services.scrap.queries.meaning import meaning, presets, trades
from services.scrap.queries.words import fold, phrase
from shared.legal.naf import naf_labels

TABLE = {
    # query: the tags of its alternatives, then its first NAF code
    "dentiste": ("amenity=dentist|healthcare=dentist", "86.23Z"),
    "cabinet dentaire": ("amenity=dentist|healthcare=dentist", "86.23Z"),
    "orthodontiste": ("healthcare:speciality=orthodontics", "86.23Z"),
    "médecin": ("amenity=doctors|healthcare=doctor", "86.21Z"),
    "médecin généraliste": ("amenity=doctors|healthcare=doctor", "86.21Z"),
    "dermatologue": ("healthcare:speciality=dermatology", "86.22C"),
    "ophtalmologue": ("healthcare:speciality=ophthalmology", "86.22C"),
    "infirmier": ("healthcare=nurse", "86.90D"),
    "infirmière": ("healthcare=nurse", "86.90D"),
    "kinésithérapeute": ("healthcare=physiotherapist", "86.90E"),
    "kiné": ("healthcare=physiotherapist", "86.90E"),
    "ostéopathe": ("healthcare:speciality=osteopathy", "86.90E"),
    "podologue": ("healthcare=podiatrist", "86.90E"),
    "orthophoniste": ("healthcare=speech_therapist", "86.90E"),
    "psychologue": ("healthcare:speciality=psychology|healthcare=psychologist|office=psychologist", "86.90F"),
    "psychothérapeute": ("healthcare=psychotherapist", "86.90F"),
    "sage-femme": ("healthcare=midwife", "86.90D"),
    "sophrologue": ("healthcare:speciality=sophrology", "86.90F"),
    "pharmacie": ("amenity=pharmacy|healthcare=pharmacy", "47.73Z"),
    "opticien": ("shop=optician", "47.78A"),
    "audioprothésiste": ("shop=hearing_aids|healthcare=audiologist", "47.74Z"),
    "laboratoire d'analyses médicales": ("healthcare=laboratory", "86.90B"),
    "vétérinaire": ("amenity=veterinary", "75.00Z"),
    "clinique": ("amenity=clinic|amenity=hospital|healthcare=clinic|healthcare=hospital", "86.10Z"),
    "coiffeur": ("shop=hairdresser", "96.02A"),
    "coiffeuse": ("shop=hairdresser", "96.02A"),
    "salon de coiffure": ("shop=hairdresser", "96.02A"),
    "esthéticienne": ("shop=beauty", "96.02B"),
    "institut de beauté": ("shop=beauty", "96.02B"),
    "onglerie": ("shop=beauty&beauty=nails|shop=nails", "96.02B"),
    "tatoueur": ("shop=tattoo|shop=piercing", "96.09Z"),
    "parfumerie": ("shop=perfumery", "47.75Z"),
    "plombier": ("craft=plumber", "43.22A"),
    "chauffagiste": ("craft=hvac|craft=heating_engineer|craft=refrigeration", "43.22B"),
    "électricien": ("craft=electrician", "43.21A"),
    "maçon": ("craft=builder|craft=stonemason|craft=mason", "43.99C"),
    "peintre en bâtiment": ("craft=painter", "43.34Z"),
    "plaquiste": ("craft=plasterer|craft=drywaller", "43.31Z"),
    "carreleur": ("craft=tiler", "43.33Z"),
    "couvreur": ("craft=roofer", "43.91B"),
    "charpentier": ("craft=carpenter", "43.91A"),
    "menuisier": ("craft=carpenter|craft=joiner|craft=cabinet_maker", "43.32A"),
    "serrurier": ("craft=locksmith|shop=locksmith", "43.32B"),
    "vitrier": ("craft=glaziery|shop=glaziery", "43.34Z"),
    "paysagiste": ("craft=gardener|craft=arborist|craft=landscaper", "81.30Z"),
    "ramoneur": ("craft=chimney_sweeper", "81.22Z"),
    "cuisiniste": ("shop=kitchen", "47.59A"),
    "garage automobile": ("shop=car_repair", "45.20A"),
    "garagiste": ("shop=car_repair", "45.20A"),
    "contrôle technique": ("amenity=vehicle_inspection", "71.20A"),
    "concessionnaire": ("shop=car", "45.11Z"),
    "pneus": ("shop=tyres", "45.32Z"),
    "location de voitures": ("amenity=car_rental", "77.11A"),
    "station-service": ("amenity=fuel", "47.30Z"),
    "auto-école": ("amenity=driving_school", "85.53Z"),
    "taxi": ("amenity=taxi|office=taxi", "49.32Z"),
    "vélo": ("shop=bicycle", "47.64Z"),
    "restaurant": ("amenity=restaurant", "56.10A"),
    "pizzeria": ("amenity=restaurant&cuisine=pizza|amenity=fast_food&cuisine=pizza", "56.10A"),
    "crêperie": ("cuisine=crepe", "56.10A"),
    "fast-food": ("amenity=fast_food", "56.10C"),
    "café": ("amenity=cafe", "56.30Z"),
    "bar": ("amenity=bar|amenity=pub", "56.30Z"),
    "traiteur": ("shop=deli|craft=caterer", "56.21Z"),
    "boulangerie": ("shop=bakery", "10.71C"),
    "boulanger": ("shop=bakery", "10.71C"),
    "pâtisserie": ("shop=pastry", "10.71D"),
    "chocolatier": ("shop=chocolate|shop=confectionery", "10.82Z"),
    "boucherie": ("shop=butcher", "47.22Z"),
    "poissonnerie": ("shop=seafood", "47.23Z"),
    "fromagerie": ("shop=cheese", "47.29Z"),
    "primeur": ("shop=greengrocer", "47.21Z"),
    "caviste": ("shop=wine|shop=alcohol", "47.25Z"),
    "épicerie": ("shop=convenience|shop=grocery", "47.11B"),
    "supermarché": ("shop=supermarket", "47.11D"),
    "fleuriste": ("shop=florist", "47.76Z"),
    "bijouterie": ("shop=jewelry|shop=watches", "47.77Z"),
    "librairie": ("shop=books", "47.61Z"),
    "bureau de tabac": ("shop=tobacco|shop=newsagent", "47.26Z"),
    "magasin de vêtements": ("shop=clothes|shop=boutique", "47.71Z"),
    "magasin de chaussures": ("shop=shoes", "47.72A"),
    "cordonnier": ("craft=shoemaker|shop=shoe_repair", "95.23Z"),
    "pressing": ("shop=dry_cleaning|shop=laundry", "96.01B"),
    "couturière": ("craft=dressmaker|craft=tailor|shop=tailor|shop=sewing", "95.29Z"),
    "bricolage": ("shop=doityourself|shop=hardware", "47.52A"),
    "meubles": ("shop=furniture", "47.59A"),
    "animalerie": ("shop=pet|shop=pet_grooming", "47.76Z"),
    "pompes funèbres": ("shop=funeral_directors|amenity=funeral_hall", "96.03Z"),
    "photographe": ("craft=photographer|shop=photo|shop=photo_studio", "74.20Z"),
    "imprimerie": ("craft=printer|shop=copyshop|shop=printing", "18.12Z"),
    "avocat": ("office=lawyer", "69.10Z"),
    "cabinet d'avocats": ("office=lawyer", "69.10Z"),
    "notaire": ("office=notary", "69.10Z"),
    "huissier": ("office=bailiff", "69.10Z"),
    "expert-comptable": ("office=accountant|office=tax_advisor", "69.20Z"),
    "agence immobilière": ("office=estate_agent|shop=estate_agent", "68.31Z"),
    "architecte": ("office=architect", "71.11Z"),
    "géomètre": ("office=surveyor", "71.12A"),
    "assurance": ("office=insurance", "66.22Z"),
    "banque": ("amenity=bank", "64.19Z"),
    "agence web": ("office=advertising_agency|office=graphic_design|office=marketing", "73.11Z"),
    "agence d'intérim": ("office=employment_agency", "78.20Z"),
    "agence de voyage": ("shop=travel_agency|office=travel_agent", "79.11Z"),
    "coworking": ("office=coworking|amenity=coworking_space", "82.11Z"),
    "mairie": ("amenity=townhall", "84.11Z"),
    "école": ("amenity=school", "85.20Z"),
    "crèche": ("amenity=kindergarten|amenity=childcare", "88.91A"),
    "école de musique": ("amenity=music_school", "85.52Z"),
    "école de langues": ("amenity=language_school", "85.59B"),
    "hôtel": ("tourism=hotel", "55.10Z"),
    "camping": ("tourism=camp_site|tourism=caravan_site", "55.30Z"),
    "chambres d'hôtes": ("tourism=guest_house", "55.20Z"),
    "salle de sport": ("leisure=fitness_centre", "93.13Z"),
    "yoga": ("sport=yoga|sport=pilates", "85.51Z"),
    "centre équestre": ("leisure=horse_riding", "93.12Z"),
    "cinéma": ("amenity=cinema", "59.14Z"),
    "musée": ("tourism=museum", "91.02Z"),
    "discothèque": ("amenity=nightclub", "56.30Z"),
    "office de tourisme": ("tourism=information&information=office", "79.90Z"),
    "bureau de poste": ("amenity=post_office", "53.10Z"),
    # through the id-tagging-schema alone
    "apiculteur": ("craft=beekeeper", None),
    "sellier": ("craft=saddler", None),
    "bibliothèque": ("amenity=library", "91.01Z"),
    "magasin de tissus": ("shop=fabric", None),
    # wrapped, plural, capitals, without accents
    "entreprise de plomberie": ("craft=plumber", "43.22A"),
    "Plombiers": ("craft=plumber", "43.22A"),
    "BOULANGERIES": ("shop=bakery", "10.71C"),
    "ecole": ("amenity=school", "85.20Z"),
    "Kinesitherapeutes": ("healthcare=physiotherapist", "86.90E"),
    "agences immobilieres": ("office=estate_agent|shop=estate_agent", "68.31Z"),
    "  Cabinets   dentaires ": ("amenity=dentist|healthcare=dentist", "86.23Z"),
    "salons de coiffure": ("shop=hairdresser", "96.02A"),
    "Expert comptable": ("office=accountant|office=tax_advisor", "69.20Z"),
    "auto ecole": ("amenity=driving_school", "85.53Z"),
    "avocats d'affaires": ("office=lawyer", "69.10Z"),
    "magasins": ("shop=*", None),
    "artisan": ("craft=*", None),
}
NAMES = [
    "Leroy Merlin",
    "Orange",
    "Monoprix",
    "Crédit Agricole du Nord",
    "cabinet",
    "bureau",
    "entreprise",
    "xyzzy",
    "banc",
]


def written(found):
    return "|".join("&".join(f"{key}={value}" for key, value in tags.items()) for tags in found.alternatives)


def test_the_table_is_a_table():
    assert len(TABLE) >= 120


@pytest.mark.parametrize("query", TABLE)
def test_a_trade_is_understood(query):
    tags, naf = TABLE[query]
    found = meaning(query)
    assert written(found) == tags
    assert (found.naf[0] if found.naf else None) == naf


def test_a_body_shop_is_not_any_garage():
    found = meaning("carrossier")
    assert {"shop": "car_repair"} not in found.alternatives
    assert {"shop": "car_repair", "service:vehicle:body_repair": "yes"} in found.alternatives


@pytest.mark.parametrize("query", NAMES)
def test_what_is_no_trade_is_a_name(query):
    found = meaning(query)
    assert not found.alternatives
    assert found.name == fold(query)


def test_our_table_names_nothing_twice_and_every_naf_code_exists():
    keys = [key for trade in trades() for key in {phrase(name) for name in trade.names}]
    assert sorted(keys) == sorted(set(keys))
    assert {code for trade in trades() for code in trade.naf} <= set(naf_labels())


def test_no_preset_is_street_furniture():
    assert not any(preset.tags.get("amenity") in {"bench", "parking", "waste_basket"} for preset in presets())


@pytest.mark.parametrize(
    ("text", "folded"),
    [("Crêperie « L'Œuf »", "creperie l oeuf"), ("À la bonne heure", "a la bonne heure"), ("", ""), ("日本", "")],
)
def test_folding(text, folded):
    assert fold(text) == folded
