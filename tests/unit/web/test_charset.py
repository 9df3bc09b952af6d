from __future__ import annotations

import pytest

from shared.web.charset import decode
from tests.timing import assert_within

TEXT = "<p>Café à Orléans, cœur 12 € — Noël «été»</p>"
META = '<meta charset="{}">'


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (TEXT.encode(), "text/html; charset=utf-8"),
        (TEXT.encode(), "text/html"),
        (TEXT.encode(), "text/html; charset=ISO-8859-1"),
        (TEXT.encode(), "text/html; charset=nonsense"),
        (TEXT.encode("utf-8-sig"), "text/html; charset=iso-8859-1"),
        (TEXT.encode("cp1252"), "text/html; charset=iso-8859-1"),
        (TEXT.encode("cp1252"), "text/html; charset='windows-1252'"),
        (TEXT.encode("cp1252"), "text/html; charset=utf-8"),
        (TEXT.encode("cp1252"), "text/html"),
        (TEXT.encode("iso8859-15", "replace").replace(b"?", b"-"), "text/html; charset=iso-8859-15"),
        (b"\xff\xfe" + TEXT.encode("utf-16-le"), "text/html"),
        (b"\xfe\xff" + TEXT.encode("utf-16-be"), "text/html; charset=utf-8"),
    ],
)
def test_french(body: bytes, content_type: str) -> None:
    assert "Café à Orléans, cœur 12 €" in decode(body, content_type)


@pytest.mark.parametrize(
    "meta",
    [
        '<meta charset="windows-1251">',
        "<META CHARSET=windows-1251>",
        '<meta http-equiv="Content-Type" content="text/html; charset=windows-1251">',
        " " * 3000 + "<meta charset = 'windows-1251'>",
    ],
)
def test_the_meta_element_counts(meta: str) -> None:
    assert "Пекарня" in decode((meta + "<p>Пекарня</p>").encode("cp1251"), "text/html")


def test_the_header_outranks_the_meta_element() -> None:
    body = ('<meta charset="windows-1252">' + "<p>Пекарня</p>").encode("koi8-r")
    assert "Пекарня" in decode(body, "text/html; charset=koi8-r")


def test_without_a_word_the_bytes_are_looked_at() -> None:
    assert "東京のパン屋" in decode(
        "<p>東京のパン屋です。毎日焼きたてのパンをお届けします。</p>".encode("shift_jis"), ""
    )


def test_a_few_broken_bytes_do_not_cost_the_rest() -> None:
    assert decode(TEXT.encode() + b"\xe9 \xff", "text/html; charset=utf-8").startswith("<p>Café à Orléans")


@pytest.mark.parametrize(
    "label", ["hex", "zlib", "punycode", "idna", "utf-7", "rot13", "unicode_escape", "utf-16", "é"]
)
def test_labels_that_are_no_encoding_of_the_web(label: str) -> None:
    assert decode(TEXT.encode(), f"text/html; charset={label}") == TEXT


def test_five_megabytes_of_noise_take_no_time() -> None:
    body = bytes(range(128, 256)) * 40_000
    assert decode(body, "")
    assert_within(3, lambda: decode(body, ""))
