"""The `inhouse` command. Commands load when they are used, so that `--help` is quick."""

from __future__ import annotations

import contextlib
import os
import signal
from typing import Literal

import click

from app.context import TEXTS, Options, give_up
from models.errors import InhouseError
from models.preferences import interface_language, preferences, problems
from skills import registry

_COMMANDS = {
    "ask": "app.commands.ask:ask",
    "completion": "app.commands.completion:completion",
    "demo": "app.commands.demo:demo",
    "devices": "app.commands.devices:devices",
    "doctor": "app.commands.doctor:doctor",
    "jobs": "app.commands.jobs:jobs",
    "forget": "app.commands.sessions:forget",
    "models": "app.commands.models:models",
    "route": "app.commands.route:route",
    "unanswered": "app.commands.unanswered:unanswered",
    "settings": "app.commands.settings:settings",
    "serve": "app.commands.serve:serve",
    "sessions": "app.commands.sessions:sessions",
}


# Operations that are asked for so often that they have a command of their own.
_SHORT = {
    "evaluate": "classify evaluate",
    "compress": "classify compress",
    "train": "classify train",
}


class LazyGroup(click.Group):
    """Imports a command's module only when that command runs or shows its own help."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands and skills."""
        return [*sorted([*_COMMANDS, *_SHORT]), *registry.names()]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return one command; a skill's is made from its request."""
        from skills.contract import load_object

        if cmd_name in _COMMANDS:
            command: click.Command = load_object(_COMMANDS[cmd_name])
            return command
        if cmd_name in registry.names() or cmd_name in _SHORT:
            from app.commands.skills import skill_command

            language = interface_language(ctx.params.get("lang"))
            try:
                return skill_command(_SHORT.get(cmd_name, cmd_name), language)
            except InhouseError as error:  # a stranger's skill that does not load
                give_up(error, language)
        return None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find a command; `faq evaluate …` is the operation of a skill."""
        if len(args) > 1 and args[0] in registry.names() and not args[1].startswith("-"):
            with contextlib.suppress(InhouseError):  # told when the skill itself is looked for
                if args[1] in registry.get(args[0]).operation_specs:
                    from app.commands.skills import skill_command

                    name = f"{args[0]} {args[1]}"
                    command = skill_command(name, interface_language(ctx.params.get("lang")))
                    return name, command, args[2:]
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands with a line each, importing none of them."""
        language = interface_language(ctx.params.get("lang"))
        with formatter.section(TEXTS("help_skills").to(language)):
            formatter.write_dl([(n, registry.summary(n, language)) for n in registry.names()])
        with formatter.section(TEXTS("help_commands").to(language)):
            names = sorted([*_COMMANDS, *_SHORT])
            formatter.write_dl([(n, TEXTS(f"command_{n}").to(language)) for n in names])


@click.group(
    cls=LazyGroup,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.option(
    "--lang", type=click.Choice(["en", "zh"]), is_eager=True, help="Language of the interface."
)  # eager: `--lang zh --help` speaks Chinese
@click.option(
    "--device", type=click.Choice(["auto", "cpu", "cuda", "metal", "vulkan"]),
    help="What the models run on.",
)  # fmt: skip
@click.option(
    "--resume", metavar="SESSION", help="Go on with an earlier talk; `last` is the latest."
)
@click.version_option(package_name="inhouse")
@click.pass_context
def main(
    ctx: click.Context, lang: Literal["en", "zh"] | None, device: str | None, resume: str | None
) -> None:
    """Your in-house AI team. Everything runs on this machine. Without a command, the chat opens."""
    if "INHOUSE_PARENT" in os.environ:  # set by the chat, which must not leave us behind
        from agents.engine import die_with

        die_with(int(os.environ["INHOUSE_PARENT"]), signal.SIGTERM)
    chosen = preferences()
    language = interface_language(lang)
    ctx.obj = Options(language, device or chosen.device, lang or "")
    for problem in problems():
        click.echo(problem.to(language), err=True)
    if ctx.invoked_subcommand is None:
        from app.tui.app import run_chat

        try:
            run_chat(ctx.obj, resume)
        except InhouseError as error:
            give_up(error, ctx.obj.language)
