"""`inhouse devices`: what hardware there is, what each engine runs on, and why."""

from __future__ import annotations

import json

import click

from app.context import TEXTS, Options, guarded, json_option
from models.devices import ENGINES, choose, hardware
from models.preferences import Wish


@click.command()
@json_option
@click.pass_obj
@guarded
def devices(options: Options, as_json: bool) -> None:
    """Show the hardware and what each engine uses of it, in words."""
    found = hardware()
    wish: Wish = options.device  # type: ignore[assignment]
    uses = [choose(engine, wish) for engine in ENGINES]
    if as_json:
        engines = {
            use.engine: {"device": use.device, "why": use.why.to(options.language)} for use in uses
        }
        about = {
            "processor": found.processor,
            "threads": found.threads,
            "memory_bytes": found.memory,
        }
        click.echo(json.dumps({**about, "gpu": found.gpu, "engines": engines}, ensure_ascii=False))
        return
    gigabytes = f"{found.memory / 1e9:.0f}"
    line = TEXTS("hardware", processor=found.processor, threads=found.threads, gigabytes=gigabytes)
    click.echo(options.say(line))
    for use in uses:
        text = TEXTS("engine_uses", engine=use.engine, device=use.device.upper(), why=use.why)
        click.echo(options.say(text))
