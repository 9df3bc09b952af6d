"""The mails an account gets, in French and English: plain text, one link."""

from __future__ import annotations

import msgspec


class Letter(msgspec.Struct, frozen=True):
    """One mail. `link` stands in `text` too; it is what gets logged when no mail server is set."""

    to: str
    subject: str
    text: str
    link: str


def verification(to: str, link: str) -> Letter:
    """To a new account: prove that the address is yours."""
    return Letter(
        to,
        "Confirmez votre adresse / Verify your e-mail address – Outsend",
        f"""Bonjour,

Pour confirmer votre adresse e-mail et lancer vos premières recherches, ouvrez ce lien (valable 24 heures) :

{link}

Si vous n'avez pas créé de compte Outsend, ignorez ce message.

---

Hello,

To verify your e-mail address and start your first searches, open the link above (valid for 24 hours).

If you did not create an Outsend account, ignore this message.
""",
        link,
    )


def already_registered(to: str, link: str) -> Letter:
    """To the owner of an address that somebody tried to register again."""
    return Letter(
        to,
        "Vous avez déjà un compte / You already have an account – Outsend",
        f"""Bonjour,

Quelqu'un, peut-être vous, a voulu créer un compte Outsend avec cette adresse, qui en a déjà un.
Rien n'a changé. Pour vous connecter ou demander un nouveau mot de passe :

{link}

---

Hello,

Somebody, perhaps you, tried to create an Outsend account with this address, which already has one.
Nothing has changed. To log in or to ask for a new password, open the link above.
""",
        link,
    )


def password_reset(to: str, link: str) -> Letter:
    """To an account whose owner has forgotten the password."""
    return Letter(
        to,
        "Nouveau mot de passe / New password – Outsend",
        f"""Bonjour,

Pour choisir un nouveau mot de passe, ouvrez ce lien (valable 24 heures, une seule fois) :

{link}

Vos sessions ouvertes seront fermées. Si vous n'avez rien demandé, ignorez ce message : rien ne change.

---

Hello,

To choose a new password, open the link above (valid for 24 hours, once).

Your open sessions will be closed. If you did not ask for this, ignore this message: nothing changes.
""",
        link,
    )
