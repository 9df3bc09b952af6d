"""The cast: one domain for each way in which mail is taken or refused, named after it; and domains by the dozen."""

from __future__ import annotations

from tests.world.mail.manners import Domain, Fault, Server

PEOPLE = frozenset({"marie", "paul", "hugo", "lea", "jeanne", "contact"})
_OLD = ("SIZE 10240000",)
"""What a server offers that has not been touched for twenty years."""

OPEN_PORT = "mx.temoin.test"
"""A host where SMTP surely answers."""
CLOSED_PORT = "mx.ferme.test"
"""A host that a firewall keeps from everybody."""

_SERVERS = (
    Server(host=OPEN_PORT),
    Server(host="mx.hebergeur.test"),
    Server(host="mx.gris.test", grey=0.3),
    Server(host="mx.ancien.test", hello="502 5.5.1 Commande inconnue", extensions=()),
    Server(host="mx.ascii.test", extensions=_OLD),
    Server(host="mx.exchange.test", tls="required"),
    Server(host="mx.malchiffre.test", tls="broken"),
    Server(host="mx.lent.test", fault=Fault("hang", "banner")),
    Server(host="mx.goutte.test", fault=Fault("drip", "rcpt")),
    Server(host="mx.sourd.test", fault=Fault("drop", "banner")),
    Server(host="mx.distrait.test", fault=Fault("drop", "rcpt", times=1)),
    Server(host="mx.brusque.test", fault=Fault("drop", "rcpt")),
    Server(host="mx.coupe.test", fault=Fault("cut", "rcpt")),
    Server(host="mx.bruit.test", fault=Fault("garbage", "banner")),
    Server(host="mx.bavard.test", fault=Fault("endless", "ehlo")),
    Server(host="mx.bloque.test", banner="554 5.7.1 Votre adresse {client} est sur la liste noire zen.spamhaus.org"),
    Server(host="mx.occupe.test", banner="421 4.3.2 {host} Service momentanément indisponible"),
    Server(host="mx.mefiant.test", sender="550 5.7.1 Refus : votre adresse {client} n'a pas de nom inverse"),
    Server(host="mx.apparie.test", recipients=2),
    Server(host="mx.avare.test", session_recipients=2),
    Server(host="mx.severe.test", errors=3),
    Server(host="mx.etroit.test", connections=2, latency=0.05),
    Server(host="mx.compte.test", sessions=2, session_recipients=2),
    Server(host="mx.refus.test", listening="refuses"),
    Server(host=CLOSED_PORT, listening="swallows"),
    *(Server(host=f"mx.ferme-{number}.test", listening="swallows") for number in range(6)),
    *(Server(host=f"mx.refus-{number}.test", listening="refuses") for number in range(6)),
    Server(host="mx.secours.test"),
    Server(host="mx.seul.test"),
    Server(host="mx.interne.test", listening="private"),
)


def _at(name: str, host: str, **more: object) -> Domain:
    return Domain(name=name, mx=((10, host),), people=PEOPLE, **more)  # type: ignore[arg-type]


_REPLIES = {
    "plein": "452 4.2.2 <{address}>: Mailbox full",
    "deborde": "552 5.2.2 Boîte aux lettres pleine",
    "ferme": "550 5.2.1 The email account that you tried to reach is disabled",
    "court": "550 User unknown",
    "parti": "551 User not local; please try <parti@ailleurs.test>",
    "orange": "550 5.1.1 Adresse d au moins un destinataire invalide. Invalid recipient. OFR_416 [416]",
    "exchange": "550 5.4.1 Recipient address rejected: Access denied. [AM0PR.protection.test]",
    "resolver": "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup",
    "lignes": "550 5.1.1 Cette adresse n'existe pas.\n5.1.1 Vérifiez l'orthographe.\n5.1.1 https://aide.test/",
    "suit": "251 2.1.5 User not local; will forward to <suit@ailleurs.test>",
    "politique": "550 5.7.1 Message bloqué par notre politique de sécurité",
    "spamhaus": "554 5.7.1 Service unavailable; Client host [{client}] blocked using zen.spamhaus.org",
    "inverse": "550 5.7.25 The IP address sending this message does not have a PTR record",
    "muet": "550 blocked: poor reputation of {client}",
    "verifie": "450 4.1.1 <{address}>: Recipient address rejected: unverified address: Address verification in progress",
    "panne": "451 4.3.0 <{address}>: Temporary lookup failure",
}
"""What real servers say, by the local part that is told it."""

