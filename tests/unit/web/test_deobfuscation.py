"""Addresses hidden from machines."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.web.deobfuscation import cloudflare_email, hidden_strings, readable, readable_among, reversed_classes


@pytest.mark.parametrize(
    "text",
    [
        "info [at] lemoine [dot] fr",
        "info(at)lemoine.fr",
        "info (AT) lemoine (POINT) fr",
        "info [arobase] lemoine [point] fr",
        "info{@}lemoine.fr",
        "info(a)lemoine.fr",
        "info arobase lemoine point fr",
        "info AT lemoine DOT fr",
        "info at lemoine dot fr",
        "info @ lemoine.fr",
        "info_at_lemoine_dot_fr",
        "info&#64;lemoine&#46;fr",
        "info\u200b@lemoine.fr",
        "info＠lemoine.fr",
    ],
)
def test_written_out(text):
    assert readable(f"Courriel : {text}") == "Courriel : info@lemoine.fr"


@pytest.mark.parametrize(
    "text",
    [
        "Ouvert à 9 h",
        "Meet us at home",
        "suivez @lemoine et @pains.fr",
        "chez Lemoine",
        "un point fr",
        "10 % @ 3 €",
        "",
    ],
)
def test_other_text_stays(text):
    assert readable(text) == text


@given(lines=st.lists(st.lists(st.sampled_from(list("xaAtT@ _-.[(&＠robas")), max_size=12).map("".join), max_size=8))
def test_lines_together_read_as_each_by_itself(lines):
    lines = [" ".join(line.split()) for line in lines]
    among = dict(readable_among(lines))
    for number, line in enumerate(lines):
        assert among.get(number, line) == readable(line)
        assert number in among or "@" not in line


def test_cloudflare():
    assert cloudflare_email("5a333435341a3f") == "inon@e"
    assert cloudflare_email("") is None
    assert cloudflare_email("zz") is None


def test_assignments_are_followed():
    script = "var a = 'in' + 'fo'; var d = \"lemoine.fr\"; var at='@'; box.innerHTML = a + '@' + d;"
    assert "info@lemoine.fr" in hidden_strings(f"<script>{script}</script>")
    assert "info@lemoine.fr" in hidden_strings("<script>x = ['info','lemoine.fr'].join('@');</script>")
    assert "info@lemoine.fr" in hidden_strings("<script>x = 'rf.eniomel@ofni'.split('').reverse().join('');</script>")


def test_what_has_no_sign_is_left_out():
    assert (
        hidden_strings("<script>var a = 'x' + 'y'; String.fromCharCode(65, 66)</script><a data-x='QUJDREVGR0hJSg=='>")
        == []
    )


def test_classes_shown_backwards():
    assert reversed_classes("<style>p{a:b} .x, .y-z {direction:rtl;unicode-bidi:bidi-override}</style>") == {"x", "y-z"}


_PIECES = st.sampled_from(
    [
        "@",
        "'",
        '"',
        "+",
        "fromCharCode(",
        "64,",
        ")",
        "unescape('",
        "%40",
        "atob('",
        "data-user=",
        "[at]",
        " point ",
        "&#64;",
        "cfemail",
    ]
)


@settings(max_examples=300, deadline=None)
@given(st.lists(_PIECES | st.text(max_size=6), max_size=60).map("".join))
def test_never_raises(text):
    readable(text)
    assert all("@" in one for one in hidden_strings(text))
