import pytest

from shared.identity import letters


@pytest.mark.parametrize("write", [letters.verification, letters.already_registered, letters.password_reset])
def test_each_letter_speaks_both_languages_and_has_its_link_once(write):
    letter = write("a@b.fr", "https://leads.example/x#token=t")
    assert letter.text.count(letter.link) == 1
    assert "Bonjour" in letter.text
    assert "Hello" in letter.text
    assert " / " in letter.subject
    assert "\n" not in letter.subject
