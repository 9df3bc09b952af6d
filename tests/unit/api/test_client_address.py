import pytest

from shared.api.client_address import believed

PROXIES = ("10.0.0.0/8", "fd00::/8")


@pytest.mark.parametrize(
    ("peer", "forwarded", "trusted", "client"),
    [
        ("203.0.113.1", "", (), "203.0.113.1"),
        ("203.0.113.1", "198.51.100.7", (), "203.0.113.1"),
        ("203.0.113.1", "198.51.100.7", PROXIES, "203.0.113.1"),
        ("10.0.0.1", "198.51.100.7", PROXIES, "198.51.100.7"),
        ("10.0.0.1", "6.6.6.6, 198.51.100.7", PROXIES, "198.51.100.7"),
        ("10.0.0.1", "6.6.6.6, 198.51.100.7, 10.0.0.2", PROXIES, "198.51.100.7"),
        ("fd00::1", "2001:db8::7", PROXIES, "2001:db8::7"),
        ("::ffff:10.0.0.1", "198.51.100.7", PROXIES, "198.51.100.7"),
        ("10.0.0.1", "", PROXIES, "10.0.0.1"),
        ("10.0.0.1", "unknown", PROXIES, "10.0.0.1"),
        ("10.0.0.1", "198.51.100.7, <script>", PROXIES, "10.0.0.1"),
        ("", "198.51.100.7", PROXIES, ""),
    ],
)
def test_forwarded_addresses_are_believed_as_far_as_trusted_proxies_wrote_them(peer, forwarded, trusted, client):
    assert believed(peer, forwarded, trusted) == client