_DOMAINS = (
    _at("boulangerie.test", "mx.hebergeur.test"),
    _at("coiffeur.test", "mx.hebergeur.test"),
    _at("attrape-tout.test", "mx.hebergeur.test", catch_all=True),
    _at("boites.test", "mx.hebergeur.test", replies=_REPLIES),
    _at("gris.test", "mx.gris.test"),
    _at("ancien.test", "mx.ancien.test"),
    _at("ascii.test", "mx.ascii.test"),
    _at("exchange.test", "mx.exchange.test"),
    _at("malchiffre.test", "mx.malchiffre.test"),
    _at("lent.test", "mx.lent.test"),
    _at("goutte.test", "mx.goutte.test"),
    _at("sourd.test", "mx.sourd.test"),
    _at("distrait.test", "mx.distrait.test"),
    _at("brusque.test", "mx.brusque.test"),
    _at("coupe.test", "mx.coupe.test"),
    _at("bruit.test", "mx.bruit.test"),
    _at("bavard.test", "mx.bavard.test"),
    _at("bloque.test", "mx.bloque.test"),
    _at("occupe.test", "mx.occupe.test"),
    _at("mefiant.test", "mx.mefiant.test"),
    _at("apparie.test", "mx.apparie.test"),
    _at("avare.test", "mx.avare.test"),
    _at("severe.test", "mx.severe.test"),
    _at("etroit.test", "mx.etroit.test"),
    _at("compte.test", "mx.compte.test"),
    Domain(name="secours.test", mx=((10, "mx.refus.test"), (20, "mx.secours.test")), people=PEOPLE),
    Domain(name="secours-lent.test", mx=((10, CLOSED_PORT), (20, "mx.secours.test")), people=PEOPLE),
    Domain(name="sans-mx.test", at="mx.seul.test", people=PEOPLE),
    Domain(name="sans-courrier.test", mx=((0, ""),), at="mx.hebergeur.test", people=PEOPLE),
    Domain(name="sans-rien.test"),
    Domain(name="inconnu.test", dns="nxdomain"),
    Domain(name="panne-dns.test", dns="servfail"),
    Domain(name="dns-muet.test", dns="silent"),
    _at("refus.test", "mx.refus.test"),
    _at("prive.test", "mx.prive.test"),
    _at("interne.test", "mx.interne.test"),
    _at("mx-fantome.test", "mx.nulle-part.test"),
    *(_at(f"{name}.test", f"mx.{name}.test") for number in range(6) for name in (f"ferme-{number}", f"refus-{number}")),
)
HOSTS = {"mx.prive.test": "10.20.30.40"}
"""Mail servers in somebody's own network."""


def cast() -> tuple[tuple[Server, ...], tuple[Domain, ...]]:
    """Every server and every domain."""
    return _SERVERS, _DOMAINS


def crowd(count: int, *, latency: float = 0.0) -> tuple[tuple[Server, ...], tuple[Domain, ...]]:
    """`count` well-mannered domains with a server each; half the people of each exist, see `addresses`."""
    numbers = range(count)
    people = frozenset(f"membre.{number}" for number in range(0, 2_000, 2))
    return (
        tuple(Server(host=f"mx.d{number}.test", latency=latency) for number in numbers),
        tuple(Domain(name=f"d{number}.test", mx=((10, f"mx.d{number}.test"),), people=people) for number in numbers),
    )


def addresses(domains: int, each: int) -> list[str]:
    """`each` addresses in every domain of a crowd, one domain after the other as in a list sorted by nobody;
    every second person exists."""
    return [f"membre.{person}@d{domain}.test" for person in range(each) for domain in range(domains)]
