"""docker-compose.yml and what lies beside it: the rules that no engine checks before production does."""

import re
import tomllib
from pathlib import Path

import pytest
import typer
import yaml

from contracts.manifest import load_manifests
from deploy.compose_modules import COMPOSE_FILE, with_modules
from services.cli.app import build_app
from shared.messaging.streams import MAX_PAYLOAD
from shared.settings import Settings

ROOT = Path(__file__).parents[3]
COMPOSE = yaml.safe_load(COMPOSE_FILE.read_text())
SERVICES = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if "build" in service}
THIRD_PARTY = {name: service for name, service in SERVICES.items() if name not in OURS}
each_service = pytest.mark.parametrize("service", SERVICES.values(), ids=SERVICES)
each_of_ours = pytest.mark.parametrize("service", OURS.values(), ids=OURS)


def nats_conf():
    """The configuration without its comments."""
    lines = (ROOT / "deploy/nats.conf").read_text().splitlines()
    return [line.strip() for line in lines if line.strip() and not line.strip().startswith("#")]


def texts(value):
    """Every string below a YAML value."""
    match value:
        case dict():
            return [text for item in value.values() for text in texts(item)]
        case list():
            return [text for item in value for text in texts(item)]
    return [str(value)]


def test_modules_follow_from_the_manifests():
    text = COMPOSE_FILE.read_text()
    assert with_modules(text, load_manifests().values()) == text, "run: python -m deploy.compose_modules"


def test_every_module_has_a_worker():
    workers = {tuple(service["command"]) for name, service in OURS.items() if name.startswith("worker-")}
    assert workers == {("worker", spec.slug) for spec in load_manifests().values() if not spec.coming_soon}


def test_a_missing_mark_is_an_error():
    with pytest.raises(ValueError, match="modules: begin"):
        with_modules("services:\n", [])


@each_of_ours
def test_commands_exist(service):
    command = typer.main.get_command(build_app(load_manifests()))
    name, *arguments = service["command"]
    context = command.make_context("outsend", list(service["command"]))
    found = command.get_command(context, name)
    assert found is not None, f"there is no command {name}"
    found.make_context(name, arguments, parent=context)  # raises for arguments it does not take


def test_every_service_of_the_product_runs():
    commands = {tuple(service["command"]) for service in OURS.values()}
    assert {("serve", name) for name in ("gateway", "projector", "dispatcher")} <= commands


@each_service
def test_is_healthy_and_comes_back(service):
    assert service["healthcheck"]["test"]
    assert service["restart"] == "unless-stopped"


@each_service
def test_is_hardened(service):
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "privileged" not in service
    assert set(service.get("cap_add", [])) <= {"NET_BIND_SERVICE"}


@each_of_ours
def test_ours_run_as_nobody_in_particular(service):
    dockerfile = (ROOT / "deploy/Dockerfile").read_text()
    assert f"USER {service['user']}" in dockerfile
    assert not service["user"].startswith("0")


@each_service
def test_belongs_to_a_profile(service):
    assert service["profiles"] in (["core"], ["modules"], ["observability"])


@pytest.mark.parametrize("name", ["nats", "mongo"])
def test_servers_are_never_published(name):
    service = SERVICES[name]
    assert "ports" not in service
    assert service["networks"] == ["back"]
    assert COMPOSE["networks"]["back"] == {"internal": True}


def test_only_the_front_door_is_open():
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert set(published) == {"edge", "prometheus"}
    assert all(port.startswith("127.0.0.1:") for port in published["prometheus"])


def test_the_gateway_sees_the_places_that_the_workers_search():
    """It looks whether the file is there before it accepts a search."""
    for name in ("gateway", "worker-scrap"):
        file = Path(SERVICES[name]["environment"]["OUTSEND_SCRAP_OSM_FILE"])
        assert f"places:{file.parent}" in [volume.removesuffix(":ro") for volume in SERVICES[name]["volumes"]]
        assert f"--owner outsend --group outsend {file.parent}" in (ROOT / "deploy/Dockerfile").read_text()
    assert "places:/places" in SERVICES["worker-scrap"]["volumes"], "where an import writes"


def test_networks_and_volumes_are_declared():
    for service in SERVICES.values():
        assert set(service["networks"]) <= set(COMPOSE["networks"])
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            assert (ROOT / source).exists() if source.startswith(".") else source in COMPOSE["volumes"]


