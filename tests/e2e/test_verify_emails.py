"""verify_emails through the whole product, over mail servers of every manner, and over a real Postfix."""

import csv
import io
import json
from collections import Counter

import pytest
from anyio.from_thread import start_blocking_portal

from tests.e2e.acts import create, events_of
from tests.live import live_product, live_world
from tests.postfix import Postfix, needs_postfix
from tests.world.bulk import bulk_items
from tests.world.firms import Firm
from tests.world.mail.catalogue import CLOSED_PORT, HOSTS, OPEN_PORT, cast
from tests.world.mail.manners import Domain
from tests.world.mail.wire import ENDLESS_BYTES
from tests.world.mail.world import MailWorld

pytestmark = pytest.mark.servers

POSTFIX = "mx.postfix.test"
POSTFIX_ADDRESS = "127.77.250.1"
FIRMS = [Firm(number) for number in range(61_001, 61_006)]
COLUMNS = ["email", "status", "category", "reason", "suggested_fix", "smtp_code", "catch_all"]
NO = "no"
YES = "yes"
OPEN = "unknown"

TOLD = {
    # Known and unknown
    "marie@boulangerie.test": ("valid", "accepted", 250, NO),
    "personne@boulangerie.test": ("invalid", "no_such_mailbox", 550, NO),
    "contact@coiffeur.test": ("valid", "role_account", 250, NO),
    "quiconque@attrape-tout.test": ("risky", "catch_all", 250, YES),
    # What servers say of a mailbox, in their words
    "plein@boites.test": ("risky", "mailbox_full", 452, NO),
    "deborde@boites.test": ("risky", "mailbox_full", 552, NO),
    "ferme@boites.test": ("invalid", "mailbox_disabled", 550, NO),
    "court@boites.test": ("invalid", "no_such_mailbox", 550, NO),
    "parti@boites.test": ("invalid", "no_such_mailbox", 551, NO),
    "orange@boites.test": ("invalid", "no_such_mailbox", 550, NO),
    "exchange@boites.test": ("invalid", "no_such_mailbox", 550, NO),
    "resolver@boites.test": ("invalid", "no_such_mailbox", 550, NO),
    "lignes@boites.test": ("invalid", "no_such_mailbox", 550, NO),
    "suit@boites.test": ("valid", "accepted", 251, NO),
    # … and of us, which says nothing about the mailbox
    "politique@boites.test": ("unknown", "policy", 550, NO),
    "spamhaus@boites.test": ("unknown", "blocklisted", 554, NO),
    "inverse@boites.test": ("unknown", "reverse_dns", 550, NO),
    "muet@boites.test": ("unknown", "blocklisted", 550, NO),
    "verifie@boites.test": ("unknown", "deferred", 450, NO),
    "panne@boites.test": ("unknown", "deferred", 451, NO),
    "marie@bloque.test": ("unknown", "blocklisted", 554, OPEN),
    "marie@occupe.test": ("unknown", "deferred", 421, OPEN),
    "marie@mefiant.test": ("unknown", "reverse_dns", 550, OPEN),
    # Servers that are old, slow, strict, or out of order
    "marie@gris.test": ("valid", "accepted", 250, NO),
    "marie@ancien.test": ("valid", "accepted", 250, NO),
    "hélène@ascii.test": ("unknown", "needs_smtputf8", None, NO),
    "hélène@boulangerie.test": ("invalid", "no_such_mailbox", 550, NO),
    "marie@exchange.test": ("valid", "accepted", 250, NO),
    "marie@malchiffre.test": ("valid", "accepted", 250, NO),
    "marie@distrait.test": ("valid", "accepted", 250, NO),
    "marie@lent.test": ("unknown", "timeout", None, OPEN),
    "marie@goutte.test": ("unknown", "timeout", None, OPEN),
    "marie@sourd.test": ("unknown", "dropped", None, OPEN),
    "marie@brusque.test": ("unknown", "dropped", None, OPEN),
    "marie@coupe.test": ("unknown", "dropped", None, OPEN),
    "marie@bruit.test": ("unknown", "not_smtp", None, OPEN),
    "marie@bavard.test": ("unknown", "not_smtp", None, OPEN),
    # Names that lead nowhere, or around
    "marie@secours.test": ("valid", "accepted", 250, NO),
    "marie@secours-lent.test": ("valid", "accepted", 250, NO),
    "marie@sans-mx.test": ("valid", "accepted", 250, NO),
    "marie@sans-courrier.test": ("invalid", "null_mx", None, OPEN),
    "marie@sans-rien.test": ("invalid", "no_mail_server", None, OPEN),
    "marie@inconnu.test": ("invalid", "no_such_domain", None, OPEN),
    "marie@mx-fantome.test": ("invalid", "mail_server_without_address", None, OPEN),
    "marie@panne-dns.test": ("unknown", "dns_failure", None, OPEN),
    "marie@refus.test": ("unknown", "connection_refused", None, OPEN),
    "marie@prive.test": ("unknown", "private_address", None, OPEN),
    "marie@interne.test": ("unknown", "private_address", None, OPEN),
    # Never asked
    "marie@boulangerie": ("invalid", "bad_domain", None, OPEN),
    "jetable@mailinator.com": ("risky", "disposable_domain", None, OPEN),
}
"""Each address with its row: status, reason, smtp_code, catch_all."""
CROWDS = {
    "apparie.test": ["marie", "paul", "hugo", "lea", "jeanne"],
    "avare.test": ["marie", "paul", "hugo", "lea", "jeanne"],
    "etroit.test": ["marie", "paul", "hugo", "lea", "jeanne", "a1", "a2"],
    "severe.test": ["a1", "a2", "a3", "a4", "a5", "a6", "marie"],
    "compte.test": ["marie", "paul", "hugo", "lea", "jeanne", "a1", "a2"],
}
"""Domains whose servers count."""


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """The sites, the mail servers, and a product that lives among them; with the product's variables."""
    folder = tmp_path_factory.mktemp("mail")
    servers, domains = cast()
    firms = tuple(Domain(name=firm.host, mx=((10, OPEN_PORT),), people=frozenset({"contact"})) for firm in FIRMS)
    more = (Domain(name="poste.test", mx=((10, POSTFIX),)), Domain(name="mailinator.com", mx=((10, OPEN_PORT),)))
    hosts = HOSTS | {POSTFIX: POSTFIX_ADDRESS}
    with live_world(folder) as sites, start_blocking_portal() as portal:
        forward = f"127.0.0.1:{sites['dns_port']}"
        started = MailWorld.start(servers, (*domains, *firms, *more), hosts=hosts, forward=forward)
        with portal.wrap_async_context_manager(started) as mail:
            env = mail.settings_env(sites["env"])
            env["OUTSEND_EGRESS_ALLOW"] += f",{POSTFIX_ADDRESS}:{mail.port}"
            env |= {"OUTSEND_VERIFY_TIMEOUT": "1", "OUTSEND_VERIFY_RETRY_DELAY": "0.5", "OUTSEND_VERIFY_RATE": "0"}
            env |= {"OUTSEND_VERIFY_EHLO": "sonde.test", "OUTSEND_VERIFY_MAIL_FROM": "sonde@sonde.test"}
            yield folder, sites | {"env": env}, mail


