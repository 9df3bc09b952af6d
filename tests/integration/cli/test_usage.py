"""What is wrong before anything is asked of anybody."""

import pytest

from deploy.ports import free_port


def test_help_lists_the_commands_and_modules_come_from_manifests(run):
    shown = run("--help")
    assert shown.code == 0
    for command in ("up", "serve", "worker", "rebuild", "scrap", "estimate", "user", "jobs", "modules"):
        assert f"│ {command} " in shown.out
    created = run("jobs", "create", "--help").out
    assert "techstack" in created
    assert "faulty" in created  # from a folder of the settings
    assert "scrap" not in created, "it takes no leads and has a command of its own"


def test_options_of_a_module_are_flags(run):
    shown = run("jobs", "create", "faulty", "--help").out
    assert "--mode" in shown
    assert "plain|loud" in shown
    assert "--shout" in shown


def test_modules_says_what_they_need_and_produce(run):
    shown = run("modules")
    line = next(line for line in shown.out.splitlines() if "techstack" in line)
    assert "site_web" in line
    assert "tech_cms, tech_analytics, tech_ads_pixels" in line


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["jobs", "create", "techstack"], "give leads"),
        (["jobs", "create", "techstack", "missing.csv"], "missing.csv is neither a file nor a site"),
        (["jobs", "create", "techstack", "a.fr", "--out", "x.pdf"], "the suffix must be one of csv, json, xlsx"),
        (["jobs", "create", "techstack", "a.fr", "--out", "no/x.csv"], "the folder of no/x.csv does not exist"),
        (["jobs", "create", "faulty", "a.fr", "--mode", "odd"], "'odd' is not one of"),
        (["jobs", "create", "nothing", "a.fr"], "No such command 'nothing'"),
        (["scrap", "--zone", "Paris"], "Missing option '--query'"),
        (["estimate", "--query", "dentiste"], "Missing option '--zone'"),
        (["scrap", "-q", "a", "-z", "Paris", "--stop-at", "0"], "Input should be greater than or equal to 1"),
        (["scrap", "-q", "a", "-z", "Paris", "--mode", "slow"], "'slow' is not one of"),
        (["scrap", "-q", "a", "-z", "Paris", "--extra", "shoe-size"], "'shoe-size' is not one of"),
        (["scrap", "-q", "a", "-z", "Paris", "--out", "x.pdf"], "the suffix must be one of csv, json, xlsx"),
        (["worker", "nothing"], "unknown module nothing; there are: ads_intelligence, brand_assets"),
        (["serve", "kitchen"], "'kitchen' is not one of"),
        (["user", "create", "a@example.com"], "set OUTSEND_PASSWORD"),
    ],
)
def test_usage_errors_end_with_2_and_a_sentence(run, arguments, says):
    done = run(*arguments, env={"OUTSEND_URL": "http://127.0.0.1:9", "OUTSEND_API_KEY": "osk_x"})
    assert done.code == 2
    assert says in " ".join(done.err.replace("│", " ").split())
    assert "Traceback" not in done.err


def test_a_setting_that_does_not_parse_is_named(run):
    done = run("up", env={"OUTSEND_PORT": "eight"})
    assert done.code == 2
    assert "OUTSEND_PORT='eight' cannot be used" in done.err


def test_without_credentials_it_says_how_to_get_some(run):
    done = run("jobs", "list")
    assert done.code == 3
    assert "OUTSEND_API_KEY" in done.err


@pytest.mark.parametrize(
    "arguments",
    [["jobs", "list"], ["jobs", "create", "noop", "a.fr", "--follow"], ["estimate", "-q", "a", "-z", "Paris"]],
)
def test_an_unreachable_service_ends_with_3(run, arguments):
    url = f"http://127.0.0.1:{free_port()}"
    done = run(*arguments, env={"OUTSEND_URL": url, "OUTSEND_API_KEY": "osk_x"})
    assert done.code == 3
    assert f"{url} is not reachable" in done.err
    assert "outsend up" in done.err


def test_an_unreachable_broker_ends_with_3(run):
    env = {"NATS_URL": f"nats://127.0.0.1:{free_port()}", "OUTSEND_PASSWORD": "correct horse"}
    done = run("user", "create", "a@example.com", env=env)
    assert done.code == 3
    assert "the broker is not reachable" in done.err
