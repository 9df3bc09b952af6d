"""What the gateway says of itself: the registry, the OpenAPI document, its UI, health, headers."""

import re

import msgspec

from contracts.jobs import ScrapBody
from tests.integration.gateway.modules import MODULES


async def test_registry_has_an_entry_per_module(gateway):
    answer = await gateway.http().get("/api/modules-registry")
    assert answer.status_code == 200
    entries = {entry["slug"]: entry for entry in answer.json()}
    assert list(entries) == list(MODULES)
    assert entries["techstack"] == {
        "slug": "techstack",
        "category": "intelligence",
        "label": {"fr": "Technologies du site", "en": "Tech stack"},
        "needs": ["site_web"],
        "produces": ["tech_cms", "tech_analytics", "tech_ads_pixels"],
        "pipelinable": True,
        "is_on_demand": False,
        "coming_soon": False,
        "alpha_unavailable": False,
        "api_endpoint": "/api/jobs/techstack",
    }
    assert entries["verify_emails"]["api_endpoint"] == "/api/jobs/verify-emails"
    assert entries["scrap"]["api_endpoint"] == "/api/jobs"
    assert entries["scrap"]["needs"] == ["queries", "zones"]
    assert entries["scrap"]["produces"][::14] == ["nom", "source"]


async def test_the_registry_says_which_module_lacks_its_source(gateway, searching):
    for service, lacks in ((gateway, True), (searching, False)):
        entries = (await service.http().get("/api/modules-registry")).json()
        lacking = {entry["slug"] for entry in entries if entry["alpha_unavailable"]}
        assert lacking - {"scrap"} == {"delivery_check", "pagespeed"}, "those that need a key or an inbox"
        assert ("scrap" in lacking) == lacks


async def test_every_operation_is_documented(gateway):
    answer = await gateway.http().get("/schema/openapi.json")
    assert answer.status_code == 200
    document = answer.json()
    assert document["openapi"].startswith("3.1")
    assert set(document["components"]["securitySchemes"]) == {"session", "api_key"}
    operations = {
        (method.upper(), path): operation
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if method in ("get", "post", "delete")
    }
    assert {path for _, path in operations} == {
        "/api/auth/register", "/api/auth/verify-email", "/api/auth/resend-verification",
        "/api/auth/request-password-reset", "/api/auth/reset-password", "/api/auth/login", "/api/auth/logout",
        "/api/auth/me", "/api/auth/api-keys", "/api/auth/api-keys/{key_id}", "/api/modules-registry",
        "/api/estimate", "/api/delivery-check/seeds", *(spec.endpoint for spec in MODULES.values()),
        "/api/jobs/{job_id}", "/api/jobs/{job_id}/cancel", "/api/jobs/{job_id}/resume",
    }  # fmt: skip
    ids = [operation["operationId"] for operation in operations.values()]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"[a-z_]+", each) for each in ids)
    for place, operation in operations.items():
        assert operation["summary"], place
        assert operation["tags"], place
        for status, response in operation["responses"].items():
            if int(status) >= 400:
                schema = response["content"]["application/json"]["schema"]
                bodies = {each["$ref"].rpartition("/")[2] for each in schema.get("oneOf", [schema])}
                both = status == "400" and place[1] == "/api/jobs/techstack"  # its page says 400 to a bad shape too
                expected = {"ValidationProblem"} if status == "422" else {"Problem"}
                assert bodies == expected | ({"ValidationProblem"} if both else set()), (place, status)
        if "401" in operation["responses"] and place[1] != "/api/auth/login":
            assert operation["security"] == [{"session": []}, {"api_key": []}], place


async def test_bodies_of_jobs_are_documented_from_the_manifest(gateway):
    document = (await gateway.http().get("/schema/openapi.json")).json()
    schema = document["paths"]["/api/jobs/emails"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert (schema["properties"]["items"]["minItems"], schema["properties"]["items"]["maxItems"]) == (1, 10_000)
    assert schema["properties"]["mode"]["enum"] == ["normal", "deep"]
    assert schema["properties"]["mode"]["default"] == "normal"


async def test_the_body_of_a_search_is_documented(gateway):
    paths = (await gateway.http().get("/schema/openapi.json")).json()["paths"]
    for path, least in (("/api/jobs", 1), ("/api/estimate", 0)):
        schema = paths[path]["post"]["requestBody"]["content"]["application/json"]["schema"]
        fields = schema["properties"]
        assert list(fields) == [field.name for field in msgspec.structs.fields(ScrapBody)]
        assert (fields["queries"]["minItems"], fields["queries"]["maxItems"]) == (least, 20)
        assert (fields["zones"]["minItems"], fields["zones"]["maxItems"]) == (least, 50)
        assert fields["scrap_mode"]["enum"] == ["fast", "normal", "ultra"]
        assert schema.get("required", []) == ["queries", "zones"][: 2 * least]


async def test_the_ui_loads_nothing_from_elsewhere(gateway):
    client = gateway.http()
    page = await client.get("/schema")
    assert page.status_code == 200
    assert "default-src 'self'" in page.headers["content-security-policy"]
    wanted = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert all(each.startswith(("/schema/", "data:")) for each in wanted)
    for path in wanted:
        if path.startswith("/"):
            asset = await client.get(path)
            assert asset.status_code == 200
            assert len(asset.content) > 100
    assert (await client.get("/schema/other.js")).status_code == 404


async def test_health_and_metrics(gateway):
    client = gateway.http()
    assert (await client.get("/livez")).json() == {"ok": True}
    assert (await client.get("/readyz")).json() == {"ready": True, "checks": {"log": "ok"}}
    await gateway.job(await gateway.user())
    metrics = (await client.get("/metrics")).text
    assert 'outsend_jobs_requested_total{job_type="techstack"}' in metrics
    assert 'route="/api/jobs/techstack",status="200"' in metrics


async def test_every_answer_carries_security_headers(gateway):
    client = gateway.http()
    for answer in (
        await client.get("/api/auth/me"),
        await client.get("/nowhere"),
        await client.get("/api/modules-registry"),
    ):
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
        assert "server" not in answer.headers


async def test_an_unexpected_error_tells_its_number_and_nothing_else(gateway):
    client = await gateway.user()
    gateway.app.state.commands = None
    answer = await client.post("/api/jobs/j_01M8294S6JDQPA99JBJ7AA0MKY/cancel")
    assert answer.status_code == 500
    number = answer.headers["x-correlation-id"]
    assert answer.json() == {"detail": f"Internal error; its number is {number}"}
    line = await gateway.lines.wait_for("unexpected_error", correlation_id=number)
    assert isinstance(line["exc_info"], AttributeError)
