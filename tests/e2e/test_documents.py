"""What the API says of itself, and of its health."""

import re

import msgspec
import pytest

from contracts.manifest import MODULES_FOLDER, load_manifests
from services.edge.openapi import render
from tests.live import MODULES

pytestmark = pytest.mark.servers

REGISTRY = [
    "slug", "category", "label", "needs", "produces", "pipelinable", "is_on_demand", "coming_soon",
    "alpha_unavailable", "api_endpoint",
]  # fmt: skip


def test_the_registry(anyone):
    entries = anyone.get("/api/modules-registry").json()
    manifests = load_manifests((MODULES_FOLDER, MODULES))
    assert [entry["slug"] for entry in entries] == list(manifests)
    for entry in entries:
        assert list(entry) == REGISTRY
        assert list(entry["label"]) == ["fr", "en"]
        assert entry["category"] in ("extraction", "enrichment", "intelligence", "verification", "pipeline")
    techstack = next(entry for entry in entries if entry["slug"] == "techstack")
    assert techstack["needs"] == ["site_web"]
    assert techstack["produces"] == ["tech_cms", "tech_analytics", "tech_ads_pixels"]
    assert techstack["api_endpoint"] == "/api/jobs/techstack"
    assert techstack["alpha_unavailable"] is False


def test_every_endpoint_of_the_registry_is_in_the_document(anyone):
    paths = anyone.get("/schema/openapi.json").json()["paths"]
    for entry in anyone.get("/api/modules-registry").json():
        assert "post" in paths[entry["api_endpoint"]]


def test_the_document_is_openapi_3_1_and_the_committed_one_but_for_the_test_modules(anyone):
    answer = anyone.get("/schema/openapi.json")
    assert answer.status_code == 200
    assert answer.json()["openapi"].startswith("3.1")
    committed = msgspec.json.decode(render())["paths"]
    assert {path: answer.json()["paths"][path] for path in committed} == committed


def test_the_page_and_all_it_loads_come_from_here(anyone):
    page = anyone.get("/schema")
    assert page.status_code == 200 and page.headers["content-type"].startswith("text/html")
    assert not re.search(r"""(?:src|href)=["']?(?:https?:)?//""", page.text)
    files = re.findall(r"""(?:src|href)=["'](/[^"']+)""", page.text)
    assert len(files) == 4
    for file in files:
        answer = anyone.get(file)
        assert answer.status_code == 200 and answer.content
    assert "default-src 'self'" in page.headers["content-security-policy"]


@pytest.mark.parametrize("path", ["/livez", "/readyz"])
def test_health(anyone, path):
    assert anyone.get(path).status_code == 200


def test_readiness_names_its_checks(anyone):
    answer = anyone.get("/readyz").json()
    assert answer["ready"] is True
    assert set(answer["checks"].values()) == {"ok"}


def test_metrics(api, anyone):
    api.get("/api/jobs")
    assert 'route="/api/jobs"' in anyone.get("/metrics").text
