"""delivery_check over HTTP: a job without items, seed inboxes on a scripted mail server and in a real Dovecot."""

import json
import subprocess
import sys
import time

import msgspec
import pytest
from anyio.from_thread import start_blocking_portal

from tests.daemon import program
from tests.dovecot import JUNK, Dovecot, needs_dovecot
from tests.e2e.acts import (
    cancel_all,
    create,
    events_of,
    is_problem,
    is_validation_problem,
    named,
    status_becomes,
    until,
)
from tests.live import ROOT, live_stack
from tests.world.inboxes.listing import inbox, write_listing
from tests.world.inboxes.mailbox import SPAM, Mail, Mailbox, letter
from tests.world.inboxes.server import ImapServer

pytestmark = pytest.mark.servers

PROMOTIONS, OTHER = "promos@gmail.com", "autre@gmail.com"
PASSWORD = "abcd efgh ijkl mnop"
PATH = "/api/jobs/delivery-check"
WAIT = 12
"""Seconds; more than a busy machine needs for what is found at once."""


class Post:
    """The mail servers, and the product that looks into them."""

    def __init__(self, server, dovecot, portal):
        self.server, self.dovecot, self._portal = server, dovecot, portal
        self.stack = None

    @property
    def seeds(self):
        return [PROMOTIONS, OTHER, *([self.dovecot.user] if self.dovecot else [])]

    def send(self, subject, **fate):
        """To everybody: `fate` is that of the second Gmail inbox; in Dovecot it is spam."""
        self.server.mailboxes[PROMOTIONS].mails.append(Mail(letter(subject), category="promotions"))
        self.server.mailboxes[OTHER].mails.append(Mail(letter(subject), **fate))
        if self.dovecot:
            self._portal.call(self.dovecot.deliver, letter(subject, server="mx.boite.test"), JUNK)

    def rows(self, client, job):
        answer = client.get(f"/api/jobs/{job}/download?format=json")
        return {row["seed_email"]: row for row in answer.json()}


@pytest.fixture(scope="module")
def post(tmp_path_factory):
    folder = tmp_path_factory.mktemp("post")
    with start_blocking_portal() as portal:
        mailboxes = [Mailbox(PROMOTIONS), Mailbox(OTHER)]
        with portal.wrap_async_context_manager(portal.call(ImapServer, mailboxes)) as server:
            seeds = [inbox(PROMOTIONS, server.port), inbox(OTHER, server.port)]
            if program("dovecot"):
                with portal.wrap_async_context_manager(Dovecot()) as dovecot:
                    seeds.append(inbox(dovecot.user, dovecot.port, "imap", password=dovecot.password))
                    yield from running(Post(server, dovecot, portal), folder, seeds)
            else:
                yield from running(Post(server, None, portal), folder, seeds)


def running(post, folder, seeds):
    listing = write_listing(folder / "inboxes.toml", *seeds)
    with live_stack(folder / "stack", OUTSEND_SEED_INBOXES=str(listing), OUTSEND_DELIVERY_WAIT=str(WAIT)) as stack:
        post.stack = stack
        yield post
    assert not post.server.violations
    assert not post.server.seen


@pytest.fixture
def sender(post):
    """Somebody who checks a delivery."""
    with post.stack.client(post.stack.new_user()) as client:
        yield client
        cancel_all(client)


def test_without_inboxes_it_is_not_offered(api, anyone):
    answer = api.post(PATH, json={"domain": "example.com"})
    is_problem(answer, 503)
    assert "OUTSEND_SEED_INBOXES" in answer.json()["detail"]
    entry = next(one for one in anyone.get("/api/modules-registry").json() if one["slug"] == "delivery_check")
    assert entry["alpha_unavailable"] is True
    assert (entry["needs"], entry["pipelinable"], entry["api_endpoint"]) == ([], False, PATH)
    assert api.get("/api/delivery-check/seeds").json() == []


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, None),
        ({"domain": None}, "domain"),
        ({"domain": ""}, "domain"),
        ({"domain": "no dots"}, "domain"),
        ({"domain": "https://example.com/"}, "domain"),
        ({"domain": "me@example.com"}, "domain"),
        ({"domain": "127.0.0.1"}, "domain"),
        ({"domain": 'example.com" OR ALL'}, "domain"),
        ({"domain": "example.com\r\nA1 LOGOUT"}, "domain"),
        ({"domain": "example.com", "subject_filter": 'say "x"'}, "subject_filter"),
        ({"domain": "example.com", "subject_filter": "a\r\nb"}, "subject_filter"),
        ({"domain": "example.com", "subject_filter": "a\x00"}, "subject_filter"),
        ({"domain": "example.com", "subject_filter": "x" * 201}, "subject_filter"),
        ({"domain": "example.com", "subject_filter": 7}, "subject_filter"),
    ],
)
def test_what_cannot_be_looked_for(api, body, field):
    is_validation_problem(api.post(PATH, json=body), "body", *([field] if field else []))


