"""`outsend up` as its operator meets it."""

import os
import signal
import socket
import stat

import httpx
import pytest

from tests.live import MODULES

pytestmark = pytest.mark.servers


@pytest.fixture
def taken_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.mark.parametrize("option", ["--port", "--nats-port", "--mongodb-port"])
def test_a_taken_port_is_named_with_the_option_that_changes_it(up, taken_port, option):
    ports = {"--port": "0", option: str(taken_port)}
    one = up(*(part for pair in ports.items() for part in pair))
    assert one.ended() == (2, [])
    assert f"port {taken_port}" in one.said()
    assert f"with {option} " in one.said()


def test_it_starts_serves_stops_on_sigterm_and_goes_on_where_it_stopped(up):
    first = up("--port", "0")
    running = first.wait_ready()
    assert httpx.get(f"{running.url}/livez").status_code == 200
    secrets = [
        first.data_dir / "stack.json",
        first.data_dir / "nats" / "nats.conf",
        first.data_dir / "nats" / "password",
    ]
    assert {stat.S_IMODE(file.stat().st_mode) for file in secrets} == {0o600}
    credentials = {"email": "someone@example.com", "password": "correct horse"}
    assert httpx.post(f"{running.url}/api/auth/register", json=credentials).status_code == 201

    first.send(signal.SIGTERM)
    assert first.ended() == (0, [])
    assert "Everything is stopped" in first.said()
    assert not (first.data_dir / "stack.json").exists()

    second = up("--port", "0")
    url = second.wait_ready().url
    assert httpx.post(f"{url}/api/auth/login", json=credentials).status_code == 200
    second.send(signal.SIGINT)
    assert second.ended() == (0, [])


def test_a_second_one_on_the_same_folder_is_refused(up):
    first = up("--port", "0")
    first.wait_ready()
    second = up("--port", "0")
    assert second.ended() == (2, [])
    assert f"already runs on {first.data_dir} (process {first.process.pid})" in second.said()
    assert first.process.poll() is None


def test_killed_it_leaves_no_process_and_the_folder_is_free_again(up):
    first = up("--port", "0")
    first.wait_ready()
    assert len(first.children) >= 5
    first.send(signal.SIGKILL)
    assert first.ended() == (-signal.SIGKILL, [])

    second = up("--port", "0")
    second.wait_ready()
    second.send(signal.SIGTERM)
    assert second.ended() == (0, [])


def test_a_signal_while_it_starts_stops_it(up):
    one = up("--port", "0")
    while not (one.data_dir / "logs" / "nats.log").exists():
        assert one.process.poll() is None
    one.send(signal.SIGTERM)
    assert one.ended()[0] == 0
    with pytest.raises(ProcessLookupError):
        os.kill(one.process.pid, 0)


def test_a_child_that_cannot_start_is_shown_with_its_last_lines(up, tmp_path):
    manifest = (MODULES / "noop.toml").read_text().replace("tests.modules.noop", "no.such.code")
    (tmp_path / "modules").mkdir()
    (tmp_path / "modules" / "noop.toml").write_text(manifest)
    one = up("--port", "0", OUTSEND_MODULE_FOLDERS=str(tmp_path / "modules"))
    assert one.ended() == (1, [])
    assert "worker ended with exit code 2 before it was ready" in one.said()
    assert "no.such.code.process cannot be loaded" in one.said()
