"""`inhouse devices`: what hardware there is, what each engine runs on, and why."""

from __future__ import annotations

import json

import click

from app.context import TEXTS, Settings, guarded
from models.devices import ENGINES, Wish, choose, hardware


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.pass_obj
@guarded
def devices(settings: Settings, as_json: bool) -> None:
    """Show the hardware and what each engine uses of it, in words."""
    found = hardware()
    wish: Wish = settings.device  # type: ignore[assignment]
    uses = [choose(engine, wish) for engine in ENGINES]
    if as_json:
        engines = {
            use.engine: {"device": use.device, "why": use.why.to(settings.language)} for use in uses
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
    click.echo(settings.say(line))
    for use in uses:
        text = TEXTS("engine_uses", engine=use.engine, device=use.device.upper(), why=use.why)
        click.echo(settings.say(text))
