"""The full size of a job, 10 000 rows of 30 columns: the event loop beside the export keeps answering."""

import asyncio

import pytest

from shared.export.formats import EXPORTERS
from tests.timing import assert_loop_free
from tests.unit.export.reading import read_csv, read_json, read_xlsx

COLUMNS = [f"colonne_{n}" for n in range(30)]
ROWS = 10_000


async def full_job():
    for page in range(0, ROWS, 500):
        yield [{name: f"valeur {page + n} de {name}" for name in COLUMNS} for n in range(500)]
        await asyncio.sleep(0)


@pytest.mark.parametrize("export_format", ["csv", "json", "xlsx"])
async def test_exporting_a_full_job_never_blocks_the_loop(export_format):
    chunks = []

    async def export():
        chunks[:] = [chunk async for chunk in EXPORTERS[export_format](COLUMNS, full_job())]

    await assert_loop_free(0.25, export)
    assert max(map(len, chunks)) <= 1024 * 1024

    content = b"".join(chunks)
    if export_format == "csv":
        assert len(read_csv(content)) == ROWS + 1
    elif export_format == "json":
        assert len(read_json(content)) == ROWS
    else:
        [sheet] = read_xlsx(content)
        assert len(sheet) == ROWS + 1
        assert sheet[-1][29].value == "valeur 9999 de colonne_29"
