"""Which questions a lead costs, and in which order."""

import pytest

from services.legal_data.finding import find
from services.legal_data.matching import choose
from services.legal_data.names import search_texts
from services.legal_data.wanted import wanted
from shared.geography import Geography


class Notebook:
    """A directory that knows nobody and notes what it is asked."""

    def __init__(self):
        self.asked = []

    async def by_siren(self, siren):
        self.asked.append(siren)

    async def search(self, name, *, postcodes=(), departments=()):
        self.asked.append((name, *postcodes, *departments))
        return []

    async def near(self, lat, lon, *, radius_km):
        self.asked.append((lat, lon, radius_km))
        return []

    async def aclose(self):
        pass


async def choosing(*args):
    return choose(*args)


@pytest.mark.parametrize(
    ("item", "questions"),
    [
        ({"nom": "Boulangerie Lemoine", "siren": "732829320"}, ["732829320"]),
        ({"nom": "Boulangerie Lemoine", "code_postal": "37600"}, [("lemoine", "37600")]),
        ({"nom": "Pharmacie du Centre", "code_postal": "37600"}, [("pharmacie centre", "37600")]),
        ({"nom": "SARL L'Atelier Brindille et Roseau", "code_postal": "37600"},
         [("brindille roseau", "37600"), ("brindille roseau", "37")]),
        ({"nom": "Lemoine", "code_postal": "75116"}, [("lemoine", "75016", "75116")]),
        ({"nom": "Lemoine", "ville": "Paris La Défense CEDEX", "code_postal": "92095"}, [("lemoine", "92")]),
        ({"nom": "Boulangerie Lemoine"}, [("boulangerie lemoine",), ("lemoine",)]),
        ({"nom": "Lemoine", "lat": 47.1282, "lon": 0.9977}, [("lemoine", "37600"), (47.1282, 0.9977, 0.15)]),
        ({"nom": "Au Bon Coin", "raison_sociale": "SARL Lemoine", "code_postal": "37600"},
         [("bon coin", "37600"), ("bon coin", "37"), ("lemoine", "37600")]),
    ],
)  # fmt: skip
async def test_questions(item, questions):
    notebook = Notebook()
    found = await find(notebook, wanted(item, Geography.load()), choosing)
    assert found.company is None
    assert notebook.asked == questions


@pytest.mark.parametrize(
    ("name", "texts"),
    [
        ("Garage St-Éloi", ["eloi", "garage eloi"]),
        ("Hôtel de France - Restaurant Le Lion", ["lion", "restaurant lion"]),
        ("Cabinet dentaire", ["cabinet dentaire"]),
        ("S.A.R.L. Kermarrec & Fils", ["kermarrec", "kermarrec fils"]),
        ("SARL", ["sarl"]),
    ],
)
def test_what_the_register_is_asked_for(name, texts):
    assert search_texts(name) == texts
