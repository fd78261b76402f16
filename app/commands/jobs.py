"""`inhouse jobs`: start, list, follow, stop, resume and remove long work."""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
import sys
import time
from pathlib import Path
from typing import Any

import click
import msgspec

from agents.jobs import Job, Jobs, State
from agents.protocol import Ask
from app.context import TEXTS, Options, guarded, json_lines_option, json_option, report
from app.render.blocks import progress_text
from app.runner import Outcome, shower
from models.errors import UsageError
from models.texts import Language
from skills.events import Answer, Failure, Question

_DETACH = click.option(
    "--detach", is_flag=True, help="Return at once; the job goes on when this terminal closes."
)


@click.group(invoke_without_command=True)
@json_lines_option
@click.pass_context
def jobs(ctx: click.Context, as_json: bool) -> None:
    """Long work with a record on disk. It steps back for what waits on the screen."""
    if ctx.invoked_subcommand is None:
        ctx.invoke(list_jobs, as_json=as_json)


@jobs.command("list")
@json_lines_option
@click.pass_obj
@guarded
def list_jobs(options: Options, as_json: bool) -> None:
    """Show all jobs, the latest first."""
    every = Jobs().every()
    if not every and not as_json:
        click.echo(options.say(TEXTS("no_jobs")))
    for job in every:
        state = job.state()
        if as_json:
            click.echo(json.dumps(as_dict(job, state), ensure_ascii=False))
        else:
            click.echo(f"{job.id}  {state_text(state, options.language)}  {job.title[:80]}")


def as_dict(job: Job, state: State) -> dict[str, Any]:
    """Return a job as plain values."""
    return {
        "job": job.id,
        "ask": job.title,
        "status": state.status,
        "attempts": state.attempts,
        "created": job.spec.created,
        "progress": msgspec.to_builtins(state.progress) if state.progress else None,
        "final": msgspec.to_builtins(state.final) if state.final else None,
    }


def state_text(state: State, language: Language) -> str:
    """Return where a job stands, in words."""
    text = TEXTS(f"job_{state.status}").to(language)
    if state.status == "running" and state.progress:
        text += ", " + progress_text(state.progress, 0.0, language)
    return text


@jobs.command()
@click.argument("words", nargs=-1, required=True)
@click.option("--out", type=Path, help="Folder for the results (default: beside the input).")
@_DETACH
@json_lines_option
@click.pass_obj
@guarded
def start(
    options: Options, words: tuple[str, ...], out: Path | None, detach: bool, as_json: bool
) -> None:
    """Do what WORDS say as a job, and follow it; Ctrl+C stops it, and it can be resumed."""
    folder = str(out.absolute()) if out else ""
    ask = Ask(text=" ".join(words), out=folder, language=options.chosen)
    begin(Jobs().create(ask, options.device), options, detach, as_json)


@jobs.command()
@click.argument("job", default="last")
@_DETACH
@json_lines_option
@click.pass_obj
@guarded
def resume(options: Options, job: str, detach: bool, as_json: bool) -> None:
    """Go on with a job that was stopped, failed or interrupted; finished pieces are not redone."""
    begin(Jobs().find(job), options, detach, as_json)


def begin(job: Job, options: Options, detach: bool, as_json: bool) -> None:
    """Start a job, and follow it to its end unless it is detached."""
    job.start(detach=detach)
    if detach and as_json:
        click.echo(json.dumps({"job": job.id}))
        return
    click.echo(options.say(TEXTS("job_started", job=job.id)), err=True)
    if not detach:
        sys.exit(asyncio.run(_follow(job, options, as_json, stop_on_interrupt=True)))


@jobs.command()
@click.argument("job", default="last")
@json_lines_option
@click.pass_obj
@guarded
def follow(options: Options, job: str, as_json: bool) -> None:
    """Show a job's events from the start, and as they come; Ctrl+C leaves it running."""
    with contextlib.suppress(KeyboardInterrupt):
        sys.exit(asyncio.run(_follow(Jobs().find(job), options, as_json, stop_on_interrupt=False)))


async def _follow(job: Job, options: Options, as_json: bool, *, stop_on_interrupt: bool) -> int:
    """Draw a job's events; return the exit status."""
    if stop_on_interrupt:
        with contextlib.suppress(NotImplementedError):  # Windows
            asyncio.get_running_loop().add_signal_handler(signal.SIGINT, job.stop)
    show = shower(options, as_json=as_json)
    outcome = Outcome()
    async for event in job.follow():
        show(event, 1, job.spec.ask.answered_in)
        outcome.asked_back |= isinstance(event, Question)
        if isinstance(event, Answer | Failure):
            outcome.final = event
    if outcome.final is None:
        click.echo(options.say(TEXTS("job_left", job=job.id)), err=True)
        return 1
    return outcome.status


@jobs.command()
@click.argument("job", default="last")
@json_option
@click.pass_obj
@guarded
def stop(options: Options, job: str, as_json: bool) -> None:
    """Stop a job; what is finished is kept for a resume."""
    found = Jobs().find(job)
    if not found.state().alive:
        raise UsageError(TEXTS("job_not_alive", job=found.id))
    found.stop()
    click.echo(options.say(TEXTS("job_stop_asked", job=found.id)), err=True)
    while found.state().alive:
        time.sleep(0.1)
    state = found.state()
    said = TEXTS(f"job_{state.status}")
    report(options, as_json, said, {"job": found.id, "status": state.status})


@jobs.command()
@click.argument("job")
@json_option
@click.pass_obj
@guarded
def remove(options: Options, job: str, as_json: bool) -> None:
    """Forget a job; the files it wrote stay."""
    found = Jobs().find(job)
    found.remove()
    report(options, as_json, TEXTS("job_removed", job=found.id), {"removed": found.id})
