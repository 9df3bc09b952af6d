"""Which sources of places this deployment has. Asked at every creation of a job, so it does no more than one `stat`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from shared.settings import Settings, SettingsError

SOURCES: Final = ("osm", "overpass", "google_places", "sirene")
"""In the order in which they are asked, and in which they decide, when nothing else is said."""
ON_REQUEST: Final = frozenset({"sirene"})
"""Needs no key, so it is used only where `OUTSEND_SCRAP_SOURCES` names it: it knows neither sites nor phones."""
WITH_REVIEWS: Final = frozenset({"google_places"})

_OPEN_STREET_MAP = "© OpenStreetMap contributors, ODbL 1.0 (https://www.openstreetmap.org/copyright)"
ATTRIBUTIONS: Final[Mapping[str, str]] = {
    "osm": _OPEN_STREET_MAP,
    "overpass": _OPEN_STREET_MAP,
    "google_places": "Google Maps; the terms of its Places API limit what may be stored beyond place ids",
    "sirene": "Répertoire Sirene, Insee, via recherche-entreprises.api.gouv.fr, Licence Ouverte 2.0",
}
"""What each source's licence or terms ask to be said."""

NOT_CONFIGURED: Final = (
    "No source of places is configured: import an OpenStreetMap extract with `outsend import-osm FILE.pbf`, "
    "or set OUTSEND_OVERPASS_URL or OUTSEND_GOOGLE_PLACES_KEY."
)


def osm_file(settings: Settings) -> Path:
    """Where the imported extract is, or will be."""
    return Path(settings.scrap_osm_file) if settings.scrap_osm_file else settings.data_dir / "scrap" / "places.sqlite"


def configured_sources(settings: Settings) -> list[str]:
    """The sources a scrap job uses, first the one that decides; empty: none is configured.

    Raises SettingsError for a name in `scrap_sources` that is no source.
    """
    if unknown := [name for name in settings.scrap_sources if name not in SOURCES]:
        raise SettingsError(f"OUTSEND_SCRAP_SOURCES: there is no source {unknown[0]!r}; there are {', '.join(SOURCES)}")
    wanted = dict.fromkeys(settings.scrap_sources) or [name for name in SOURCES if name not in ON_REQUEST]
    return [name for name in wanted if _usable(name, settings)]


def reviews_offered(settings: Settings) -> bool:
    """Whether a job may ask for reviews."""
    return any(name in WITH_REVIEWS for name in configured_sources(settings))


def _usable(name: str, settings: Settings) -> bool:
    match name:
        case "osm":
            return osm_file(settings).is_file()
        case "overpass":
            return bool(settings.overpass_url)
        case "google_places":
            return bool(settings.google_places_key)
        case _:
            return bool(settings.recherche_entreprises_url)
