"""The served OpenAPI document holds: generated requests, valid and not, meet only what it describes."""

import msgspec
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from services.edge.openapi import DOCUMENT
from tests.e2e.acts import create, named

pytestmark = pytest.mark.servers


def no_unannounced_failure(context, response, case):
    """What is not configured here is said with 503, as the document promises; anything else above is a bug."""
    assert response.status_code < 500 or (response.status_code == 503 and "retry-after" in response.headers)


CHECKS = [
    no_unannounced_failure,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
]
COMMON = {
    "deadline": None,
    "derandomize": True,
    "database": None,
    "phases": [Phase.explicit, Phase.generate],
    "suppress_health_check": list(HealthCheck),
}


@pytest.fixture(scope="module")
def caller(stack):
    """A user of this suite and one of their finished jobs."""
    user = stack.new_user()
    with stack.client(user) as client:
        job = stack.finished(client, create(client, "faulty", items=named(5))["id"])["id"]
    return user, job


schema = schemathesis.openapi.from_dict(msgspec.json.decode(DOCUMENT.read_bytes()))
"""The committed one, which is the served one: tests/e2e/test_documents.py."""


def ask(case, stack, caller):
    """The request as it was made up, and again about a job that exists (which nothing may delete)."""
    user, job = caller
    options = {"base_url": stack.url, "headers": {"X-API-Key": user.api_key}, "checks": CHECKS, "timeout": 20}
    case.call_and_validate(**options)
    if "job_id" in case.path_parameters and case.method != "DELETE":
        case.path_parameters["job_id"] = job
        case.call_and_validate(**options)


@schema.parametrize()
@settings(max_examples=8, **COMMON)
def test_the_api_does_what_its_document_says(case, stack, caller):
    ask(case, stack, caller)


@pytest.mark.slow
@pytest.mark.timeout(900)
@schema.parametrize()
@settings(max_examples=150, **COMMON)
def test_the_api_does_what_its_document_says_at_length(case, stack, caller):
    ask(case, stack, caller)
