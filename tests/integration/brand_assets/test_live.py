"""A job of brand_assets through the whole product, and its pictures through the API."""

from __future__ import annotations

import asyncio
import csv
import hashlib
import io

import pytest
from PIL import Image

from contracts.manifest import load_manifests
from shared.artefacts import open_artefacts
from shared.screenshots import find_chromium
from shared.settings import Settings
from tests.e2e.acts import is_problem

pytestmark = pytest.mark.servers

SITES = ["fromagerie-lachenal.valmont.test", "sports-loisirs-vallee.test", "plombier-interne.valmont.test"]
PICTURE = b"\x89PNG\r\n\x1a\n and so on"


def created(client, **options):
    items = [{"nom": host, "site_web": f"https://{host}/"} for host in SITES]
    answer = client.post("/api/jobs/brand-assets", json={"items": items, **options})
    assert answer.status_code == 200, answer.text
    return answer.json()


def pictures(row):
    """Every local address of a row."""
    named = [row[name] for name in row if name.endswith("_local_url")]
    return [url for url in [*named, *(row["logo_variants_local_urls"] or [])] if url]


def test_logos_from_job_to_download(stack, user, api):
    job = stack.finished(api, created(api)["id"])
    assert (job["status"], job["results_count"], job["error_count"]) == ("done", 2, 1)
    rows = api.get(f"/api/jobs/{job['id']}/items").json()["items"]
    fromagerie, sports, none = rows
    assert fromagerie["logo_url"] == "https://fromagerie-lachenal.valmont.test/logo.svg"
    assert (fromagerie["logo_source"], fromagerie["brand_color"], fromagerie["brand_color_source"]) == (
        "header",
        "#2F5D62",
        "logo",
    )
    assert fromagerie["favicon_url"].endswith("/favicon.ico") or "/img/favicon.ico" in fromagerie["favicon_url"]
    assert sports["logo_url"].endswith("/media/logo/default/logo.png")
    assert not any(none[name] for name in load_manifests()["brand_assets"].columns)
    assert all(row["screenshot_local_url"] is None for row in rows)
    with stack.client(stack.new_user()) as stranger, stack.client() as nobody:
        for url in pictures(fromagerie) + pictures(sports):
            assert url.startswith(stack.url + "/api/brand-assets/"), "an address to click on"
            answer = api.get(url)
            assert answer.status_code == 200
            assert Image.open(io.BytesIO(answer.content)).format == "PNG"
            assert url.endswith(hashlib.sha256(answer.content).hexdigest() + ".png")
            is_problem(stranger.get(url), 403)
            is_problem(nobody.get(url), 401)
    table = list(
        csv.DictReader(
            io.StringIO(api.get(f"/api/jobs/{job['id']}/download").content.decode("utf-8-sig")), delimiter=";"
        )
    )
    assert table[0]["logo_variants_local_urls"] == ", ".join(fromagerie["logo_variants_local_urls"])
    again = stack.finished(api, created(api)["id"])
    assert api.get(f"/api/jobs/{again['id']}/items").json()["items"] == rows, "the same pictures under the same names"


def test_screenshots_cost_more(api):
    plain = api.post("/api/jobs/brand-assets", json={"items": [{"site_web": "https://a.valmont.test/"}] * 100})
    shown = api.post(
        "/api/jobs/brand-assets",
        json={"items": [{"site_web": "https://a.valmont.test/"}] * 100, "capture_screenshot": True},
    )
    assert plain.json()["ef_cost"] == 0.001
    if find_chromium(Settings()) is None:
        assert shown.status_code == 503 and "chromium" in shown.json()["detail"].lower()
    else:
        assert shown.json()["ef_cost"] == 0.005


@pytest.mark.skipif(find_chromium(Settings()) is None, reason="no Chromium: apt-get install chromium")
def test_a_screenshot_of_a_site(stack, api):
    job = stack.finished(api, created(api, capture_screenshot=True)["id"], within=100)
    fromagerie, sports, none = api.get(f"/api/jobs/{job['id']}/items").json()["items"]
    for row in (fromagerie, sports):
        answer = api.get(row["screenshot_local_url"])
        assert answer.headers["content-type"] == "image/jpeg"
        picture = Image.open(io.BytesIO(answer.content))
        assert (picture.format, picture.size) == ("JPEG", (1280, 800))
        assert len(picture.convert("RGB").getcolors(1_000_000) or []) > 50, "something was drawn"
    assert none["screenshot_local_url"] is None


@pytest.fixture
def owner(stack, api):
    return api.get("/api/auth/me").json()["id"]


@pytest.fixture
def path(stack, owner):
    """A stored picture of the user's."""
    return asyncio.run(open_artefacts(stack.settings).put(owner, "png", PICTURE)).path


def test_headers_of_a_picture(api, path):
    answer = api.get(path)
    assert answer.content == PICTURE
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox; frame-ancestors 'none'"
    assert answer.headers["cache-control"] == "private, max-age=86400, immutable"
    assert answer.headers["content-disposition"] == f'inline; filename="{path.rpartition("/")[2]}"'


def test_head_tells_the_same_without_the_picture(api, path):
    got, asked = api.get(path), api.head(path)
    assert asked.status_code == 200
    assert asked.content == b""
    for name in ("content-type", "content-length", "etag", "cache-control", "content-security-policy"):
        assert asked.headers[name] == got.headers[name], name
    assert asked.headers["content-length"] == str(len(PICTURE))


@pytest.mark.parametrize("form", ["{}", "W/{}", '"x", {}', "*"])
def test_what_the_client_has_is_not_sent_again(api, path, form):
    etag = api.get(path).headers["etag"]
    answer = api.get(path, headers={"If-None-Match": form.format(etag)})
    assert answer.status_code == 304
    assert answer.content == b""
    assert answer.headers["etag"] == etag
    assert api.get(path, headers={"If-None-Match": '"other"'}).status_code == 200


def test_a_not_modified_needs_the_owner_too(stack, path):
    with stack.client(stack.new_user()) as stranger, stack.client() as nobody:
        headers = {"If-None-Match": "*"}
        is_problem(stranger.get(path, headers=headers), 403)
        assert stranger.head(path).status_code == 403
        is_problem(nobody.get(path, headers=headers), 401)


def test_a_stranger_learns_nothing_of_what_there_is(stack, owner, path):
    absent = path.replace(path[-10:-4], "000000")
    with stack.client(stack.new_user()) as stranger:
        assert stranger.get(path).text == stranger.get(absent).text


@pytest.mark.parametrize(
    "file_name",
    [
        "0" * 64 + ".png",
        "0" * 64 + ".svg",
        "0" * 64,
        "x",
        "..%2F..%2Fetc%2Fpasswd",
        "%2e%2e",
        "0" * 64 + ".png%00",
        "..",
        "%5c..%5cx.png",
    ],
)
def test_what_is_no_picture_is_not_found(api, owner, file_name):
    is_problem(api.get(f"/api/brand-assets/{owner}/{file_name}"), 404)


def test_the_owner_cannot_be_a_path(api, path):
    name = path.rpartition("/")[2]
    for owner in ("..", "%2e%2e", ".", "*", "u_%2f..", ""):
        assert api.get(f"/api/brand-assets/{owner}/{name}").status_code in (403, 404)