@pytest.mark.parametrize("secret", ["NATS_PASSWORD", "MONGO_PASSWORD", "OUTSEND_PUBLIC_URL"])
def test_secrets_have_no_default(secret):
    uses = [text for text in texts(SERVICES) if f"${{{secret}" in text]
    assert uses
    assert all(f"${{{secret}:?" in text for text in uses)
    assert re.search(rf"^{secret}=", (ROOT / ".env.example").read_text(), re.MULTILINE)


def test_every_variable_is_in_the_example():
    used = set(re.findall(r"(?<!\$)\$\{(\w+)", COMPOSE_FILE.read_text()))
    shown = set(re.findall(r"^#?(\w+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    assert used == shown


@each_of_ours
def test_settings_exist(service):
    known = {f"OUTSEND_{field.upper()}" for field in Settings.__struct_fields__} | {"NATS_URL", "MONGODB_URL", "TMPDIR"}
    ours = {name for name in service["environment"] if not name.startswith("OTEL_")}  # those are OpenTelemetry's
    assert ours <= known


def test_only_the_projector_knows_the_database():
    assert [name for name, service in OURS.items() if "MONGODB_URL" in service["environment"]] == ["projector"]


@each_of_ours
def test_a_worker_has_time_to_drain(service):
    assert int(service["stop_grace_period"].removesuffix("s")) > Settings().drain_timeout


@pytest.mark.parametrize("service", THIRD_PARTY.values(), ids=THIRD_PARTY)
def test_images_of_others_are_pinned(service):
    image, colon, tag = service["image"].partition(":")
    assert colon and re.match(r"v?\d+\.\d+", tag), image


def test_nats_writes_every_event_through():
    assert "sync_interval: always" in nats_conf()


def test_nats_has_jetstream_a_password_and_the_payload():
    conf = nats_conf()
    assert "jetstream {" in conf
    assert "password: $NATS_PASSWORD" in conf
    assert f"max_payload: {MAX_PAYLOAD}" in conf
    assert not any(line.endswith("}") and len(line) > 1 for line in conf), "one key a line"


def test_nats_has_room_for_the_log():
    [size] = [line.split()[1] for line in nats_conf() if line.startswith("max_file_store:")]
    settings = Settings()
    needed = settings.log_max_bytes + settings.page_cache_bytes + settings.answer_cache_bytes + 1024**3
    assert int(size.removesuffix("GB")) * 1000**3 >= needed


def test_caddy_sends_reads_to_the_projector_and_hides_the_operators_pages():
    caddyfile = (ROOT / "deploy/Caddyfile").read_text()
    assert "@operator path /livez /readyz /metrics" in caddyfile
    assert re.search(r"@reads \{\s+method GET HEAD\s+path /api/jobs /api/jobs/\* /api/brand-assets/\*\s+\}", caddyfile)
    reads, rest = caddyfile.split("handle @reads")[1].split("handle {")
    assert "dynamic a projector 8000" in reads and "flush_interval -1" in reads
    assert "dynamic a gateway 8000" in rest


def test_the_image_holds_what_is_locked_and_nothing_embedded():
    dockerfile = (ROOT / "deploy/Dockerfile").read_text()
    lock = (ROOT / "requirements.lock").read_text()
    assert "--require-hashes --only-binary :all: -r requirements.lock" in dockerfile
    embedded = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]["embedded"]
    assert not any(re.search(rf"^{requirement.split('==')[0]}==", lock, re.MULTILINE) for requirement in embedded)
    for requirement in re.findall(r"^[a-z][^\n]*(?:\n {4}--hash[^\n]*)*", lock, re.MULTILINE):
        assert "--hash=sha256:" in requirement, requirement
    allowed = {
        line.removeprefix("!") for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")
    }
    copied = {
        word for line in re.findall(r"^COPY (?!--from)(.*) \S+$", dockerfile, re.MULTILINE) for word in line.split()
    }
    assert copied <= allowed


def test_prometheus_asks_for_what_exists():
    from shared.observability import metrics

    text = (ROOT / "deploy/prometheus/alerts.yml").read_text()
    asked = {re.sub(r"_(bucket|sum|count)$", "", name) for name in re.findall(r"outsend_\w+", text)}
    assert asked <= set(metrics.MetricName.__args__)
    names = yaml.safe_load((ROOT / "deploy/prometheus/prometheus.yml").read_text())["scrape_configs"][0][
        "dns_sd_configs"
    ][0]["names"]
    aliases = {
        alias
        for service in OURS.values()
        if isinstance(service["networks"], dict)
        for alias in service["networks"]["back"]["aliases"]
    }
    assert set(names) <= set(SERVICES) | aliases
