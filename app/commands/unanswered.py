"""`inhouse unanswered`: what customers asked and the FAQ did not say, and answers to that."""

from __future__ import annotations

import json
import time

import click
import msgspec

from app.context import TEXTS, Options, guarded, json_lines_option, json_option, report
from models.home import home
from skills.faq.owner import answer as add_answer
from skills.faq.unanswered import every


@click.group(invoke_without_command=True)
@json_lines_option
@click.pass_context
def unanswered(ctx: click.Context, as_json: bool) -> None:
    """Questions that were refused or answered wrongly, so that the FAQ can say it next time."""
    if ctx.invoked_subcommand is None:
        ctx.invoke(list_questions, as_json=as_json)


@unanswered.command("list")
@json_lines_option
@click.pass_obj
@guarded
def list_questions(options: Options, as_json: bool) -> None:
    """Show the questions, the oldest first. `inhouse faq gaps` shows them in groups."""
    questions = every(home())
    if not questions and not as_json:
        click.echo(options.say(TEXTS("none_unanswered")))
    for entry in questions:
        day = time.strftime("%Y-%m-%d %H:%M", time.localtime(entry.at))
        mark = options.say(TEXTS("marked_wrong")) if entry.wrong else f"{entry.score:.2f}"
        text = f"{day}  {entry.question}\n    {entry.file}: {entry.nearest} ({mark})"
        whole = json.dumps(msgspec.to_builtins(entry), ensure_ascii=False)
        click.echo(whole if as_json else text)


@unanswered.command()
@click.argument("question")
@click.argument("text")
@json_option
@click.pass_obj
@guarded
def answer(options: Options, question: str, text: str, as_json: bool) -> None:
    """Answer QUESTION with TEXT from now on, and all questions of its group."""
    base, count = add_answer(home(), question, text)
    said = TEXTS("question_answered", name=base.name, n=count)
    report(options, as_json, said, {"base": base.name, "answered": count})
