from __future__ import annotations

import pytest

from shared.net.site import normalize_site
from tests.timing import assert_within


@pytest.mark.parametrize(
    ("value", "usable"),
    [
        ("example.com", "example.com"),
        ("  Example.COM  ", "example.com"),
        ("www.example.com.", "www.example.com"),
        ("example.com:8080", "example.com:8080"),
        ("example.com/contact?x=1#top", "example.com/contact?x=1"),
        ("http://example.com", "http://example.com"),
        ("HTTPS://Example.com/A", "https://example.com/A"),
        ("https://example.com/mon site", "https://example.com/mon site"),
        ("https://example.com?x=y", "https://example.com?x=y"),
        ("boulangerie-dupré.fr", "xn--boulangerie-dupr-qqb.fr"),
        ("https://Café.fr/é", "https://xn--caf-dma.fr/é"),
        ("my_shop.example.com", "my_shop.example.com"),
        ("http://93.184.216.34/", "http://93.184.216.34/"),
        ("http://[2A00:1450::1]:8080/", "http://[2a00:1450::1]:8080/"),
        ("xn--caf-dma.fr", "xn--caf-dma.fr"),
    ],
)
def test_usable(value: str, usable: str) -> None:
    assert normalize_site(value) == usable
    assert normalize_site(usable) == usable


@pytest.mark.parametrize(
    "value",
    [
        None, 12, ["example.com"], "", "   ", "-", "n/a", "localhost", "http://localhost:8000", "example",
        "Pas de site", "exa mple.com", "ftp://example.com", "mailto:a@example.com", "javascript:alert(1)",
        "data:text/html,x", "file:///etc/passwd", "//example.com", "http://", "https:///x", "a@example.com",
        "https://user:pw@example.com/", "https://user@example.com/", "2130706433", "http://0x7f.1/", "127.1",
        "0177.0.0.1", "04.78.12.34.56", "http://example.com:99999/", "http://example.com:0/", "a..b.com",
        "-a.example.com", ".example.com", "http://exa\x00mple.com", "http://example.com\\@evil.com/",
        "http://[::1", "http://[fe80::1%25eth0]/", "http://a.b.c.d.e.1/", "x" * 64 + ".com", "a." * 200 + "com",
        "https://example.com/" + "x" * 3000, "①②⑦.⓪.⓪.①", "tel:+33478123456", "example.c",
    ],
)  # fmt: skip
def test_unusable(value: object) -> None:
    assert normalize_site(value) is None


def test_ten_thousand_take_no_time() -> None:
    values = [f"https://www.site-{number}.example.com/page?x={number}" for number in range(10_000)]
    assert all(map(normalize_site, values))
    assert_within(0.5, lambda: list(map(normalize_site, values)))  # 30 ms
