"""Settings come from the environment, typed; a value that does not parse is named."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, get_args, get_origin

import msgspec
import pytest

from shared.settings import Settings, SettingsError


def test_an_empty_environment_gives_the_defaults():
    assert Settings.from_env({}) == Settings()


@pytest.mark.parametrize(
    ("variable", "text", "field", "value"),
    [
        ("NATS_URL", "nats://a:1,nats://b:2", "nats_url", "nats://a:1,nats://b:2"),
        ("MONGODB_URL", "mongodb://db", "mongodb_url", "mongodb://db"),
        ("OUTSEND_PORT", "9000", "port", 9000),
        ("OUTSEND_HOST_DELAY", "0.01", "host_delay", 0.01),
        ("OUTSEND_MAX_EF_PER_JOB", "2", "max_ef_per_job", 2.0),
        ("OUTSEND_ROBOTS", "false", "robots", False),
        ("OUTSEND_SMTP_TLS", "1", "smtp_tls", True),
        ("OUTSEND_DATA_DIR", "/srv/outsend", "data_dir", Path("/srv/outsend")),
        ("OUTSEND_EGRESS_PORTS", "80, 443,", "egress_ports", [80, 443]),
        ("OUTSEND_EGRESS_ALLOW", "", "egress_allow", []),
        ("OUTSEND_HTTP_PORT_MAP", "http=8081,https=8444", "http_port_map", {"http": 8081, "https": 8444}),
        ("OUTSEND_MODULE_FOLDERS", "a,b/c", "module_folders", [Path("a"), Path("b/c")]),
    ],
)
def test_values_are_typed(variable, text, field, value):
    given = getattr(Settings.from_env({variable: text}), field)
    assert given == value
    assert type(given) is type(value)


@pytest.mark.parametrize(
    ("variable", "text"),
    [
        ("OUTSEND_PORT", "eighty"),
        ("OUTSEND_PORT", ""),
        ("OUTSEND_ROBOTS", "perhaps"),
        ("OUTSEND_EGRESS_PORTS", "80,http"),
        ("OUTSEND_HTTP_PORT_MAP", "http"),
        ("OUTSEND_HTTP_PORT_MAP", "http=x"),
        ("OUTSEND_HOST_DELAY", "half"),
    ],
)
def test_what_does_not_parse_is_named(variable, text):
    with pytest.raises(SettingsError, match=variable):
        Settings.from_env({variable: text})


def test_only_its_own_variables_count():
    assert Settings.from_env({"PORT": "1", "OUTSEND_NATS_URL": "x", "HOME": "/"}) == Settings()


CHANGED = Settings(
    nats_url="nats://u:p@h:1",
    nats_replicas=3,
    data_dir=Path("/x"),
    robots=False,
    egress_allow=["127.0.0.1:80", "10.0.0.0/8"],
    egress_ports=[1, 2],
    http_port_map={"http": 1},
    module_folders=[Path("m")],
    max_ef_per_job=0.5,
    smtp_password="a=b, c",
)


@pytest.mark.parametrize("settings", [Settings(), CHANGED], ids=["defaults", "changed"])
def test_a_child_process_gets_the_same_settings(settings):
    assert Settings.from_env(settings.to_env()) == settings


def test_a_child_process_is_told_of_changes_alone():
    assert Settings(port=1).to_env() == {"OUTSEND_PORT": "1"}


@pytest.mark.parametrize("field", msgspec.structs.fields(Settings), ids=lambda field: field.name)
def test_every_default_survives_the_environment(field):
    default = getattr(Settings(), field.name)
    another = get_args(field.type)[-1] if get_origin(field.type) is Literal else _another(default)
    changed = msgspec.structs.replace(Settings(), **{field.name: another})
    assert Settings.from_env(changed.to_env()) == changed


def _another(value):
    match value:
        case bool():
            return not value
        case int() | float():
            return value + 1
        case Path():
            return value / "other"
        case str():
            return value + "x"
        case list():
            return [*value, *value][:1] or []
        case dict():
            return {"http": 1}
