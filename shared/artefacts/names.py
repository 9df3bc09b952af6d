"""What an artefact is called: its owner, the hash of its bytes, and one of the extensions that are served."""

from __future__ import annotations

import hashlib
import re
from typing import Final

import msgspec

MEDIA_TYPES: Final = {"png": "image/png", "jpg": "image/jpeg"}
"""By extension; nothing else is stored or served. Both are encoded by us: no byte of a website is ever served."""

_OWNER = re.compile(r"[A-Za-z0-9_-]{1,64}")
_FILE = re.compile(rf"([0-9a-f]{{64}})\.({'|'.join(MEDIA_TYPES)})")


class ArtefactName(msgspec.Struct, frozen=True):
    """One artefact. Equal names have equal bytes."""

    owner: str
    sha256: str
    extension: str

    @classmethod
    def of(cls, owner: str, extension: str, data: bytes) -> ArtefactName:
        """The name of these bytes. Raises ValueError for an owner or an extension that may not be stored."""
        name = cls.parse(owner, f"{hashlib.sha256(data).hexdigest()}.{extension}")
        if name is None:
            raise ValueError(f"{owner!r} with {extension!r} is no name of an artefact")
        return name

    @classmethod
    def parse(cls, owner: str, file_name: str) -> ArtefactName | None:
        """The name in a path; None for anything that could not have been stored."""
        parts = _FILE.fullmatch(file_name)
        return cls(owner, parts[1], parts[2]) if parts and _OWNER.fullmatch(owner) else None

    @property
    def file_name(self) -> str:
        return f"{self.sha256}.{self.extension}"

    @property
    def media_type(self) -> str:
        return MEDIA_TYPES[self.extension]

    @property
    def path(self) -> str:
        """Where the API serves it."""
        return f"/api/brand-assets/{self.owner}/{self.file_name}"
