"""`outsend jobs` and `outsend user` against the running product."""

import csv
import json
import signal
import subprocess
import zipfile

import pytest

from tests.integration.cli.conftest import outsend_command
from tests.live import ROOT

pytestmark = pytest.mark.servers


@pytest.fixture
def leads(tmp_path):
    def write(items, name="leads.json"):
        (tmp_path / name).write_text(json.dumps(items))
        return name

    return write


def test_a_csv_becomes_rows_on_the_screen_and_files(outsend, tmp_path):
    town = ROOT / "tests" / "world" / "valmont.csv"
    head = town.read_text().splitlines()[:15]
    (tmp_path / "leads.csv").write_text("\n".join(head))
    files = [part for suffix in ("csv", "json", "xlsx") for part in ("--out", f"result.{suffix}")]
    done = outsend("jobs", "create", "techstack", "leads.csv", *files)
    assert done.code == 0, done.err
    row = next(line for line in done.out.splitlines() if "Studio Halage" in line)
    assert "studio-halage.valmont.test" in row
    assert "webflow" in row
    assert any("Garage Lemoine" in line and "tls" in line for line in done.out.splitlines())
    assert "techstack: 14/14" in done.err
    assert "14 of 14 processed" in done.err
    with (tmp_path / "result.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file, delimiter=";"))
    assert [row["nom"] for row in rows] == [line.split(";")[0] for line in head[1:]]
    assert rows[0]["tech_cms"] == "webflow"
    assert len(json.loads((tmp_path / "result.json").read_text())) == 14
    assert zipfile.is_zipfile(tmp_path / "result.xlsx")


def test_without_follow_the_id_is_printed_and_the_job_can_be_followed_shown_listed_saved_deleted(
    outsend, tmp_path, leads
):
    job = outsend("jobs", "create", "noop", leads([{"nom": "a"}, {"nom": "b"}])).out.strip()
    assert job.startswith("j_")
    followed = outsend("jobs", "follow", job)
    assert followed.code == 0
    assert "2 with results, 0 in error, 2 of 2 processed" in followed.err
    again = outsend("jobs", "follow", job, "--json")
    assert (again.json["id"], again.json["status"]) == (job, "done")
    assert "results_count" in outsend("jobs", "show", job).out
    assert outsend("jobs", "show", job, "--json").json["results_count"] == 2
    assert job in outsend("jobs", "list").out
    assert [each["id"] for each in outsend("jobs", "list", "--json").json] == [job]
    assert outsend("jobs", "download", job).code == 0
    assert (tmp_path / f"{job}.csv").read_bytes().startswith(b"\xef\xbb\xbfnom;echo")
    assert outsend("jobs", "delete", job).code == 0
    gone = outsend("jobs", "show", job)
    assert gone.code == 2
    assert "HTTP 404" in gone.err


def test_options_reach_the_module_and_jobs_chain(outsend, leads):
    first = outsend("jobs", "create", "faulty", leads([{"nom": "ann"}]), "--shout", "--mode", "loud", "--json", "-f")
    assert first.json["status"] == "done"
    assert "info: here comes ann" in first.err
    second = outsend("jobs", "create", "noop", "--source-job", first.json["id"], "--follow")
    assert "ann" in second.out
    assert "ANN" in outsend("jobs", "follow", first.json["id"]).out


def test_errors_of_items_are_shown_and_do_not_fail_the_command(outsend, leads):
    done = outsend("jobs", "create", "faulty", leads([{"nom": "a"}, {"nom": "b", "do": "permanent"}]), "--follow")
    assert done.code == 0
    assert any(line.split()[0] == "b" and line.split()[-1] == "gone" for line in done.out.splitlines() if line.strip())


def test_a_cancelled_job_ends_with_1(outsend, leads, stack, user, tmp_path):
    job = outsend(
        "jobs", "create", "faulty", leads([{"nom": str(n), "do": "sleep 3000"} for n in range(200)])
    ).out.strip()
    assert outsend("jobs", "cancel", job).code == 0
    done = outsend("jobs", "follow", job)
    assert done.code == 1
    assert f"{job} cancelled" in done.err
    again = outsend("jobs", "cancel", job)
    assert again.code == 2
    assert "HTTP 400" in again.err


def test_ctrl_c_leaves_the_job_running_and_says_how_to_go_on(outsend, leads, stack, user, tmp_path):
    name = leads([{"nom": str(n), "do": "sleep 2000"} for n in range(40)])
    command = outsend_command("jobs", "create", "faulty", name, "--follow")
    env = stack.cli_env(user) | {"PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(
        command, env=env, cwd=tmp_path, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    said = process.stderr.readline()
    assert "faulty: " in said
    process.send_signal(signal.SIGINT)
    _, rest = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "The job goes on. Follow it again with: outsend jobs follow j_" in rest
    job = outsend("jobs", "list", "--json").json[0]
    assert job["status"] == "running"
    assert outsend("jobs", "follow", job["id"]).code == 0


def test_the_services_refusals_are_sentences(outsend, leads, run, stack):
    missing = outsend("jobs", "create", "noop", leads([{"ville": "x"}]))
    assert missing.code == 2
    assert "'nom'" in missing.err
    assert "HTTP 422" in missing.err
    wrong = run("jobs", "list", env={"OUTSEND_URL": stack.url, "OUTSEND_API_KEY": "osk_wrong"})
    assert wrong.code == 3
    assert "API key" in wrong.err


def test_a_password_does_as_well_as_a_key(run, stack, user):
    env = {"OUTSEND_URL": stack.url, "OUTSEND_EMAIL": user.email}
    assert run("jobs", "list", env=env | {"OUTSEND_PASSWORD": user.password}).code == 0
    wrong = run("jobs", "list", env=env | {"OUTSEND_PASSWORD": "not this one"})
    assert wrong.code == 3
    assert "HTTP 401" in wrong.err


def test_accounts_are_made_beside_the_running_stack(run, stack):
    env = {"OUTSEND_DATA_DIR": str(stack.data_dir), "OUTSEND_PASSWORD": "correct horse"}
    made = run("user", "create", "cli@example.com", "--api-key", env=env)
    assert made.code == 0, made.err
    key = made.out.strip()
    # Without OUTSEND_URL the stack on the data folder is found.
    assert run("jobs", "list", env=env | {"OUTSEND_API_KEY": key}).code == 0
    twice = run("user", "create", "CLI@example.com", env=env)
    assert twice.code == 2
    assert "has an account already" in twice.err
    further = run("user", "key", "cli@example.com", env=env).out.strip()
    assert further.startswith("osk_")
    assert further != key
    assert run("user", "key", "nobody@example.com", env=env).code == 2
    short = run("user", "create", "b@example.com", env=env | {"OUTSEND_PASSWORD": "short"})
    assert (short.code, "8 to 128 characters" in short.err) == (2, True)


def test_rebuild_makes_the_views_again(outsend, leads, run, stack):
    job = outsend("jobs", "create", "noop", leads([{"nom": "a"}]), "--json", "-f").json
    done = run("rebuild", env={"OUTSEND_DATA_DIR": str(stack.data_dir)})
    assert done.code == 0, done.err
    assert "Rebuilt up to log sequence" in done.err
    assert outsend("jobs", "show", job["id"], "--json").json == job