@pytest.fixture(scope="module")
def mail(world):
    return world[2]


@pytest.fixture(scope="module")
def verifying(world):
    folder, sites, _ = world
    with live_product(folder / "open", sites, OUTSEND_VERIFY_PROBE_HOST=OPEN_PORT) as stack:
        yield stack


@pytest.fixture
def client(verifying):
    with verifying.client(verifying.new_user()) as client:
        yield client


@pytest.fixture(scope="module")
def rows(verifying, mail):
    """One job over everything, by address."""
    mail.ledger.reset()
    asked = [*TOLD, *(f"{local}@{domain}" for domain, people in CROWDS.items() for local in people)]
    with verifying.client(verifying.new_user()) as client:
        _, rows = verified(verifying, client, asked)
    assert [row["email"] for row in rows] == asked
    return {row["email"]: row for row in rows}


def verified(stack, client, addresses):
    """A job over these addresses, and its rows."""
    job = create(client, "verify-emails", items=[{"email": address} for address in addresses])
    ended = stack.finished(client, job["id"])
    assert (ended["status"], ended["error_count"]) == ("done", 0)
    return ended, client.get(f"/api/jobs/{job['id']}/items?limit=500").json()["items"]


def test_every_address_and_what_is_said_of_it(rows):
    assert all(list(row) == COLUMNS for row in rows.values())
    said = {
        row["email"]: tuple(row[name] for name in ("status", "reason", "smtp_code", "catch_all"))
        for row in rows.values()
    }
    assert {address: said[address] for address in TOLD} == TOLD


