"""The operator's list of seed inboxes: what is taken, what is refused, and that passwords stay where they are."""

import pytest
from rich.pretty import pretty_repr

from shared.seed_inboxes import seed_inboxes
from shared.settings import Settings, SettingsError
from tests.world.inboxes.listing import write_listing

GMAIL = {"email": "a@gmail.com", "kind": "gmail", "password": "s3cret-word"}
OTHER = {"email": "b@boite.fr", "kind": "imap", "host": "mail.boite.fr", "password": "s3cret-word"}


@pytest.fixture
def listed(tmp_path):
    def read(*inboxes, **settings):
        path = tmp_path / f"inboxes{len(list(tmp_path.iterdir()))}.toml"
        return seed_inboxes(Settings(seed_inboxes=str(write_listing(path, *inboxes)), **settings))

    return read


def test_none_is_configured():
    assert seed_inboxes(Settings()) == ()


def test_what_is_left_out_is_filled_in(listed):
    gmail, other, clear = listed(
        GMAIL, OTHER | {"tls": "starttls", "user": "b"}, OTHER | {"email": "c@boite.fr", "port": 1143, "tls": "none"}
    )
    assert (gmail.host, gmail.port, gmail.user, gmail.tls) == ("imap.gmail.com", 993, "a@gmail.com", "implicit")
    assert (other.host, other.port, other.user) == ("mail.boite.fr", 143, "b")
    assert (clear.port, clear.secret()) == (1143, "s3cret-word")


def test_a_password_of_a_file_of_its_own(listed, tmp_path):
    given = {key: value for key, value in GMAIL.items() if key != "password"} | {"password_file": "word"}
    (inbox,) = listed(given)
    with pytest.raises(SettingsError, match="password file of a@gmail"):
        inbox.secret()
    (tmp_path / "word").write_text("a b c\n")
    assert inbox.secret() == "a b c"
    (tmp_path / "word").write_text("a\nb\n")
    with pytest.raises(SettingsError, match="one line"):
        inbox.secret()


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"email": "nobody"}, "no mail address"),
        ({"email": "a b@c.fr"}, "no mail address"),
        ({"host": ""}, "host is missing"),
        ({"host": "a b"}, "no host name"),
        ({"host": "a\r\nb"}, "no host name"),
        ({"port": 70000}, "port must be"),
        ({"password": ""}, "either password or password_file"),
        ({"password_file": "x"}, "either password or password_file"),
        ({"password": "s3cret-word\r\nA1 DELETE INBOX"}, "line breaks"),
        ({"user": "b\n"}, "line breaks"),
        ({"kind": "pop"}, "pop"),
        ({"tls": "maybe"}, "maybe"),
        ({"passwort": "s3cret-word"}, "passwort"),
        ({"port": "s3cret-word"}, "int"),
    ],
)
def test_a_list_that_cannot_be_used_says_why(listed, change, problem):
    with pytest.raises(SettingsError, match=problem) as caught:
        listed(OTHER | change)
    assert "OUTSEND_SEED_INBOXES" in str(caught.value)
    assert "s3cret-word" not in str(caught.value)


def test_one_inbox_is_one(listed):
    with pytest.raises(SettingsError, match="twice"):
        listed(OTHER, OTHER | {"email": "B@boite.fr"})


@pytest.mark.parametrize("text", ["", "[[inbox]", "inbox = 3", "\xff"])
def test_a_file_that_is_none(tmp_path, text):
    path = tmp_path / "x.toml"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(SettingsError, match=r"x\.toml"):
        seed_inboxes(Settings(seed_inboxes=str(path)))


def test_no_file(tmp_path):
    with pytest.raises(SettingsError, match="cannot be read"):
        seed_inboxes(Settings(seed_inboxes=str(tmp_path / "none.toml")))


@pytest.mark.parametrize(
    "values", [{"delivery_wait": 0}, {"delivery_wait": 1201}, {"delivery_grace": -1}, {"delivery_grace": 90_000}]
)
def test_times_have_bounds(values):
    with pytest.raises(SettingsError, match=r"OUTSEND_DELIVERY_"):
        seed_inboxes(Settings(**values))


def test_passwords_are_not_shown(listed):
    (inbox,) = listed(OTHER)
    assert "s3cret" not in repr(inbox) + str(inbox) + f"{[inbox]}" + pretty_repr(inbox)
