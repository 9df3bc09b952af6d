"""Downloads as the programs that open them see them."""

import asyncio
import csv
import io
import json
import time
import zipfile

import openpyxl
import pytest
from httpx_sse import aconnect_sse

from tests.e2e.acts import busy

pytestmark = pytest.mark.servers

FORMULAS = [
    '=HYPERLINK("http://evil.test";"x")', "+cmd|' /C calc'!A0", "-2+3+cmd|' /C calc'!A0", "@SUM(1+1)", "\t=1+1",
    "\r=1+1", "\0=1+1", "＝1+1", "＋1+1", "－1+1", "＠SUM(1)",
]  # fmt: skip
PLAIN = ["+33 1 23 45 67 89", "-3.5", "+33 (0)1-23", "'deja", "", "a=b", "1+1", " =1", 'Île; « de » "France"\nligne 2']


@pytest.fixture
def texts(finished):
    return finished([{"nom": "x", "texte": text} for text in [*FORMULAS, *PLAIN]])["id"]


def read_csv(answer):
    assert answer.content.startswith(b"\xef\xbb\xbf"), "Excel takes it for UTF-8 by this mark alone"
    return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"), newline=""), delimiter=";", strict=True))


def read_xlsx(answer):
    [sheet] = openpyxl.load_workbook(io.BytesIO(answer.content)).worksheets
    return [list(row) for row in sheet.iter_rows()]


def test_csv(api, texts):
    head, *lines = read_csv(api.get(f"/api/jobs/{texts}/download"))
    assert head == ["nom", "texte", "echo"]
    assert [line[1] for line in lines] == [f"'{text}" for text in FORMULAS] + PLAIN
    assert b"\r\n" in api.get(f"/api/jobs/{texts}/download").content


def test_json(api, texts):
    rows = api.get(f"/api/jobs/{texts}/download?format=json").json()
    assert [row["texte"] for row in rows] == [f"'{text}" for text in FORMULAS] + PLAIN


def test_xlsx(api, texts):
    head, *rows = read_xlsx(api.get(f"/api/jobs/{texts}/download?format=xlsx"))
    assert [cell.value for cell in head] == ["nom", "texte", "echo"]
    assert {cell.data_type for row in rows for cell in row if cell.value is not None} == {"s"}, "no formula anywhere"
    shown = [row[1].value or "" for row in rows]
    for text, cell in zip(FORMULAS, shown, strict=False):
        assert cell.startswith("'") and cell.endswith(text.lstrip("\r\t\0")[1:]), (text, cell)
    assert shown[len(FORMULAS) :] == PLAIN


def test_items_are_raw(api, texts):
    rows = api.get(f"/api/jobs/{texts}/items").json()["items"]
    assert [row["texte"] for row in rows] == [*FORMULAS, *PLAIN]


def test_headers_are_neutralised_like_cells(api, finished):
    names = [name for name in FORMULAS if "\0" not in name and "\r" not in name]
    job = finished([{"nom": "x"} | dict.fromkeys(names, 1)])["id"]
    wanted = ["nom", *(f"'{name}" for name in names), "echo"]
    assert read_csv(api.get(f"/api/jobs/{job}/download"))[0] == wanted
    assert list(api.get(f"/api/jobs/{job}/download?format=json").json()[0]) == wanted
    head = read_xlsx(api.get(f"/api/jobs/{job}/download?format=xlsx"))[0]
    assert [cell.value for cell in head] == wanted
    assert list(api.get(f"/api/jobs/{job}/items").json()["items"][0]) == ["nom", *names, "echo"]


def test_values_keep_their_types(api, finished):
    item = {
        "nom": "x",
        "n": 7,
        "f": 1.5,
        "oui": True,
        "non": False,
        "rien": None,
        "liste": ["a", 1],
        "objet": {"k": "é"},
    }
    job = finished([item, {"nom": "y", "autre": "z"}])["id"]
    download = f"/api/jobs/{job}/download"
    columns = [*item, "autre", "echo"]
    head, first, second = read_csv(api.get(download))
    assert head == columns, "the input's keys by first appearance over all items, then the produced ones"
    assert first == ["x", "7", "1.5", "true", "false", "", '["a",1]', '{"k":"é"}', "", "x"]
    assert second == ["y", *[""] * 7, "z", "y"]
    rows = api.get(f"{download}?format=json").json()
    assert rows[0] == item | {"autre": None, "echo": "x"}
    assert list(rows[1]) == columns and rows[1]["n"] is None
    cells = read_xlsx(api.get(f"{download}?format=xlsx"))[1]
    assert [(cell.value, cell.data_type) for cell in cells[:6]] == [
        ("x", "s"), (7, "n"), (1.5, "n"), (True, "b"), (False, "b"), (None, "n"),
    ]  # fmt: skip
    assert json.loads(cells[7].value) == {"k": "é"}


async def test_a_large_workbook_delays_nobody(stack, user):
    columns = {f"colonne_{number}": f"valeur {number}" for number in range(28)}
    items = [{"nom": f"n{row}", **columns} for row in range(10_000)]
    async with stack.async_client(user) as client:
        job = (await client.post("/api/jobs/noop", json={"items": items})).json()["id"]
        async with aconnect_sse(client, "GET", f"/api/jobs/{job}/stream") as source:
            async for event in source.aiter_sse():
                assert event.event != "error"
        # On an idle machine others wait for some 30 ms; a loop held by the workbook would stand still for `took`.
        # A busy machine may stand still for once, not each time.
        seen = []
        for _ in range(4):
            watched = (await client.post("/api/jobs/faulty", json={"items": busy(4000, 100)})).json()["id"]
            content, took, wait, pause = await download_beside_others(client, job, watched)
            seen.append((took, wait, pause))
            await client.post(f"/api/jobs/{watched}/cancel")
            if nobody_is_delayed := wait < max(0.5, took / 2) and pause < max(1.0, took / 2):
                break
        assert nobody_is_delayed, seen
    sheet = zipfile.ZipFile(io.BytesIO(content)).read("xl/worksheets/sheet1.xml")
    assert (sheet.count(b"<row "), sheet.count(b"<c ")) == (10_001, 10_001 * 30)


async def download_beside_others(client, job, watched):
    """A job's workbook, the seconds it took, and how long other requests and another job's stream waited at most."""
    waits, pauses = [], []

    async def follow():
        last = time.monotonic()
        async with aconnect_sse(client, "GET", f"/api/jobs/{watched}/stream") as source:
            async for _ in source.aiter_sse():
                pauses.append(time.monotonic() - last)
                last = time.monotonic()

    async def ask():
        while True:
            began = time.monotonic()
            assert (await client.get("/api/auth/me")).status_code == 200
            waits.append(time.monotonic() - began)
            await asyncio.sleep(0.02)

    others = [asyncio.create_task(follow()), asyncio.create_task(ask())]
    began = time.monotonic()
    answer = await client.get(f"/api/jobs/{job}/download?format=xlsx")
    took = time.monotonic() - began
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    assert others[1].cancelled(), "no request failed meanwhile"
    return answer.content, took, max(waits), max(pauses, default=took)
