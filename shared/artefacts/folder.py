"""Artefacts as files: `<root>/<owner>/<first two digits>/<sha256>.<extension>`."""

from __future__ import annotations

import asyncio
import contextlib
import os
import tempfile
from pathlib import Path

from shared.artefacts.names import ArtefactName
from shared.artefacts.store import ArtefactsUnavailable


class FolderStore:
    """A folder that workers and the projector share. A file's modification time says when it was last put."""

    def __init__(self, root: Path) -> None:
        self._root = root

    async def put(self, owner: str, extension: str, data: bytes) -> ArtefactName:
        name = ArtefactName.of(owner, extension, data)
        try:
            await asyncio.to_thread(_keep, self._file(name), data)
        except OSError as error:
            raise ArtefactsUnavailable(f"The artefact folder cannot be written: {error.strerror}.") from error
        return name

    async def get(self, name: ArtefactName) -> bytes | None:
        try:
            return await asyncio.to_thread(self._file(name).read_bytes)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise ArtefactsUnavailable(f"The artefact folder cannot be read: {error.strerror}.") from error

    async def sweep(self, before: float) -> int:
        try:
            return await asyncio.to_thread(_sweep, self._root, before)
        except OSError as error:
            raise ArtefactsUnavailable(f"The artefact folder cannot be swept: {error.strerror}.") from error

    async def aclose(self) -> None:
        """Nothing is open."""

    def _file(self, name: ArtefactName) -> Path:
        return self._root / name.owner / name.sha256[:2] / name.file_name


def _keep(path: Path, data: bytes) -> None:
    with contextlib.suppress(FileNotFoundError):
        os.utime(path)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    # A crash leaves a temporary file, which ages and is swept, and never half an artefact.
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _sweep(root: Path, before: float) -> int:
    removed = 0
    for folder, _, files in os.walk(root):
        for name in files:
            path = Path(folder, name)
            with contextlib.suppress(FileNotFoundError):  # another process sweeps too
                if path.stat().st_mtime < before:
                    path.unlink()
                    removed += 1
    return removed
