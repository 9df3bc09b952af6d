"""What keeps artefacts, whatever it is made of."""

from __future__ import annotations

from typing import Protocol

from shared.artefacts.names import ArtefactName

MAX_BYTES = 16 * 1024 * 1024
"""Of one artefact; pictures of ours are far smaller."""


class ArtefactsUnavailable(Exception):
    """The store cannot be reached or does not take or give what it should; the same call may pass later."""


class ArtefactStore(Protocol):
    """Bytes by name. An artefact is never half there, and one that is put again begins its life anew.

    Jobs of one owner share artefacts, so none is deleted with a job: `sweep` removes those that no job
    has put for longer than any job's rows live.
    """

    async def put(self, owner: str, extension: str, data: bytes) -> ArtefactName:
        """Keep these bytes from now on. Raises ValueError (see ArtefactName.of), ArtefactsUnavailable."""
        ...

    async def get(self, name: ArtefactName) -> bytes | None:
        """The bytes; None: there is no such artefact. Raises ArtefactsUnavailable."""
        ...

    async def sweep(self, before: float) -> int:
        """Remove what was last put before this time (Unix seconds); how many. Raises ArtefactsUnavailable."""
        ...

    async def aclose(self) -> None: ...
