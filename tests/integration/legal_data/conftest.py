"""A broker for the limits and the memory that processes share."""

import msgspec
import nats
import pytest

from shared.net.answers import Answers
from shared.net.upstream import Quotas
from shared.settings import Settings
from tests.servers import NatsServer


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    server = NatsServer(tmp_path_factory.mktemp("registers") / "nats").start()
    yield server
    server.kill()


@pytest.fixture
def settings(server):
    small = {"answer_cache_bytes": 16 * 1024 * 1024, "recherche_entreprises_rate": 200.0, "bodacc_rate": 200.0}
    return msgspec.structs.replace(Settings(nats_url=server.url), **small)


@pytest.fixture
async def shared(server, settings):
    """Quotas and answers, empty again afterwards."""
    client = await nats.connect(server.url)
    js = client.jetstream()
    yield await Quotas.open(js, settings), await Answers.open(js, settings)
    for bucket in ("quotas", "answers"):
        await js.delete_stream(f"KV_{bucket}")
    await client.close()
