"""Which store the settings name."""

from __future__ import annotations

from shared.artefacts.folder import FolderStore
from shared.artefacts.s3 import S3Store
from shared.artefacts.store import ArtefactStore
from shared.settings import Settings


def open_artefacts(settings: Settings) -> ArtefactStore:
    """The bucket of `artefacts_url`, or else the folder `artefacts` in the data folder. Raises SettingsError."""
    return S3Store(settings) if settings.artefacts_url else FolderStore(settings.data_dir / "artefacts")
