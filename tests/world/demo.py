"""`make demo`: the invented town searched, then its sites read, start to finish, with the commands a user would type.

Data stay in var/demo, results in ./out, or in the same folders of DEMO_FOLDER. Every run fetches every site: the page cache is emptied first.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import secrets
import shlex
import sys
import time
import urllib.request
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shared.settings import Settings

# What is heavy is imported inside the functions, while the town starts.

ROOT = Path(__file__).parent.parent.parent
FOLDER = Path(os.environ.get("DEMO_FOLDER", ROOT))
DATA, OUT = FOLDER / "var" / "demo", FOLDER / "out"
EXTRACT = DATA / "valmont.osm.pbf"
EMAIL = "demo@valmont.test"

FETCH_TIMEOUT = 1.5
"""Seconds. Some of the town's sites never answer, and a demo need not be as patient as one is with real ones."""


async def main() -> int:
    """Everything, in order; gives the exit code of the first command that failed, or 0."""
    began = time.monotonic()
    OUT.mkdir(exist_ok=True)
    _say("Starting the town, broker, store, API, dispatcher and worker ...")
    async with _town() as process:
        from deploy.stack import Stack

        map_ = asyncio.create_task(_import_map())
        settings = await _settings(process)
        async with Stack(settings, say=_say) as stack:
            _say(f"Ready after {time.monotonic() - began:.1f} s at {stack.url}")
            await _empty_page_cache(stack.settings)
            env = os.environ | {"OUTSEND_URL": stack.url, "OUTSEND_API_KEY": await _key(stack.settings)}
            code = await map_ or await _find_and_enrich(env)
            _say(f"Done after {time.monotonic() - began:.1f} s; the results are in {_shown(OUT)}/")
    return code


async def _import_map() -> int:
    """The town's businesses as an OpenStreetMap extract, then made searchable; while everything else starts."""
    DATA.mkdir(parents=True, exist_ok=True)
    writing = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.world.places.valmont", EXTRACT, cwd=ROOT, stdout=asyncio.subprocess.DEVNULL
    )
    return await writing.wait() or await _command(
        os.environ | {"OUTSEND_DATA_DIR": str(DATA)}, "import-osm", _shown(EXTRACT)
    )


async def _find_and_enrich(env: dict[str, str]) -> int:
    """The places of a postcode, then what their sites are made with."""
    from tests.world.places.valmont import QUERIES, ZONE

    queries = [part for query in QUERIES for part in ("--query", query)]
    search = ["scrap", *queries, "--zone", ZONE, "--follow", *_saved_as("scrap")]
    if code := await _command(env, *search):
        return code
    found = await asyncio.to_thread(_newest_job, env)
    return await _command(env, "jobs", "create", "techstack", "--from", found, "--follow", *_saved_as("techstack"))


def _saved_as(name: str) -> list[str]:
    return [part for suffix in ("csv", "json", "xlsx") for part in ("--out", _shown(OUT / f"{name}.{suffix}"))]


def _newest_job(env: dict[str, str]) -> str:
    asked = urllib.request.Request(
        f"{env['OUTSEND_URL']}/api/jobs?limit=1", headers={"X-API-Key": env["OUTSEND_API_KEY"]}
    )
    with urllib.request.urlopen(asked, timeout=10) as answer:
        job: str = json.load(answer)[0]["id"]
    return job


@contextlib.asynccontextmanager
async def _town() -> AsyncIterator[asyncio.subprocess.Process]:
    """The town's servers as a process of their own, gone when we are."""
    folder = DATA / "world"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "world.json").unlink(missing_ok=True)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-I", "-S", ROOT / "deploy" / "leash.py", str(os.getpid())),
        *(sys.executable, "-m", "tests.world", "--dir", folder),
        stdout=asyncio.subprocess.DEVNULL,
        cwd=ROOT,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        await process.wait()


async def _settings(town: asyncio.subprocess.Process) -> Settings:
    """The settings that make the product live in the town, once that is ready."""
    import msgspec

    from deploy.stack import StackError
    from shared.settings import Settings

    described = DATA / "world" / "world.json"
    while not described.exists():
        if town.returncode is not None:
            raise StackError("the town's servers could not start")
        await asyncio.sleep(0.02)
    settings = Settings.from_env(json.loads(described.read_text(encoding="utf-8"))["env"])
    return msgspec.structs.replace(settings, data_dir=DATA, fetch_timeout=FETCH_TIMEOUT, log_json=False)


async def _empty_page_cache(settings: Settings) -> None:
    from contracts.subjects import PAGES_BUCKET
    from shared.messaging.connection import connect

    client = await connect(settings, "demo")
    await client.jetstream().purge_stream(f"KV_{PAGES_BUCKET}")
    await client.close()


async def _key(settings: Settings) -> str:
    from services.cli.errors import UsageError
    from services.cli.users import create_key, create_user

    with contextlib.suppress(UsageError):  # an earlier demo made the account
        return await create_user(settings, EMAIL, secrets.token_urlsafe(16), api_key=True)
    return await create_key(settings, EMAIL, "demo")


async def _command(env: dict[str, str], *arguments: str) -> int:
    _say(f"$ outsend {shlex.join(arguments)}")
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "services.cli", *arguments, env=env, cwd=ROOT)
    return await process.wait()


def _shown(path: Path) -> str:
    return str(path.relative_to(ROOT) if path.is_relative_to(ROOT) else path)


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _run() -> int:
    try:
        return asyncio.run(main())
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        from deploy.place import PlaceTaken
        from deploy.stack import StackError

        if not isinstance(error, StackError | PlaceTaken):
            raise
        _say(f"demo: {error}")
        return 1


if __name__ == "__main__":
    sys.exit(_run())
