"""The `inhouse` command. Commands load when they are used, so that `--help` is quick."""

from __future__ import annotations

from typing import Literal

import click

from app.context import Settings
from models.home import interface_language

_COMMANDS = {"ask": "app.commands.ask:ask", "models": "app.commands.models:models"}


class LazyGroup(click.Group):
    """Imports a command's module only when that command runs or shows its own help."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands."""
        return sorted(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return one command."""
        from importlib import import_module

        path = _COMMANDS.get(cmd_name)
        if path is None:
            return None
        module, _, name = path.partition(":")
        command: click.Command = getattr(import_module(module), name)
        return command


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--lang", type=click.Choice(["en", "zh"]), help="Language of the interface.")
@click.option(
    "--device", type=click.Choice(["auto", "cpu", "cuda", "metal"]), default="auto",
    help="What the models run on.",
)  # fmt: skip
@click.version_option(package_name="inhouse")
@click.pass_context
def main(ctx: click.Context, lang: Literal["en", "zh"] | None, device: str) -> None:
    """Your in-house AI team. Everything runs on this machine."""
    ctx.obj = Settings(interface_language(lang), device, lang or "")
