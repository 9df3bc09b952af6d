"""`python -m tests.world`: the world as a process of its own, until SIGTERM or SIGINT."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
from pathlib import Path

from tests.world.catalogue import load_sites
from tests.world.world import World, write_csv


async def _run(options: argparse.Namespace) -> None:
    stop = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    ports = {"http_port": options.http_port, "https_port": options.https_port, "dns_port": options.dns_port}
    async with World.start(options.dir, **ports) as world:
        description = {name: getattr(world, name) for name in ports}
        described = json.dumps({"pid": os.getpid(), **description, "env": world.settings_env()}, indent=2)
        _replace(options.dir / "world.json", described)
        print(described, flush=True)
        await stop.wait()


def _replace(path: Path, text: str) -> None:
    """Whole or not at all: who sees the file may read it, and knows that the world is ready."""
    draft = path.with_suffix(".tmp")
    draft.write_text(text + "\n", encoding="utf-8")
    draft.replace(path)


def main() -> None:
    """Parse the arguments, write the list if asked, serve if asked."""
    parser = argparse.ArgumentParser(prog="python -m tests.world", description=__doc__)
    parser.add_argument("--dir", type=Path, help="serve; world.json and ca.pem go there")
    parser.add_argument("--csv", type=Path, help="write the town as a list of leads")
    for name in ("http", "https", "dns"):
        parser.add_argument(f"--{name}-port", type=int, default=0, help="0: a free one")
    options = parser.parse_args()
    if options.csv:
        write_csv([site.item() for site in load_sites()], options.csv)
    if options.dir:
        asyncio.run(_run(options))
    elif not options.csv:
        parser.error("say --dir, --csv, or both")


if __name__ == "__main__":
    main()
