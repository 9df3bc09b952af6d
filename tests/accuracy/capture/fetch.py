"""The capture's own steps, within its name spaces (see capture.sh): who listens where, and the pages as served.

Run: python -m tests.accuracy.capture.fetch hosts
     python -m tests.accuracy.capture.fetch pages <chroot> <folder of the npm and PyPI programs> [name ...]
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

from shared.net.client import Fetcher, FetchError, Response
from shared.settings import Settings
from tests.accuracy.pages import PAGES, SavedPage, Site, save, sites

_START_SECONDS = 90
"""Until the slowest program (RabbitMQ) answers."""
_SETTINGS = Settings(egress_allow=["127.0.0.0/8"], host_delay=0.0, robots=False, fetch_timeout=30.0)


def hosts() -> str:
    """The /etc/hosts of the name spaces."""
    lines = [f"{site.address} {urlsplit(site.url).hostname}" for site in sites().values()]
    return "\n".join(["127.0.0.1 localhost", *lines, ""])


async def fetch(fetcher: Fetcher, url: str) -> Response | FetchError:
    """The page as soon as its server is up; the last error when it never is."""
    async with asyncio.timeout(_START_SECONDS + 60):
        for _ in range(_START_SECONDS):
            try:
                return await fetcher.get(url, fresh=True)
            except FetchError as error:
                if error.code != "connection":
                    return error
                last = error
            await asyncio.sleep(1)
        return last


def version(package: str, root: Path, programs: Path) -> str:
    """The version of what runs: of a Debian package, `npm:name` or `pypi:name`."""
    if package.startswith("npm:"):
        found = next((programs / "npm").glob(f"*/node_modules/{package[4:]}/package.json"))
        return f"{package} {json.loads(found.read_text())['version']}"
    if package.startswith("pypi:"):
        code = f"import importlib.metadata as m; print(m.version({package[5:]!r}))"
        command = [str(programs / "py" / "bin" / "python"), "-c", code]
    else:
        command = ["chroot", str(root), "dpkg-query", "-f", "${Version}", "-W", package]
    return f"{package} {subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()}"


async def capture(name: str, site: Site, fetcher: Fetcher, root: Path, programs: Path) -> str:
    """Fetch one page and save it. Gives what there is to say about it."""
    answer = await fetch(fetcher, site.url)
    if isinstance(answer, FetchError):
        return f"{name}: {answer}"
    software = [await asyncio.to_thread(version, package, root, programs) for package in site.software]
    save(name, SavedPage(answer.url, answer.status, answer.headers, answer.body, software))
    return f"{name}: {answer.status}, {len(answer.body)} bytes"


async def main(root: Path, programs: Path, names: list[str]) -> None:
    PAGES.mkdir(exist_ok=True)
    chosen = {name: site for name, site in sites().items() if not names or name in names}
    async with Fetcher(_SETTINGS) as fetcher:
        pages = [capture(name, site, fetcher, root, programs) for name, site in chosen.items()]
        for said in asyncio.as_completed(pages):
            print(await said, flush=True)


if __name__ == "__main__":
    if sys.argv[1] == "hosts":
        print(hosts(), end="")
    else:
        asyncio.run(main(Path(sys.argv[2]), Path(sys.argv[3]), sys.argv[4:]))
