"""The committed OpenAPI document is what the services say, and says what the specification asks for."""

import msgspec
import pytest

from contracts.jobs import JobPublic
from services.edge.openapi import DOCUMENT, Contradiction, _join, render

OPERATIONS = {
    "/api/jobs": {"get", "post"},
    "/api/estimate": {"post"},
    "/api/jobs/{job_id}": {"get", "delete"},
    "/api/jobs/{job_id}/stream": {"get"},
    "/api/jobs/{job_id}/items": {"get"},
    "/api/jobs/{job_id}/download": {"get"},
    "/api/jobs/{job_id}/report": {"get"},
    "/api/jobs/{job_id}/cancel": {"post"},
    "/api/jobs/{job_id}/resume": {"post"},
    "/api/auth/register": {"post"},
    "/api/auth/login": {"post"},
    "/api/auth/me": {"get"},
    "/api/modules-registry": {"get"},
}


@pytest.fixture(scope="module")
def document():
    return msgspec.json.decode(DOCUMENT.read_bytes())


def test_the_committed_document_is_current():
    assert DOCUMENT.read_bytes() == render(), "run: python -m services.edge.openapi"


def test_rendering_is_deterministic():
    assert render() == render()


@pytest.mark.parametrize("path", OPERATIONS)
def test_every_documented_operation_is_there(document, path):
    methods = {name for name in document["paths"][path] if name in ("get", "post", "put", "patch", "delete")}
    assert methods >= OPERATIONS[path]


def test_it_is_openapi_3_1_with_unique_operation_ids(document):
    assert document["openapi"].startswith("3.1")
    ids = [
        operation["operationId"]
        for item in document["paths"].values()
        for method, operation in item.items()
        if method in ("get", "post", "put", "patch", "delete")
    ]
    assert len(ids) == len(set(ids))


def test_job_public_has_every_field_always(document):
    schema = document["components"]["schemas"]["JobPublic"]
    assert set(schema["properties"]) == set(schema["required"]) == set(JobPublic.__struct_fields__)


def test_operator_routes_are_not_part_of_the_document(document):
    assert not {"/livez", "/readyz", "/metrics"} & set(document["paths"])


def test_contradictions_are_refused():
    with pytest.raises(Contradiction):
        _join({"Job": {"type": "object"}}, {"Job": {"type": "string"}}, "schemas")
