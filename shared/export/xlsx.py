"""XLSX: rows go as JSON lines into a process that writes a temporary file, which is then streamed.

Flat memory (the pipe makes the reader wait for the writer), a free event loop, and a client that goes away
costs nothing: its process is killed and its folder removed.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from pathlib import Path
from weakref import WeakKeyDictionary

import msgspec
import structlog

from shared.export.errors import ExportError
from shared.export.rows import Pages, Row, slices
from shared.export.sheet import MAX_COLUMNS, MAX_TEXT, Sheet, Written

_log = structlog.get_logger(__name__)

_PROCESSES = 2
"""Workbooks written at once per service; the next download waits its turn."""
_CHUNK = 256 * 1024
_slots: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = WeakKeyDictionary()


async def export_xlsx(
    columns: Sequence[str],
    pages: Pages,
    list_columns: Collection[str] = (),
    *,
    on_cut: Callable[[int], None] | None = None,
) -> AsyncIterator[bytes]:
    """The file in chunks, of which the first comes when the whole workbook is written.

    `on_cut` is told how many cells had their text cut at 32 767 characters, if any had; it is logged too.
    Raises ExportError, before the first chunk.
    """
    if len(columns) > MAX_COLUMNS:
        raise ExportError(
            f"The result has {len(columns)} columns and a spreadsheet holds {MAX_COLUMNS}: use csv or json."
        )
    with tempfile.TemporaryDirectory(prefix="outsend-xlsx-") as folder:
        path = Path(folder, "export.xlsx")
        slot = _slots.setdefault(asyncio.get_running_loop(), asyncio.Semaphore(_PROCESSES))
        async with slot:
            written = await _write(path, columns, pages, list_columns)
        if written.cut:
            _log.warning("xlsx_text_cut", cells=written.cut, limit=MAX_TEXT)
            if on_cut:
                on_cut(written.cut)
        with await asyncio.to_thread(path.open, "rb") as file:
            while chunk := await asyncio.to_thread(file.read, _CHUNK):
                yield chunk


async def _write(path: Path, columns: Sequence[str], pages: Pages, list_columns: Collection[str]) -> Written:
    process = await _start(path)
    try:
        await _feed(process, columns, pages, list_columns)
        answer, complaint = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode != 0:
        _log.error("xlsx_failed", exit_code=process.returncode, stderr=complaint.decode(errors="replace")[-2000:])
        raise ExportError("The spreadsheet could not be written; try again, or use csv or json.")
    return msgspec.json.decode(answer, type=Written)


async def _start(path: Path) -> asyncio.subprocess.Process:
    # The child finds the same modules, and leaves its own temporary files where they are removed with ours.
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
        "TMPDIR": str(path.parent),
    }
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", "shared.export.workbook", str(path)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=environment,
        start_new_session=True,  # Ctrl-C is for the service, which then ends its children itself.
    )


async def _feed(
    process: asyncio.subprocess.Process, columns: Sequence[str], pages: Pages, list_columns: Collection[str]
) -> None:
    pipe = process.stdin
    assert pipe is not None
    try:
        await _send(pipe, msgspec.json.encode(Sheet(list(columns), list(list_columns))) + b"\n")
        async for rows in slices(pages, columns):
            await _send(pipe, await asyncio.to_thread(_lines, columns, rows))
    except _ProcessGoneError:
        return  # Its exit code says that it failed, its standard error why.
    finally:
        pipe.close()


class _ProcessGoneError(Exception):
    """The process takes no more rows. Kept apart from a broken connection to where the rows come from."""


async def _send(pipe: asyncio.StreamWriter, lines: bytes) -> None:
    if pipe.is_closing():
        raise _ProcessGoneError
    try:
        pipe.write(lines)
        await pipe.drain()
    except (BrokenPipeError, ConnectionResetError):
        raise _ProcessGoneError from None


def _lines(columns: Sequence[str], rows: Sequence[Row]) -> bytes:
    return b"".join(msgspec.json.encode([row.get(name) for name in columns]) + b"\n" for row in rows)
