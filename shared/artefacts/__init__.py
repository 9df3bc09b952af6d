"""The artefact store: pictures that modules make, under the hash of their content, in a folder or an S3 bucket."""

from shared.artefacts.names import MEDIA_TYPES, ArtefactName
from shared.artefacts.opening import open_artefacts
from shared.artefacts.store import ArtefactStore, ArtefactsUnavailable

__all__ = ["MEDIA_TYPES", "ArtefactName", "ArtefactStore", "ArtefactsUnavailable", "open_artefacts"]
