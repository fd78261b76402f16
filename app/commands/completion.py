"""`inhouse completion`: the script that makes Tab complete commands in a shell."""

from __future__ import annotations

import json

import click
from click.shell_completion import get_completion_class

from app.context import guarded, json_option


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@json_option
@click.pass_context
@guarded
def completion(ctx: click.Context, shell: str, as_json: bool) -> None:
    """Print a script for SHELL. For bash: eval "$(inhouse completion bash)" in ~/.bashrc."""
    made = get_completion_class(shell)
    assert made is not None
    script = made(ctx.find_root().command, {}, "inhouse", "_INHOUSE_COMPLETE").source()
    click.echo(json.dumps({"shell": shell, "script": script}) if as_json else script)
