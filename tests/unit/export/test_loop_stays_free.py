"""The full size of a job, 10 000 rows of 30 columns: the event loop beside the export keeps answering."""

import asyncio
import time

import pytest

from shared.export.formats import EXPORTERS
from tests.unit.export.reading import read_csv, read_json, read_xlsx

COLUMNS = [f"colonne_{n}" for n in range(30)]
ROWS = 10_000


async def full_job():
    for page in range(0, ROWS, 500):
        yield [{name: f"valeur {page + n} de {name}" for name in COLUMNS} for n in range(500)]
        await asyncio.sleep(0)


async def worst_lag(stop):
    worst = 0.0
    while not stop.is_set():
        before = time.perf_counter()
        await asyncio.sleep(0.005)
        worst = max(worst, time.perf_counter() - before - 0.005)
    return worst


@pytest.mark.parametrize("export_format", ["csv", "json", "xlsx"])
async def test_exporting_a_full_job_never_blocks_the_loop(export_format):
    stop = asyncio.Event()
    lag = asyncio.create_task(worst_lag(stop))
    biggest, chunks = 0, []
    async for chunk in EXPORTERS[export_format](COLUMNS, full_job()):
        biggest = max(biggest, len(chunk))
        chunks.append(chunk)
    stop.set()
    worst = await lag
    print(f"{export_format}: worst lag {worst * 1000:.0f} ms, {sum(map(len, chunks))} bytes")
    assert worst < 0.25
    assert biggest <= 1024 * 1024

    content = b"".join(chunks)
    if export_format == "csv":
        assert len(read_csv(content)) == ROWS + 1
    elif export_format == "json":
        assert len(read_json(content)) == ROWS
    else:
        [sheet] = read_xlsx(content)
        assert len(sheet) == ROWS + 1
        assert sheet[-1][29].value == "valeur 9999 de colonne_29"
