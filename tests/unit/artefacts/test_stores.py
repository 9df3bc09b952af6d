"""Both stores, by the same tests: a folder, and a bucket behind real HTTP with signatures that are checked."""

from __future__ import annotations

import asyncio
import os
import time
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from shared.artefacts import ArtefactName, ArtefactsUnavailable, open_artefacts
from shared.artefacts.names import MEDIA_TYPES
from shared.artefacts.signature import Credentials, sign
from shared.settings import Settings, SettingsError
from tests.unit.artefacts.s3_server import KEY, REGION, SECRET, S3Server

PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40


class Stand:
    """A store, and its clock turned back from outside."""

    def __init__(self, store, age):
        self.store = store
        self.age = age


@pytest.fixture(params=["folder", "bucket"])
async def stand(request, tmp_path):
    if request.param == "folder":
        store = open_artefacts(Settings(data_dir=tmp_path))

        def age(name, days):
            path = tmp_path / "artefacts" / name.owner / name.sha256[:2] / name.file_name
            os.utime(path, (time.time() - days * 86_400,) * 2)

        yield Stand(store, age)
        return
    server = S3Server(page=2)
    await server.start()
    store = open_artefacts(bucket_settings(server))

    def age(name, days):
        key = f"{name.owner}/{name.file_name}"
        data, kind, _ = server.objects[key]
        server.objects[key] = data, kind, datetime.now(UTC) - timedelta(days=days)

    yield Stand(store, age)
    await store.aclose()
    await server.stop()


def bucket_settings(server):
    return Settings(
        artefacts_url=server.url, artefacts_region=REGION, artefacts_access_key=KEY, artefacts_secret_key=SECRET
    )


async def test_what_is_put_can_be_got(stand):
    name = await stand.store.put("u_1", "png", PICTURE)
    assert name == ArtefactName.of("u_1", "png", PICTURE)
    assert name.path == f"/api/brand-assets/u_1/{name.sha256}.png"
    assert await stand.store.get(name) == PICTURE


async def test_owners_do_not_share(stand):
    name = await stand.store.put("u_1", "png", PICTURE)
    assert await stand.store.get(msgspec.structs.replace(name, owner="u_2")) is None
    assert await stand.store.get(msgspec.structs.replace(name, extension="jpg")) is None


async def test_many_at_once_and_the_same_twice(stand):
    pictures = [bytes([number % 5]) * 100 for number in range(50)]
    names = await asyncio.gather(*(stand.store.put("u_1", "png", picture) for picture in pictures))
    assert len(set(names)) == 5
    assert [await stand.store.get(name) for name in names[:5]] == pictures[:5]


async def test_the_sweep_takes_what_nobody_put_for_long(stand):
    names = [await stand.store.put(f"u_{number}", "png", PICTURE + bytes([number])) for number in range(7)]
    for name in names[:5]:
        stand.age(name, 40)
    await stand.store.put("u_0", "png", PICTURE + bytes([0]))  # a later job needs it again
    assert await stand.store.sweep(time.time() - 31 * 86_400) == 4
    assert [await stand.store.get(name) is not None for name in names] == [True] + [False] * 4 + [True] * 2
    assert await stand.store.sweep(time.time() - 31 * 86_400) == 0


@pytest.mark.parametrize(
    ("owner", "extension"),
    [("../u", "png"), ("", "png"), ("u/1", "png"), ("u_1", "svg"), ("u_1", "html"), ("u.1", "png")],
)
async def test_names_that_may_not_be_stored(stand, owner, extension):
    with pytest.raises(ValueError, match="no name of an artefact"):
        await stand.store.put(owner, extension, PICTURE)


@pytest.mark.parametrize(
    "file_name",
    [
        "",
        "a.png",
        "A" * 64 + ".png",
        "a" * 64,
        "a" * 64 + ".svg",
        "a" * 64 + ".png\n",
        "a" * 65 + ".png",
        "../" + "a" * 61 + ".png",
    ],
)
def test_paths_that_name_nothing(file_name):
    assert ArtefactName.parse("u_1", file_name) is None
    assert ArtefactName.parse("u_1", "a" * 64 + ".png") is not None


def test_nothing_that_a_browser_would_run_is_served():
    assert set(MEDIA_TYPES.values()) <= {"image/png", "image/jpeg"}


async def test_a_killed_writer_leaves_no_half_file(tmp_path):
    store = open_artefacts(Settings(data_dir=tmp_path))
    name = await store.put("u_1", "png", PICTURE)
    folder = tmp_path / "artefacts" / "u_1" / name.sha256[:2]
    assert [path.name for path in folder.iterdir()] == [name.file_name]
    (folder / ".left-over").write_bytes(b"half")
    os.utime(folder / ".left-over", (0, 0))
    assert await store.sweep(time.time() - 86_400) == 1


async def test_a_folder_that_cannot_be_written(tmp_path):
    (tmp_path / "artefacts").write_text("a file in its place")
    with pytest.raises(ArtefactsUnavailable, match="cannot be written"):
        await open_artefacts(Settings(data_dir=tmp_path)).put("u_1", "png", PICTURE)


@pytest.fixture
async def server():
    server = S3Server()
    await server.start()
    yield server
    await server.stop()


@pytest.mark.parametrize("wrong", ["artefacts_secret_key", "artefacts_access_key", "artefacts_region"])
async def test_a_wrong_key_is_told(server, wrong):
    store = open_artefacts(msgspec.structs.replace(bucket_settings(server), **{wrong: "wrong"}))
    with pytest.raises(ArtefactsUnavailable, match=r"403 to PUT \(SignatureDoesNotMatch\)"):
        await store.put("u_1", "png", PICTURE)
    assert server.objects == {}
    await store.aclose()


async def test_a_bucket_that_refuses_or_is_away(server):
    store = open_artefacts(bucket_settings(server))
    server.refusal = 503
    name = ArtefactName.of("u_1", "png", PICTURE)
    for call in (store.put("u_1", "png", PICTURE), store.get(name), store.sweep(0)):
        with pytest.raises(ArtefactsUnavailable, match="503"):
            await call
    await server.stop()
    with pytest.raises(ArtefactsUnavailable, match="cannot be reached"):
        await store.get(name)
    await store.aclose()
    await server.start()


async def test_other_peoples_objects_stay(server):
    store = open_artefacts(bucket_settings(server))
    old = datetime(2020, 1, 1, tzinfo=UTC)
    server.objects = {"backup/db.dump": (b"x", "text/plain", old), "u_1/readme.png": (b"x", "image/png", old)}
    assert await store.sweep(time.time()) == 0
    assert len(server.objects) == 2
    await store.aclose()


@pytest.mark.parametrize("url", ["s3://bucket", "bucket", "http:///x", "https://host/bucket?x=1"])
def test_an_address_that_is_no_bucket(url):
    with pytest.raises(SettingsError, match="OUTSEND_ARTEFACTS_URL"):
        open_artefacts(Settings(artefacts_url=url))


def test_the_example_of_the_specification():
    """Amazon S3 API Reference, "Signature Calculations: Examples", GET Bucket (List Objects)."""
    credentials = Credentials("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "us-east-1")
    now = datetime(2013, 5, 24, tzinfo=UTC)
    query = {"prefix": "J", "max-keys": "2"}
    headers = sign(credentials, "GET", "https://examplebucket.s3.amazonaws.com/", query=query, body=b"", now=now)
    assert headers["authorization"].endswith("34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7")
