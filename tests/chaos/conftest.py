"""One running product for the folder; tests that need another one start it themselves."""

import os
import random

import pytest
import pytest_asyncio

from tests.chaos.product import running


def pytest_collection_modifyitems(items):
    for item in items:
        if "chaos" in item.path.parts:
            # The stack's processes belong to the loop that started them; it must be the tests' too.
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)
            item.add_marker(pytest.mark.servers)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def _product(tmp_path_factory):
    async with running(tmp_path_factory.mktemp("chaos")) as product:
        yield product


@pytest_asyncio.fixture(loop_scope="session")
async def product(_product):
    """Whole at the start of each test."""
    await _product.whole()
    return _product


@pytest_asyncio.fixture(loop_scope="session")
async def person(product):
    """Somebody whose jobs are this test's alone."""
    return await product.person()


@pytest.fixture
def rng():
    """Chance that can be repeated: CHAOS_SEED is printed with a failure."""
    seed = int(os.environ.get("CHAOS_SEED") or random.SystemRandom().randrange(10**9))
    print(f"CHAOS_SEED={seed}")
    return random.Random(seed)
