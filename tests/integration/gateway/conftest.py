import pytest

from tests.integration.gateway.stack import Nats, running


@pytest.fixture(scope="session")
def nats_server(tmp_path_factory):
    server = Nats(tmp_path_factory.mktemp("nats"))
    yield server
    server.stop()


@pytest.fixture
def fresh_nats(tmp_path):
    """A server of the test's own."""
    server = Nats(tmp_path)
    yield server
    server.stop()


@pytest.fixture
async def gateway(nats_server):
    async with running(nats_server) as gateway:
        yield gateway


@pytest.fixture
async def searching(nats_server):
    """A gateway of a deployment that has a source of places, one with reviews."""
    async with running(nats_server, google_places_key="key", overpass_url="http://127.0.0.1:9") as gateway:
        yield gateway
