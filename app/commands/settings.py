"""`inhouse settings`: see, set and unset what was chosen once."""

from __future__ import annotations

import json

import click

from app.context import TEXTS, Options, guarded, json_option, report
from models import preferences


@click.group(invoke_without_command=True)
@json_option
@click.pass_context
def settings(ctx: click.Context, as_json: bool) -> None:
    """Show every setting, where its value comes from, and what it is for."""
    if ctx.invoked_subcommand is not None:
        return
    options: Options = ctx.obj
    every = preferences.every()
    if as_json:
        values = {s.name: {"value": s.value, "origin": s.origin} for s in every}
        click.echo(json.dumps(values, ensure_ascii=False))
        return
    click.echo(f"# {preferences.path()}")
    for one in every:
        origin = options.say(TEXTS(f"origin_{one.origin}"))
        choices = f" ({' | '.join(one.choices)})" if one.choices else ""
        click.echo(f"{one.name} = {json.dumps(one.value, ensure_ascii=False)}  # {origin}")
        click.echo(f"    {options.say(one.description)}{choices}")


@settings.command("set")
@click.argument("name")
@click.argument("value")
@json_option
@click.pass_obj
@guarded
def set_(options: Options, name: str, value: str, as_json: bool) -> None:
    """Give the setting NAME a VALUE."""
    done = preferences.save(name, value)
    key = "setting_hidden" if done.origin == "environment" else "setting_saved"
    variable = preferences.ENVIRONMENT[name]
    said = TEXTS(key, name=name, value=value, variable=variable)
    report(options, as_json, said, {"name": name, "value": done.value, "origin": done.origin})


@settings.command()
@click.argument("name")
@json_option
@click.pass_obj
@guarded
def unset(options: Options, name: str, as_json: bool) -> None:
    """Go back to the default of NAME."""
    done = preferences.save(name, None)
    said = TEXTS("setting_saved", name=name, value=done.value)
    report(options, as_json, said, {"name": name, "value": done.value, "origin": done.origin})