@pytest.mark.slow
def test_name_servers_that_keep_silent(verifying, client):
    """Three tries, each as long as a resolver waits."""
    _, [row] = verified(verifying, client, ["marie@dns-muet.test"])
    assert (row["status"], row["reason"]) == ("unknown", "dns_failure")


def test_servers_that_count(rows):
    statuses = {domain: [rows[f"{local}@{domain}"]["status"] for local in people] for domain, people in CROWDS.items()}
    assert statuses["apparie.test"] == statuses["avare.test"] == ["valid"] * 5
    assert statuses["etroit.test"] == ["valid"] * 5 + ["invalid"] * 2
    assert statuses["severe.test"] == ["invalid"] * 6 + ["valid"]
    known, strangers = statuses["compte.test"][:5], statuses["compte.test"][5:]
    assert set(known) <= {"valid", "unknown"} and "valid" in known
    assert set(strangers) <= {"invalid", "unknown"}


def test_good_manners(rows, mail):
    ledger = mail.ledger
    assert ledger.violations == []
    assert ledger.over == Counter()
    assert max(ledger.most_open.values()) <= 2
    assert {visit.hello for visit in ledger.visits} <= {"sonde.test", ""}
    hoster = ledger.of("mx.hebergeur.test")
    asked = sum(len(visit.recipients) for visit in hoster)
    assert asked / len(hoster) > 3, "addresses of one server share sessions"
    assert len(ledger.of("mx.interne.test")) == 0
    assert max(visit.sent for visit in ledger.of("mx.bavard.test")) < ENDLESS_BYTES / 4, (
        "an endless reply is not read on"
    )
    assert ledger.replies("marie@gris.test")[0] == 450
    assert ledger.replies("jetable@mailinator.com") == []
    for address in ("marie@sans-courrier.test", "personne@boulangerie.test"):
        assert len(ledger.replies(address)) == (TOLD[address][2] is not None), "nobody is asked twice what is known"


def test_an_address_is_verified_once(verifying, client):
    given = ["Marie@Boulangerie.test", "marie@boulangerie.test ", "MARIE@boulangerie.test", "hugo@boulangerie.test"]
    job, rows = verified(verifying, client, given)
    assert job["grid_points_count"] == len(rows) == 2
    assert [row["email"] for row in rows] == ["marie@boulangerie.test", "hugo@boulangerie.test"]


def test_the_rest_of_the_row_and_the_files(verifying, client):
    lead = {"nom": "Boulangerie", "telephone": "+33 2 35 00 00 00", "site_web": "https://boulangerie.test"}
    job = create(client, "verify-emails", items=[lead | {"ville": "Valmont", "email": "lea@boulangerie.test"}])
    verifying.finished(client, job["id"])
    [row] = client.get(f"/api/jobs/{job['id']}/items").json()["items"]
    told = ["lea@boulangerie.test", "valid", "smtp", "accepted", None, 250, "no"]
    assert row == lead | dict(zip(COLUMNS, told, strict=True))
    table = client.get(f"/api/jobs/{job['id']}/download?format=csv").content.decode("utf-8-sig")
    [line] = csv.DictReader(io.StringIO(table), delimiter=";")
    assert list(line) == [*lead, *COLUMNS]
    assert (line["suggested_fix"], line["smtp_code"]) == ("", "250")


