import asyncio
import io
import tempfile
from pathlib import Path

import psutil
import pytest
import uvloop
from openpyxl import load_workbook
from structlog.testing import capture_logs

from shared.export.errors import ExportError
from shared.export.sheet import MAX_COLUMNS, MAX_TEXT, Sheet
from shared.export.workbook import WorkbookWriter
from shared.export.xlsx import export_xlsx
from tests.unit.export.reading import pages_of, read_xlsx, values, whole


def written(tmp_path, columns, rows, *, max_rows=1000):
    writer = WorkbookWriter(Sheet(columns, []), max_rows=max_rows)
    for row in rows:
        writer.append(row)
    path = tmp_path / "book.xlsx"
    report = writer.save(str(path))
    return report, load_workbook(path)


def test_rows_beyond_a_sheet_go_on_to_the_next(tmp_path):
    report, book = written(tmp_path, ["a"], [[n] for n in range(5)], max_rows=3)
    assert report.rows == 5
    assert [values(sheet.iter_rows()) for sheet in book] == [
        [["a"], [0], [1]],
        [["a"], [2], [3]],
        [["a"], [4]],
    ]


def test_text_that_looks_like_something_else_stays_text(tmp_path):
    texts = ["#N/A", "#DIV/0!", "2026-01-02", "12", "TRUE", "#"]
    _, book = written(tmp_path, ["a"], [[text] for text in texts])
    cells = [row[0] for row in book.active.iter_rows(min_row=2)]
    assert [(cell.value, cell.data_type) for cell in cells] == [(text, "s") for text in texts]


def test_long_integers_keep_their_digits(tmp_path):
    _, book = written(tmp_path, ["a"], [[12345678901234567], [123456789012345], [-(10**15)]])
    assert [row[0].value for row in book.active.iter_rows(min_row=2)] == [
        "12345678901234567",
        123456789012345,
        "-1000000000000000",
    ]


def test_illegal_characters_go_and_uncover_no_formula(tmp_path):
    _, book = written(tmp_path, ["a\x01"], [["x\x00\x1f\ufffey"], ["\x01=1+1"], ["\x00a"], ["a\tb\nc"]])
    assert [row[0].value for row in book.active.iter_rows()] == ["a", "xy", "'=1+1", "'a", "a\tb\nc"]


def test_character_escapes_stay_text(tmp_path):
    _, book = written(tmp_path, ["a"], [["_x0041_ _x41_"]])
    assert book.active["A2"].value == "_x005F_x0041_ _x41_"


async def test_long_text_is_cut_counted_and_logged():
    rows = [{"a": "x" * 40_000, "b": "é" * MAX_TEXT}, {"a": "\U0001f600" * 20_000, "b": "y"}]
    counts = []
    with capture_logs() as logs:
        content = await whole(export_xlsx(["a", "b"], pages_of(rows), on_cut=counts.append))
    [[_, first, second]] = read_xlsx(content)
    assert first[0].value == "x" * MAX_TEXT
    assert first[1].value == "é" * MAX_TEXT
    assert second[0].value == "\U0001f600" * (MAX_TEXT // 2)
    assert counts == [2]
    assert [(line["event"], line["cells"]) for line in logs] == [("xlsx_text_cut", 2)]


async def test_too_many_columns_is_refused_before_the_first_byte():
    with pytest.raises(ExportError, match=r"16385 columns.*csv or json"):
        await whole(export_xlsx([str(n) for n in range(MAX_COLUMNS + 1)], pages_of()))


def leftovers():
    children = [child for child in psutil.Process().children() if "shared.export.workbook" in child.cmdline()]
    return children, list(Path(tempfile.gettempdir()).iterdir())


@pytest.fixture
def own_temporary_folder(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


@pytest.mark.usefixtures("own_temporary_folder")
async def test_a_client_that_goes_away_leaves_no_process_and_no_file():
    started, never = asyncio.Event(), asyncio.Event()

    async def endless():
        yield [{"a": 1}]
        started.set()
        await never.wait()

    download = asyncio.create_task(whole(export_xlsx(["a"], endless())))
    await started.wait()
    assert len(leftovers()[0]) == 1
    download.cancel()
    with pytest.raises(asyncio.CancelledError):
        await download
    assert leftovers() == ([], [])


@pytest.mark.usefixtures("own_temporary_folder")
async def test_rows_that_cannot_be_read_fail_the_download_and_leave_nothing():
    async def broken():
        yield [{"a": 1}]
        raise ConnectionResetError("the store went away")

    with pytest.raises(ConnectionResetError):
        await whole(export_xlsx(["a"], broken()))
    assert leftovers() == ([], [])


@pytest.mark.usefixtures("own_temporary_folder")
@pytest.mark.parametrize("loop_factory", [asyncio.new_event_loop, uvloop.new_event_loop])
def test_a_process_that_dies_is_an_export_error(loop_factory):
    async def deadly():
        yield [{"a": 1}]
        [child], _ = leftovers()
        child.kill()
        for _ in range(100):
            yield [{"a": "x" * 100_000}]

    refused = pytest.raises(ExportError, match="could not be written")
    with asyncio.Runner(loop_factory=loop_factory) as loop, capture_logs() as logs, refused:
        loop.run(whole(export_xlsx(["a"], deadly())))
    assert logs[0]["event"] == "xlsx_failed"
    assert leftovers() == ([], [])


async def test_a_download_that_stops_half_way_closes_its_file():
    chunks = export_xlsx(["a"], pages_of([{"a": n} for n in range(10)]))
    first = await anext(chunks)
    await chunks.aclose()
    assert load_workbook(io.BytesIO(first)).active["A2"].value == 0
