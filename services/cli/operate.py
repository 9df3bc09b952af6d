"""`outsend up`, `serve`, `worker`, `rebuild`: for who runs the product."""

from __future__ import annotations

import asyncio
import enum
import os
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from services.cli.display import err, plain
from services.cli.errors import CliError, UsageError
from services.cli.surroundings import joined_settings
from shared.settings import Settings


class Service(enum.StrEnum):
    """What `outsend serve` runs."""

    gateway = "gateway"
    projector = "projector"
    edge = "edge"
    dispatcher = "dispatcher"


def up(  # noqa: PLR0917 - typer passes them by name
    port: Annotated[
        int | None, typer.Option(help="Where the API listens; 0: any free port", show_default="8000")
    ] = None,
    data_dir: Annotated[Path | None, typer.Option(help="Where everything is kept", show_default="var")] = None,
    nats_port: Annotated[int, typer.Option(help="Port of the broker; 0: any free one")] = 0,
    mongodb_port: Annotated[int, typer.Option(help="Port of the views' store; 0: any free one")] = 0,
    nats_url: Annotated[str, typer.Option(envvar="NATS_URL", help="Use this broker, start none")] = "",
    mongodb_url: Annotated[str, typer.Option(envvar="MONGODB_URL", help="Use this store, start none")] = "",
) -> None:
    """Run everything on this machine: broker, store, API, dispatcher and one worker for all modules."""
    from deploy.local import up as run
    from deploy.place import PlaceTaken
    from deploy.ports import Ports, PortTaken
    from deploy.stack import StackError

    settings = _readable_logs(Settings.from_env())
    settings = msgspec.structs.replace(settings, data_dir=data_dir or settings.data_dir)
    ports = Ports(http=settings.port if port is None else port, nats=nats_port, mongodb=mongodb_port)
    try:
        asyncio.run(run(settings, ports=ports, nats_url=nats_url, mongodb_url=mongodb_url, say=_say))
    except (PortTaken, PlaceTaken) as error:
        raise UsageError(str(error)) from None
    except (StackError, OSError) as error:
        raise CliError(str(error)) from None


def serve(service: Annotated[Service, typer.Argument(help="Which one")]) -> None:
    """Run one service in the foreground, configured by the environment."""
    from services.cli.processes import run_dispatcher, serve_http

    if service is Service.dispatcher:
        run_dispatcher()
    else:
        serve_http(service.value)


def worker(
    modules: Annotated[list[str] | None, typer.Argument(help="Modules to take items of; none: all")] = None,
) -> None:
    """Run a (further) worker in the foreground. Without NATS_URL it joins the stack that runs on this machine."""
    from services.cli.processes import run_worker

    run_worker(modules or [])


def rebuild() -> None:
    """Make the views again from the event log, beside the live ones, and swap them."""
    from services.projector.projection import ViewsMoved
    from services.projector.rebuild import rebuild as run
    from shared.messaging.log import LogUnavailable
    from shared.store import StoreUnavailable

    try:
        done = asyncio.run(run(joined_settings(), say=_say))
    except (StoreUnavailable, LogUnavailable, ViewsMoved) as error:
        raise CliError(f"the views were not rebuilt, the live ones are untouched: {error}") from None
    _say(f"Rebuilt up to log sequence {done.sequence}.")


def _readable_logs(settings: Settings) -> Settings:
    """Log files of the local stack are for people, unless somebody wants otherwise."""
    return settings if "OUTSEND_LOG_JSON" in os.environ else msgspec.structs.replace(settings, log_json=False)


def _say(line: str) -> None:
    err.print(plain(line), soft_wrap=True)
