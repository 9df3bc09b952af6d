"""Which store the settings name."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urlsplit

from shared.artefacts.folder import FolderStore
from shared.artefacts.s3 import S3Store
from shared.artefacts.store import ArtefactStore
from shared.settings import Settings


def open_artefacts(settings: Settings) -> ArtefactStore:
    """What `artefacts_url` names, or else the folder `artefacts` in the data folder. Raises SettingsError."""
    if not settings.artefacts_url:
        return FolderStore(settings.data_dir / "artefacts")
    if settings.artefacts_url.startswith("file:///"):
        return FolderStore(Path(unquote(urlsplit(settings.artefacts_url).path)))
    return S3Store(settings)
