"""`inhouse unanswered`: what customers asked and the FAQ did not say."""

from __future__ import annotations

import json
import time

import click
import msgspec

from app.context import TEXTS, Options, guarded, json_lines_option
from models.home import home
from skills.faq.unanswered import every


@click.command()
@json_lines_option
@click.pass_obj
@guarded
def unanswered(options: Options, as_json: bool) -> None:
    """Show the questions that were refused, so that the FAQ can say it next time."""
    questions = every(home())
    if not questions and not as_json:
        click.echo(options.say(TEXTS("none_unanswered")))
    for entry in questions:
        day = time.strftime("%Y-%m-%d %H:%M", time.localtime(entry.at))
        text = f"{day}  {entry.question}\n    {entry.file}: {entry.nearest} ({entry.score:.2f})"
        whole = json.dumps(msgspec.to_builtins(entry), ensure_ascii=False)
        click.echo(whole if as_json else text)
