"""Who we say we are."""

import pytest

from services.verify_emails.identity import Identity, identity
from shared.settings import Settings, SettingsError


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        (Settings(), Identity("[127.0.0.1]", "")),
        (Settings(public_url="https://leads.exemple.fr/"), Identity("leads.exemple.fr", "")),
        (Settings(public_url="https://192.0.2.7/"), Identity("[127.0.0.1]", "")),
        (Settings(public_url="https://prospéré.fr"), Identity("xn--prospr-fvab.fr", "")),
        (Settings(mail_from="outsend@exemple.fr"), Identity("[127.0.0.1]", "outsend@exemple.fr")),
        (
            Settings(verify_ehlo="sonde.exemple.fr", verify_mail_from="sonde@exemple.fr", mail_from="a@b.fr"),
            Identity("sonde.exemple.fr", "sonde@exemple.fr"),
        ),
    ],
)
def test_from_the_settings(settings, expected):
    assert identity(settings) == expected


@pytest.mark.parametrize("more", [{"verify_ehlo": "a b"}, {"verify_ehlo": "a\r\nDATA"}, {"verify_mail_from": "<a@b>"}])
def test_what_would_be_another_command_stops_the_process(more):
    with pytest.raises(SettingsError, match="OUTSEND_VERIFY_"):
        identity(Settings(**more))
