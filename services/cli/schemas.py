"""`outsend schema …`: the published interfaces as documents."""

from __future__ import annotations

import typer

schemas_app = typer.Typer(no_args_is_help=True, help="Print the published interfaces as documents.")
