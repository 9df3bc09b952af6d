"""What every suite may use. Nothing starts before a test asks for it."""

import pytest

from tests.live import live_stack


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
