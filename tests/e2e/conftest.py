"""Fixtures of the end-to-end suite: everything goes over HTTP to a product that runs as its operator starts it."""

import pytest

from tests.e2e.acts import create
from tests.live import live_stack


@pytest.fixture
def anyone(stack):
    """A client without credentials."""
    with stack.client() as client:
        yield client


@pytest.fixture
def stranger(stack):
    """A client of another account."""
    with stack.client(stack.new_user()) as client:
        yield client


@pytest.fixture
def finished(stack, api):
    """Create a job with these items as the user and wait for its end; gives its JobPublic."""

    def run(items, module="noop", **body):
        return stack.finished(api, create(api, module, items=items, **body)["id"])

    return run


@pytest.fixture(scope="session")
def strict(tmp_path_factory):
    """A product with the limits it is shipped with, a lower ceiling, and jobs that expire as soon as they have ended."""
    shipped = {"OUTSEND_LOGIN_ATTEMPTS": "5", "OUTSEND_REGISTRATIONS_PER_HOUR": "3"}
    shipped |= {"OUTSEND_JOB_CREATIONS_PER_MINUTE": "60", "OUTSEND_RETENTION_DAYS": "0"}
    shipped["OUTSEND_MAX_EF_PER_JOB"] = "0.05"
    with live_stack(tmp_path_factory.mktemp("strict"), **shipped) as running:
        yield running
