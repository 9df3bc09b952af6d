import math

import pytest

from shared.export.cells import cell_text
from shared.export.csv import export_csv
from shared.export.formats import EXPORTERS, MEDIA_TYPES, file_name
from shared.export.json import export_json
from shared.export.rows import CELLS_A_SLICE, slices
from shared.export.xlsx import export_xlsx
from tests.unit.export.reading import pages_of, read_csv, read_json, read_xlsx, values, whole

COLUMNS = ["nom", "note", "ouvert", "avis", "emails_all", "plans", "vide", "absent"]
LISTS = {"emails_all", "plans"}
ROW = {
    "nom": 'Café "Le Zinc"; bar\r\nà vin',
    "note": 4.5,
    "ouvert": True,
    "avis": {"n": 3},
    "emails_all": ["a@x.fr", "b@x.fr", None],
    "plans": [{"name": "Pro"}],
    "vide": "",
    "autre": "not a column",
}
CELLS = [
    'Café "Le Zinc"; bar\r\nà vin',
    "4.5",
    "true",
    '{"n":3}',
    "a@x.fr, b@x.fr",
    '[{"name":"Pro"}]',
    "",
    "",
]


async def test_csv_has_mark_separator_quotes_and_line_ends():
    content = await whole(export_csv(COLUMNS, pages_of([ROW], [{}]), LISTS))
    assert read_csv(content) == [COLUMNS, CELLS, [""] * 8]
    assert content.startswith(b"\xef\xbb\xbfnom;note;ouvert;")
    assert b'"Caf\xc3\xa9 ""Le Zinc""; bar\r\n\xc3\xa0 vin";4.5;true' in content
    assert content.endswith(b"\r\n;;;;;;;\r\n")


async def test_csv_keeps_negative_numbers_as_numbers():
    content = await whole(export_csv(["a"], [[{"a": -1e-07}, {"a": -3}, {"a": False}, {"a": math.nan}]]))
    assert read_csv(content) == [["a"], ["-1e-7"], ["-3"], ["false"], [""]]


async def test_json_has_every_column_and_keeps_types():
    content = await whole(export_json(COLUMNS, pages_of([ROW], [{}]), LISTS))
    first, second = read_json(content)
    assert list(first) == COLUMNS == list(second)
    assert first == {name: ROW.get(name) for name in COLUMNS}
    assert second == dict.fromkeys(COLUMNS)


async def test_xlsx_cells_are_typed():
    content = await whole(export_xlsx(COLUMNS, pages_of([ROW], [{}, {"nom": "fin"}]), LISTS))
    [sheet] = read_xlsx(content)
    header, row, empty, last = values(sheet)
    assert header == COLUMNS
    assert row == [
        'Café "Le Zinc"; bar\r\nà vin',
        4.5,
        True,
        '{"n":3}',
        "a@x.fr, b@x.fr",
        '[{"name":"Pro"}]',
        None,
        None,
    ]
    assert [cell.data_type for cell in sheet[1]][:4] == ["s", "n", "b", "s"]
    assert empty == [None] * 8
    assert last[0] == "fin"


@pytest.mark.parametrize(("export_format", "empty"), [("csv", [["a", "b"]]), ("json", []), ("xlsx", [["a", "b"]])])
async def test_no_rows_is_still_a_file(export_format, empty):
    content = await whole(EXPORTERS[export_format](["a", "b"], pages_of()))
    read = {"csv": read_csv, "json": read_json, "xlsx": lambda file: values(read_xlsx(file)[0])}
    assert read[export_format](content) == empty


async def test_slices_keep_order_and_bound_the_cells():
    columns = [f"c{n}" for n in range(CELLS_A_SLICE // 10)]
    rows = [{"c0": n} for n in range(25)]
    cut = [part async for part in slices([rows[:20], [], rows[20:]], columns)]
    assert [len(part) for part in cut] == [10, 10, 5]
    assert [row for part in cut for row in part] == rows


def test_list_of_scalars_is_joined_only_where_the_manifest_says_so():
    assert cell_text(["a", 1, True], is_list=True) == "a, 1, true"
    assert cell_text(["a", 1], is_list=False) == '["a",1]'
    assert cell_text(["=a", "b"], is_list=True) == "'=a, b"
    assert cell_text("a, b", is_list=True) == "a, b"


def test_names_and_media_types():
    assert file_name("techstack_j_01.csv", "csv") == "techstack_j_01.csv"
    assert file_name("techstack_j_01.csv", "json") == "techstack_j_01.json"
    assert file_name("techstack_j_01.csv", "xlsx") == "techstack_j_01.xlsx"
    assert set(MEDIA_TYPES) == set(EXPORTERS)
