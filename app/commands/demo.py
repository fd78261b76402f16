"""`inhouse demo`: the five jobs on the sample shop."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from app.context import Options, guarded


@click.command()
@click.option(
    "--out",
    type=Path,
    default=Path("inhouse-demo"),
    show_default=True,
    help="Folder for the results.",
)
@click.option("--json", "as_json", is_flag=True, help="One job a line, as JSON.")
@click.pass_obj
@guarded
def demo(options: Options, out: Path, as_json: bool) -> None:
    """Do the five jobs on the sample shop; exit 0 only if each answer meets its gold."""
    from app.demo import run_demo

    sys.exit(run_demo(options, out.absolute(), as_json=as_json))
