import pytest

from shared.identity.addresses import parse_address, same_address
from shared.identity.errors import InvalidInput


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        (" Ada@Example.COM ", "Ada@example.com"),
        ("a.b+tag@exemple.fr", "a.b+tag@exemple.fr"),
        ("contact@café.fr", "contact@xn--caf-dma.fr"),
    ],
)
def test_addresses_people_have(typed, address):
    assert parse_address(typed) == address
    assert same_address(typed) == address.lower()


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "ada",
        "@example.com",
        "ada@",
        "ada@localhost",
        "a@b@example.com",
        "a b@example.com",
        "a@exa mple.com",
        "a@.com",
        "a@example..com",
        "a..b@example.com",
        ".a@example.com",
        "a@example.com\r\nBcc: x@y.fr",
        "a\n@example.com",
        '"a b"@example.com',
        "x" * 65 + "@example.com",
        "a@" + "x" * 64 + ".com",
        "a@" + ".".join(["x" * 60] * 5),
        "é@example.com",
        "<a@example.com>",
    ],
)
def test_what_is_no_address(typed):
    with pytest.raises(InvalidInput, match="not a valid e-mail address"):
        parse_address(typed)
    same_address(typed)
