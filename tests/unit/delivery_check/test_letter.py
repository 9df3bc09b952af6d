"""Headers as senders write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.delivery_check.letter import folded, is_from, read_letter


@given(st.binary(max_size=400) | st.text(alphabet="From: Subject=?utf8q<>@\r\n\t", max_size=200).map(str.encode))
def test_any_bytes_are_a_letter(header):
    letter = read_letter(header)
    assert "\n" not in letter.subject and "\x00" not in letter.subject
    letter.subject.encode()
    assert len(letter.subject) <= 300


@pytest.mark.parametrize(
    ("value", "sender"),
    [
        ("x@example.com", "example.com"),
        ("Hello <X@Example.COM>", "example.com"),
        ('"a@evil.fr" <x@example.com>', "example.com"),
        ("x@caf\u00e9.fr", "xn--caf-dma.fr"),
        ("a@b.fr, c@d.fr", "b.fr"),
        ("nobody", ""),
        ("", ""),
        ("undisclosed:;", ""),
    ],
)
def test_the_sender(value, sender):
    assert read_letter(f"From: {value}\r\n\r\n".encode()).sender == sender


@pytest.mark.parametrize(
    ("headers", "links", "one_click"),
    [
        ("List-Unsubscribe: <https://a.fr/x>\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click", 1, True),
        (
            "List-Unsubscribe: <mailto:a@a.fr>,\r\n <https://a.fr/x>\r\nlist-unsubscribe-post: List-Unsubscribe=One-Click",
            2,
            True,
        ),
        ("List-Unsubscribe: <mailto:a@a.fr>\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click", 1, False),
        ("List-Unsubscribe: <https://a.fr/x>", 1, False),
        ("List-Unsubscribe-Post: List-Unsubscribe=One-Click", 0, False),
        ("List-Unsubscribe: https://a.fr/x", 0, False),
        ("List-Unsubscribe: <javascript:alert(1)>", 0, False),
    ],
)
def test_how_to_unsubscribe(headers, links, one_click):
    letter = read_letter(f"{headers}\r\n\r\n".encode())
    assert (len(letter.unsubscribe), letter.one_click) == (links, one_click)


def test_a_date_is_told_or_not():
    assert read_letter(b"Date: Mon, 23 Nov 2026 09:00:00 +0100\r\n").sent_at == "2026-11-23T09:00:00+01:00"
    for wrong in (b"Date: yesterday", b"Date: Mon, 99 Nov 2026 09:00:00 +0100", b""):
        assert read_letter(wrong + b"\r\n\r\n").sent_at is None


def test_subjects_are_compared_as_people_do():
    assert folded("  CAFÉ\t Crème ") == folded("cafe\u0301 crème")


def test_a_domain_and_what_is_below():
    assert is_from("example.com", "example.com") and is_from("a.b.example.com", "example.com")
    assert not is_from("notexample.com", "example.com") and not is_from("", "example.com")