def test_the_addresses_of_sites_are_verified_next(verifying, client):
    found = create(client, "emails", items=bulk_items(len(FIRMS), prefix="firm", first=FIRMS[0].number))
    assert verifying.finished(client, found["id"])["results_count"] == len(FIRMS)
    job = verifying.finished(client, create(client, "verify-emails", source_job_id=found["id"])["id"])
    assert (job["status"], job["source_job_id"], job["grid_points_count"]) == ("done", found["id"], len(FIRMS))
    rows = client.get(f"/api/jobs/{job['id']}/items").json()["items"]
    assert [row["email"] for row in rows] == [firm.email for firm in FIRMS]
    assert {(row["status"], row["reason"]) for row in rows} == {("valid", "role_account")}
    assert [row["site_web"] for row in rows] == [f"https://{firm.host}/" for firm in FIRMS]


@needs_postfix
def test_a_real_postfix(verifying, client, mail):
    people = [f"membre.{number}@poste.test" for number in range(6)]
    answers = {
        "pleine@poste.test": "452 4.2.2 Mailbox full",
        "fermee@poste.test": "550 5.2.1 Mailbox disabled",
        "bloquee@poste.test": "550 5.7.1 Blocked by our policy",
    }
    strangers = [f"inconnu.{number}@poste.test" for number in range(30)]
    server = Postfix(people, answers, host=POSTFIX_ADDRESS, port=mail.port)
    with start_blocking_portal() as portal, portal.wrap_async_context_manager(server) as postfix:
        _, rows = verified(verifying, client, [*people, *answers, *strangers])
        log = postfix.log()
    said = {row["email"]: (row["status"], row["reason"], row["catch_all"]) for row in rows}
    assert {said[address] for address in people} == {("valid", "accepted", "no")}
    assert {said[address] for address in strangers} == {("invalid", "no_such_mailbox", "no")}
    assert [said[address][:2] for address in answers] == [
        ("risky", "mailbox_full"),
        ("invalid", "mailbox_disabled"),
        ("unknown", "policy"),
    ]
    for complaint in ("too many errors", "improper", "lost connection after RCPT", "DATA"):
        assert complaint not in log, log


@pytest.mark.parametrize(
    ("firewall", "witness"), [("refus", "mx.refus.test"), pytest.param("ferme", CLOSED_PORT, marks=pytest.mark.slow)]
)
def test_where_port_25_is_closed_everything_is_unknown_and_the_log_says_why(world, firewall, witness):
    """By a firewall that refuses, or by one that swallows."""
    folder, sites, _ = world
    addresses = [f"marie{number}@{firewall}-{number % 6}.test" for number in range(60)]
    product = live_product(folder / firewall, sites, OUTSEND_VERIFY_PROBE_HOST=witness)
    with product as stack, stack.client(stack.new_user()) as client:
        job, rows = verified(stack, client, addresses)
        events = events_of(client, job["id"])
    assert {(row["status"], row["catch_all"]) for row in rows} == {("unknown", "unknown")}
    reasons = Counter(row["reason"] for row in rows)
    assert set(reasons) <= {"port_closed", "unreachable", "connection_refused"}
    assert reasons["port_closed"] > 30, reasons
    said = [json.loads(event.data) for event in events if event.event == "log"]
    about = [line for line in said if str(sites["env"]["OUTSEND_VERIFY_SMTP_PORT"]) in line["message"]]
    assert [line["level"] for line in about] == ["warn"], said
