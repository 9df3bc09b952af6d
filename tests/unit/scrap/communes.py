"""A geography of one commune, for tests that are about something else."""

from shared.geography import Commune, Division

TOURS = Commune(
    insee="37261",
    name="Tours",
    city="Tours",
    postcode="37000",
    postcodes=("37000",),
    department=Division("37", "Indre-et-Loire"),
    region=Division("24", "Centre-Val de Loire"),
    population=139_259,
    centre=(47.39122, 0.68922),
)


class OneCommune:
    def __init__(self, commune=TOURS):
        self.asked = 0
        self.commune = commune

    def commune_at(self, lat, lon):
        self.asked += 1
        return self.commune
