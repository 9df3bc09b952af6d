"""Leads as office software and people write them."""

import io

import pytest

from services.cli.errors import UsageError
from services.cli.leads import read_leads

DUPONT = {"nom": "Café Dupont", "site_web": "https://dupont.fr", "ville": "Orléans"}


def leads(tmp_path, data, name="leads.csv"):
    (tmp_path / name).write_bytes(data)
    return read_leads([str(tmp_path / name)], "site_web")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_csv_in_every_common_form(tmp_path, encoding, delimiter, newline):
    text = newline.join([delimiter.join(DUPONT), delimiter.join(DUPONT.values()), ""])
    assert leads(tmp_path, text.encode(encoding)) == [DUPONT]


def test_quoted_cells_may_hold_delimiters_and_line_ends(tmp_path):
    data = b'"nom, long";site_web\n"a;b\nc";https://x.fr\n'
    assert leads(tmp_path, data) == [{"nom, long": "a;b\nc", "site_web": "https://x.fr"}]


def test_blank_rows_and_cells_beyond_the_header_are_dropped(tmp_path):
    assert leads(tmp_path, b"nom;site_web\n;\na;https://a.fr;more\nb\n") == [
        {"nom": "a", "site_web": "https://a.fr"},
        {"nom": "b"},
    ]


def test_a_bare_list_of_sites_needs_no_header(tmp_path):
    assert leads(tmp_path, b"https://a.fr\n\nb.fr\n", "sites.txt") == [
        {"site_web": "https://a.fr"},
        {"site_web": "b.fr"},
    ]


def test_json_keeps_its_types(tmp_path):
    assert leads(tmp_path, b' [{"site_web": "a.fr", "n": 1}]', "leads.json") == [{"site_web": "a.fr", "n": 1}]


def test_sites_as_arguments_and_standard_input(monkeypatch):
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"site_web\nc.fr\n")))
    given = read_leads(["https://a.fr/x?y=1", "b.co.uk", "-"], "site_web")
    assert [item["site_web"] for item in given] == ["https://a.fr/x?y=1", "b.co.uk", "c.fr"]


@pytest.mark.parametrize(
    ("data", "name", "says"),
    [
        (b"", "leads.csv", "there are no leads"),
        (b"nom;site_web\n", "leads.csv", "there are no leads"),
        (b"[1, 2]", "leads.json", "is not a JSON list of objects"),
        (b"[{", "leads.json", "is not a JSON list of objects"),
        (b'nom;site_web\n"' + b"x" * 200_000 + b'";a.fr\n', "leads.csv", "cannot be read as CSV"),
    ],
)
def test_what_cannot_be_used_is_said(tmp_path, data, name, says):
    with pytest.raises(UsageError, match=says):
        leads(tmp_path, data, name)


@pytest.mark.parametrize("argument", ["missing.csv", "no site", "/etc", "missing.json"])
def test_neither_file_nor_site(argument):
    with pytest.raises(UsageError, match="is neither a file nor a site"):
        read_leads([argument], "site_web")
