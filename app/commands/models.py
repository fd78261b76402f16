"""`inhouse models`: list, pull, verify, where."""

from __future__ import annotations

import json
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import cast

import click

from app.context import TEXTS, Options, guarded, json_lines_option, json_option, report
from models.catalog import Model, SetName, catalog
from models.errors import BadInputError, CorruptModelError, UsageError
from models.sources.local import FolderSource, find
from models.store import Store
from models.texts import Message

_MEGA = 1_000_000
_JSON_SECONDS = 0.2


class _Models(click.Group):
    """Also compares models that a person trained: that is an operation of `classify`."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands."""
        return sorted([*super().list_commands(ctx), "compare"])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return one command."""
        if cmd_name != "compare":
            return super().get_command(ctx, cmd_name)
        from app.commands.skills import skill_command

        return skill_command("classify compare", ctx.obj.language if ctx.obj else "en")


@click.group(cls=_Models)
def models() -> None:
    """The models on this machine: list, fetch, check."""


@models.command("list")
@json_lines_option
@click.pass_obj
@guarded
def list_models(options: Options, as_json: bool) -> None:
    """Show what there is, and what is here."""
    store = Store()
    rows = []
    for model in catalog().models.values():
        disk = store.disk_bytes(model.id) if store.has(model.id) else 0
        if as_json:
            click.echo(json.dumps(_as_dict(model, disk)))
        rows.append(
            [
                model.id,
                model.task,
                " ".join(model.languages),
                model.licence,
                f"{model.download_bytes() // _MEGA:,} MB",
                f"{disk // _MEGA:,} MB" if disk else "-",
            ]
        )
    if not as_json:
        _print_table([options.say(TEXTS("models_header")).split("|"), *rows])


def _as_dict(model: Model, disk: int) -> dict[str, object]:
    return {
        "model": model.id,
        "title": model.title,
        "task": model.task,
        "licence": model.licence,
        "languages": list(model.languages),
        "sets": list(model.sets),
        "used_by": list(model.used_by),
        "memory_mb": model.memory_mb,
        "download_bytes": model.download_bytes(),
        "disk_bytes": disk,
        "here": bool(disk),
    }


def _print_table(rows: list[list[str]]) -> None:
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for row in rows:
        click.echo(
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        )


@models.command()
@click.argument("names", nargs=-1)
@click.option(
    "--set", "chosen", type=click.Choice(["small", "standard", "ask"]), help="A whole set."
)
@click.option("--yes", is_flag=True, help="Don't ask.")
@click.option("--json", "as_json", is_flag=True, help="Progress as one JSON object a line.")
@click.pass_obj
@guarded
def pull(
    options: Options, names: tuple[str, ...], chosen: str | None, yes: bool, as_json: bool
) -> None:
    """Fetch models by NAME, or a set. The only command that opens a connection."""
    store = Store()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # pip ends with us
    if chosen == "ask":
        chosen = _ask(store, options)
        if chosen is None:
            return
    if not names and chosen is None:
        raise UsageError(TEXTS("nothing_to_pull"))
    wanted = [catalog().get(name) for name in names]
    wanted += catalog().in_set(chosen) if chosen else []  # type: ignore[arg-type]
    for model in wanted:
        if not store.whole(model):
            _pull_one(store, model, options, as_json=as_json)


def _ask(store: Store, options: Options) -> SetName | None:
    """Let the person choose a set, unless one is here whole."""
    sets: tuple[SetName, ...] = ("standard", "small")
    missing = {name: store.missing(name) for name in sets}
    if not all(missing.values()):
        return None
    click.echo(options.say(TEXTS("set_intro")))
    for name, models_ in missing.items():
        megabytes = sum(model.download_bytes() for model in models_) // _MEGA
        total = len(catalog().in_set(name))
        line = TEXTS("set_line", name=name, megabytes=megabytes, missing=len(models_), total=total)
        click.echo(options.say(line))
        for model in models_:
            click.echo(options.say(_describe(model)))
    click.echo(options.say(TEXTS("set_standard")))
    if not sys.stdin.isatty():
        return "standard"
    choices = click.Choice(["standard", "small", "none"])
    answer = click.prompt(
        options.say(TEXTS("set_ask")), type=choices, default="standard", show_choices=False
    )
    return cast(SetName, answer) if answer != "none" else None


def _describe(model: Model) -> Message:
    megabytes = model.download_bytes() // _MEGA
    return TEXTS(
        "model_line", name=model.id, title=model.title, megabytes=megabytes, licence=model.licence
    )


def _pull_one(store: Store, model: Model, options: Options, *, as_json: bool = False) -> None:
    """Fetch one model with its bytes in view."""
    total = model.download_bytes()
    if as_json:
        store.pull(model, _json_progress(model.id, total, options), threading.Event().is_set)
        return
    said = TEXTS("pulling", name=model.id, megabytes=total // _MEGA)
    if store.has(model.id) and not store.verify(model):
        said = TEXTS("completing", name=model.id)
    click.echo(options.say(said), err=True)
    line = _Line(total)
    try:
        store.pull(
            model,
            lambda count, note: line.show(count, options.say(note) if note else ""),
            threading.Event().is_set,
        )
    except KeyboardInterrupt:
        click.echo("\n" + options.say(TEXTS("kept_partial")), err=True)
        raise
    finally:
        line.clear()
    click.echo(options.say(TEXTS("pulled", name=model.id)), err=True)


def _json_progress(
    name: str, total: int, options: Options
) -> Callable[[int, Message | None], None]:
    shown = 0.0

    def tell(count: int, note: Message | None) -> None:
        nonlocal shown
        now = time.monotonic()
        if note or now - shown > _JSON_SECONDS:
            shown = now
            step = {"model": name, "done": count, "total": total}
            said = {"note": options.say(note)} if note else {}
            click.echo(json.dumps({**step, **said}, ensure_ascii=False))

    return tell


class _Line:
    """A progress line in bytes, on a terminal only."""

    def __init__(self, total: int) -> None:
        self.total, self.started, self.shown = total, time.monotonic(), 0.0

    def show(self, count: int, note: str) -> None:
        now = time.monotonic()
        if not sys.stderr.isatty() or (now - self.shown < 0.1 and not note):
            return
        self.shown = now
        speed = count / max(now - self.started, 0.1)
        left = (self.total - count) / speed if speed else 0
        text = note or f"{count / _MEGA:,.0f} / {self.total / _MEGA:,.0f} MB, {left:,.0f} s"
        click.echo(f"\r\x1b[K  {text}", nl=False, err=True)

    def clear(self) -> None:
        if sys.stderr.isatty():
            click.echo("\r\x1b[K", nl=False, err=True)


@models.command()
@json_lines_option
@click.pass_obj
@guarded
def verify(options: Options, as_json: bool) -> None:
    """Read every file again and compare its SHA-256 with the pinned one."""
    store = Store()
    here = [model for model in catalog().models.values() if store.has(model.id)]
    if not here:
        raise UsageError(TEXTS("nothing_here"))
    damaged = ""
    for model in here:
        name = model.id
        problems = store.verify(model)
        if as_json:
            bad = {p.file: options.say(p.what) for p in problems}
            click.echo(json.dumps({"model": name, "damaged": bad}, ensure_ascii=False))
        for problem in problems:
            damaged = name
            text = TEXTS("damaged", name=name, file=problem.file, what=problem.what)
            click.echo(options.say(text), err=as_json)
        if not problems and not as_json:
            click.echo(options.say(TEXTS("verified", name=name)))
    if damaged:
        raise CorruptModelError(TEXTS("some_damaged", name=damaged))


@models.command()
@click.argument("names", nargs=-1, required=True)
@json_lines_option
@click.pass_obj
@guarded
def remove(options: Options, names: tuple[str, ...], as_json: bool) -> None:
    """Delete models from this machine."""
    store = Store()
    for name in names:
        freed = store.remove(catalog().get(name).id)
        said = TEXTS("removed", name=name, megabytes=freed // _MEGA)
        report(options, as_json, said, {"model": name, "freed_bytes": freed})


@models.command()
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Progress as one JSON object a line.")
@click.pass_obj
@guarded
def adopt(options: Options, path: Path, as_json: bool) -> None:
    """Take in models that are already in PATH (a folder, a stick, another program's store)."""
    if not path.exists():
        raise BadInputError(TEXTS("no_such_path", path=path))
    store = Store(sources=[FolderSource(path)])
    adopted = []
    for model in catalog().models.values():
        if store.has(model.id) or not _whole_in(model, path):
            continue
        _pull_one(store, model, options, as_json=as_json)
        adopted.append(model.id)
    if not adopted:
        raise BadInputError(TEXTS("nothing_to_adopt", path=path))


def _whole_in(model: Model, path: Path) -> bool:
    return all(find(file, path, lambda: False) is not None for file in model.files)


@models.command()
@json_option
def where(as_json: bool) -> None:
    """Print the folder that holds the models."""
    root = str(Store().root)
    click.echo(json.dumps({"folder": root}) if as_json else root)
