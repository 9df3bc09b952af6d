"""Reads an export back the way a client would."""

import csv
import io
import json

from openpyxl import load_workbook


async def whole(chunks):
    return b"".join([chunk async for chunk in chunks])


async def pages_of(*pages):
    for page in pages:
        yield page


def read_csv(content):
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=";", strict=True))


def read_json(content):
    return json.loads(content)


def read_xlsx(content):
    book = load_workbook(io.BytesIO(content))
    return [[list(row) for row in sheet.iter_rows()] for sheet in book]


def values(rows):
    return [[cell.value for cell in row] for row in rows]