def test_where_to_send(post, sender):
    assert sender.get("/api/delivery-check/seeds").json() == [
        {"email": seed, "kind": "gmail" if seed.endswith("gmail.com") else "imap"} for seed in post.seeds
    ]
    with post.stack.client() as nobody:
        is_problem(nobody.get("/api/delivery-check/seeds"), 401)
        is_problem(nobody.post(PATH, json={"domain": "example.com"}), 401)
        entry = next(one for one in nobody.get("/api/modules-registry").json() if one["slug"] == "delivery_check")
    assert entry["alpha_unavailable"] is False


def test_a_check_from_end_to_end(post, sender):
    job = create(sender, "delivery-check", domain="Example.COM", subject_filter="  Lettre n° 1 ")
    assert (job["job_type"], job["status"], job["grid_points_count"]) == ("delivery_check", "pending", len(post.seeds))
    post.send("=?utf-8?q?Voici_la_lettre_n=C2=B0_1?=", folder=SPAM, after=1)
    done = post.stack.finished(sender, job["id"])
    assert (done["status"], done["results_count"], done["error_count"]) == ("done", len(post.seeds), 0)
    assert done["output_filename"] == "results_delivery.csv"
    rows = post.rows(sender, job["id"])
    assert list(rows) == post.seeds
    assert list(rows[OTHER]) == ["seed_email", "seed_kind", "status", "placement", "subject", "received_relative"]
    assert (rows[PROMOTIONS]["placement"], rows[OTHER]["placement"]) == ("Inbox · Promotions", "Spam")
    assert {row["status"] for row in rows.values()} == {"received"}
    assert {row["subject"] for row in rows.values()} == {"Voici la lettre n° 1"}
    assert all(row["received_relative"].endswith("lancement") for row in rows.values())
    progress = [event.json() for event in events_of(sender, job["id"]) if event.event == "progress"]
    assert progress


def test_the_download_has_its_own_name(post, sender):
    post.send("Nom du fichier")
    job = post.stack.finished(sender, create(sender, "delivery-check", domain="example.com")["id"])["id"]
    for kind in ("csv", "json", "xlsx"):
        answer = sender.get(f"/api/jobs/{job}/download?format={kind}")
        assert answer.headers["content-disposition"] == f'attachment; filename="results_delivery.{kind}"'


def test_the_rows_are_nobodys_items(post, sender):
    post.send("Pas de suite")
    job = post.stack.finished(sender, create(sender, "delivery-check", domain="example.com")["id"])["id"]
    is_problem(sender.get(f"/api/jobs/{job}/items"), 400)
    is_problem(sender.post("/api/jobs/noop", json={"source_job_id": job}), 400)
    assert sender.post("/api/jobs/noop", json={"source_job_id": job, "items": named(1)}).status_code == 200


def test_the_report_says_what_a_sender_can_act_on(post, sender):
    post.send("Rapport")
    job = post.stack.finished(
        sender, create(sender, "delivery-check", domain="example.com", subject_filter="rapport")["id"]
    )
    page = sender.get(f"/api/jobs/{job['id']}/report").json()
    reports = {report["seed_email"]: report for report in page["reports"]}
    report = reports[PROMOTIONS]
    assert report["authentication"]["spf"] == {"result": "pass", "domain": "mail.example.com"}
    assert report["authentication"]["dkim"][0] == {
        "result": "pass",
        "domain": "example.com",
        "selector": "s1",
        "aligned": True,
    }
    assert report["authentication"]["dmarc"] == {"result": "pass", "domain": "example.com", "policy": "reject"}
    assert report["list_unsubscribe"] == {
        "links": ["mailto:stop@example.com", "https://example.com/stop?u=1"],
        "one_click": True,
    }
    assert set(report["timings"]) == {"asked_at", "sent_at", "received_at"}


