"""The command line `outsend`."""

from __future__ import annotations

import sys

import typer
from rich.table import Table

from contracts.manifest import MODULES_FOLDER, ManifestError, ModuleSpec, load_manifests
from services.cli import operate
from services.cli.display import err, out, plain
from services.cli.errors import USAGE, CliError, UsageError
from services.cli.import_osm import import_osm
from services.cli.jobs import jobs_app
from services.cli.scrap import scrap_commands
from services.cli.users import users_app
from shared.settings import Settings, SettingsError


def main() -> None:
    """Run a command. Exit codes: 1 failed, 2 wrong usage, 3 not reachable or not allowed."""
    try:
        build_app(_modules())()
    except (CliError, SettingsError) as error:
        err.print(plain(f"Error: {error}"), style="red", soft_wrap=True)
        sys.exit(error.code if isinstance(error, CliError) else USAGE)


def build_app(modules: dict[str, ModuleSpec]) -> typer.Typer:
    """All commands; those that create jobs come from the manifests."""
    app = typer.Typer(
        name="outsend",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        help="Find and enrich business leads. Settings: environment variables OUTSEND_*, NATS_URL, MONGODB_URL.",
    )
    for command in (operate.up, operate.serve, operate.worker, operate.rebuild):
        app.command()(command)
    app.command("import-osm")(import_osm)
    for name, search in scrap_commands(modules).items():
        app.command(name)(search)
    app.add_typer(users_app, name="user")
    app.add_typer(jobs_app(modules), name="jobs")

    @app.command("modules")
    def list_modules() -> None:
        """The modules there are: what they need and produce."""
        table = Table("module", "what it does", "needs", "produces", box=None, header_style="bold")
        for spec in modules.values():
            what = spec.description.en + (" (coming soon)" if spec.coming_soon else "")
            table.add_row(spec.path, what, ", ".join(spec.requirements), ", ".join(spec.columns))
        out.print(table)

    return app


def _modules() -> dict[str, ModuleSpec]:
    try:
        return load_manifests((MODULES_FOLDER, *Settings.from_env().module_folders))
    except ManifestError as error:
        raise UsageError(str(error)) from None
