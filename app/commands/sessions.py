"""`inhouse sessions`: list, show, search, rename, export, delete; and `inhouse forget`."""

from __future__ import annotations

import json
import time
from pathlib import Path

import click
import msgspec

from agents.session import Exchange, Sessions, Summary
from app.context import TEXTS, Options, guarded, json_lines_option, json_option, report
from app.forgetting import forget_everything, forget_older_than, forget_words
from models.errors import UsageError
from models.files import atomic_write
from skills.events import Answer, Artifact, Failure


@click.group()
def sessions() -> None:
    """Earlier talks: list, show, search, rename, export, delete."""


def _line(summary: Summary) -> str:
    day = time.strftime("%Y-%m-%d %H:%M", time.localtime(summary.updated))
    return f"{summary.id}  {day}  {summary.asks:>3}  {summary.name}"


@sessions.command("list")
@json_lines_option
@click.pass_obj
@guarded
def list_sessions(options: Options, as_json: bool) -> None:
    """Show all talks, the latest first: id, last use, number of asks, name."""
    for summary in Sessions().every():
        click.echo(
            json.dumps(msgspec.to_builtins(summary), ensure_ascii=False)
            if as_json
            else _line(summary)
        )


@sessions.command()
@click.argument("session", default="last")
@json_option
@click.pass_obj
@guarded
def show(options: Options, session: str, as_json: bool) -> None:
    """Print a talk as Markdown."""
    store = Sessions()
    summary = store.find(session)
    exchanges = store.read(summary.id)
    whole = json.dumps(_whole(summary, exchanges), ensure_ascii=False)
    click.echo(whole if as_json else markdown(summary, exchanges))


@sessions.command()
@click.argument("words", nargs=-1, required=True)
@json_lines_option
@click.pass_obj
@guarded
def search(options: Options, words: tuple[str, ...], as_json: bool) -> None:
    """Find the talks that hold all the WORDS."""
    for summary, place in Sessions().search(" ".join(words)):
        found = {**msgspec.to_builtins(summary), "place": place}
        text = f"{_line(summary)}\n    {place}"
        click.echo(json.dumps(found, ensure_ascii=False) if as_json else text)


@sessions.command()
@click.argument("session")
@click.argument("name")
@json_option
@click.pass_obj
@guarded
def rename(options: Options, session: str, name: str, as_json: bool) -> None:
    """Give a talk a name."""
    store = Sessions()
    found = store.find(session).id
    store.rename(found, name)
    report(options, as_json, TEXTS("renamed", name=name), {"session": found, "name": name})


@sessions.command()
@click.argument("session", default="last")
@click.option("--out", type=Path, required=True, help="The file to write: .md or .json.")
@json_option
@click.pass_obj
@guarded
def export(options: Options, session: str, out: Path, as_json: bool) -> None:
    """Write a talk to a Markdown or JSON file."""
    write_talk(Sessions(), session, out)
    path = str(out.absolute())
    report(options, as_json, TEXTS("file_written", path=path), {"artifacts": [path]})


def write_talk(store: Sessions, session: str, out: Path) -> None:
    """Write a talk to a file, JSON or Markdown by its suffix.

    Raises:
        UsageError: There is no such talk, or the file exists.
    """
    if out.exists():
        raise UsageError(TEXTS("exists", path=out))
    summary = store.find(session)
    exchanges = store.read(summary.id)
    if out.suffix == ".json":
        whole = json.dumps(_whole(summary, exchanges), ensure_ascii=False, indent=1)
        atomic_write(out, whole, mode=0o600)
    else:
        atomic_write(out, markdown(summary, exchanges), mode=0o600)


@sessions.command()
@click.argument("session")
@json_option
@click.pass_obj
@guarded
def delete(options: Options, session: str, as_json: bool) -> None:
    """Delete a talk for good."""
    store = Sessions()
    found = store.find(session).id
    store.delete([found])
    report(options, as_json, TEXTS("forgotten", n=1), {"deleted": [found]})


@click.command()
@click.option(
    "--older-than", type=float, metavar="DAYS", help="Talks in which nothing happened for so long."
)
@click.option("--words", help="Every ask and answer that mentions this, such as a person's name.")
@click.option("--everything", is_flag=True, help="All talks, jobs and refused questions.")
@json_option
@click.pass_obj
@guarded
def forget(
    options: Options, older_than: float | None, words: str | None, everything: bool, as_json: bool
) -> None:
    """Delete what was said, for good."""
    if everything:
        count = forget_everything()
    elif words:
        count = forget_words(words)
    elif older_than is not None:
        count = forget_older_than(older_than)
    else:
        raise UsageError(TEXTS("forget_what"))
    report(options, as_json, TEXTS("forgotten", n=count), {"deleted": count})


def _whole(summary: Summary, exchanges: list[Exchange]) -> dict[str, object]:
    return {"session": msgspec.to_builtins(summary), "asks": [_as_dict(e) for e in exchanges]}


def _as_dict(exchange: Exchange) -> dict[str, object]:
    return {
        "text": exchange.text,
        "events": [msgspec.to_builtins(event) for event in exchange.events],
    }


def markdown(summary: Summary, exchanges: list[Exchange]) -> str:
    """Return a talk as Markdown: asks as headings, answers and files below."""
    parts = [f"# {summary.name}"]
    for exchange in exchanges:
        parts.append("## " + " ".join(exchange.text.split()))
        final = exchange.final
        if isinstance(final, Answer):
            parts.append(final.text)
        elif isinstance(final, Failure):
            parts.append(f"{final.message} {final.remedy}".strip())
        files = [event.path for event in exchange.events if isinstance(event, Artifact)]
        if files:
            parts.append("\n".join(f"- {path}" for path in files))
    return "\n\n".join(parts) + "\n"