def test_what_does_not_come_is_pending_in_the_end(post, sender):
    job = create(sender, "delivery-check", domain="example.com", subject_filter="never sent")
    done = post.stack.finished(sender, job["id"], within=WAIT + 30)
    assert (done["status"], done["results_count"], done["error_count"]) == ("done", 0, 0)
    rows = post.rows(sender, job["id"])
    assert {(row["status"], row["placement"], row["subject"]) for row in rows.values()} == {("pending", None, None)}


def test_a_cancelled_check_ends_at_once_and_is_not_gone_on_with(post, sender):
    job = create(sender, "delivery-check", domain="example.com", subject_filter="never sent")["id"]
    opened = post.server.opened
    until(lambda: post.server.opened > opened + 2)
    began = time.monotonic()
    assert sender.post(f"/api/jobs/{job}/cancel").status_code == 200
    status_becomes(sender, job, "cancelled")
    assert time.monotonic() - began < WAIT / 2, "well before it ends by itself"
    until(lambda: post.server.connections == 0)
    opened = post.server.opened
    time.sleep(WAIT / 4)  # longer than the longest pause between two looks
    assert post.server.opened == opened


def test_nobody_else_sees_it(post, sender):
    job = create(sender, "delivery-check", domain="example.com", subject_filter="never sent")["id"]
    with post.stack.client(post.stack.new_user()) as stranger:
        for what in ("", "/download", "/report", "/stream"):
            is_problem(stranger.get(f"/api/jobs/{job}{what}"), 403)
        assert stranger.get("/api/jobs").json() == []


def test_the_same_key_is_the_same_check(sender):
    body, key = {"domain": "example.com", "subject_filter": "never sent"}, {"Idempotency-Key": "once"}
    first, second = (sender.post(PATH, json=body, headers=key).json() for _ in range(2))
    assert first["id"] == second["id"]
    is_problem(sender.post(PATH, json={"domain": "example.org"}, headers=key), 409)


def test_a_password_that_is_refused_is_its_inboxes_failure(post, sender):
    post.send("Mot de passe")
    mailbox = post.server.mailboxes[OTHER]
    mailbox.password = "changed"
    try:
        job = create(sender, "delivery-check", domain="example.com", subject_filter="mot de passe")["id"]
        done = post.stack.finished(sender, job)
    finally:
        mailbox.password = PASSWORD
    assert (done["status"], done["error_count"], done["results_count"]) == ("done", 1, len(post.seeds) - 1)
    assert post.rows(sender, job)[OTHER]["status"] is None


@needs_dovecot
def test_a_real_mail_server(post, sender):
    post.send("Chez Dovecot, été")
    body = {"domain": "example.com", "subject_filter": "dovecot, ÉTÉ"}
    done = post.stack.finished(sender, create(sender, "delivery-check", **body)["id"])
    row = post.rows(sender, done["id"])[post.dovecot.user]
    assert (row["seed_kind"], row["status"], row["placement"]) == ("imap", "received", "Spam")
    assert row["subject"] == "Chez Dovecot, été"


def test_from_the_command_line(post, sender, tmp_path):
    post.send("Ligne de commande")
    user = post.stack.new_user()
    out = tmp_path / "rows.json"
    argv = [
        "-m",
        "services.cli",
        "jobs",
        "create",
        "delivery-check",
        "--domain",
        "example.com",
        "--subject-filter",
        "ligne",
        "-o",
        out,
    ]
    done = subprocess.run(
        [sys.executable, *argv], check=False, env=post.stack.cli_env(user), cwd=ROOT, capture_output=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert [row["seed_email"] for row in json.loads(out.read_text("utf-8-sig"))] == post.seeds


def test_no_password_is_written_anywhere(post, sender):
    """Not in the logs, not in the events: they are in the list and in the log-in alone."""
    post.send("Secrets")
    post.stack.finished(sender, create(sender, "delivery-check", domain="example.com", subject_filter="secrets")["id"])
    spoken = [PASSWORD.encode(), msgspec.json.encode(PASSWORD)]
    for file in post.stack.data_dir.rglob("*"):
        if file.is_file() and not file.is_symlink():
            content = file.read_bytes()
            assert not any(word in content for word in spoken), file
