"""What every suite may use. Nothing starts before a test asks for it."""

import pytest
from hypothesis import HealthCheck, settings

from tests.live import live_stack

# A busy machine is slow, and what chance finds is no fault of the change under test: the same examples each time, in
# any time. `--hypothesis-profile=search` looks for new ones.
settings.register_profile("search", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("same", settings.get_profile("search"), derandomize=True)
settings.load_profile("same")


@pytest.fixture(scope="session")
def stack(tmp_path_factory):
    """The whole product as its operator starts it, over the world: one for the session."""
    with live_stack(tmp_path_factory.mktemp("stack")) as running:
        yield running


@pytest.fixture
def user(stack):
    """A verified user of the test's own, with an API key."""
    return stack.new_user()


@pytest.fixture
def api(stack, user):
    """An HTTP client that acts as the user."""
    with stack.client(user) as client:
        yield client
