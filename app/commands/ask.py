"""`inhouse ask`: plain words in, an answer out."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import click

from agents.protocol import Ask
from app.context import TEXTS, Options, guarded
from app.runner import run
from models.errors import BadInputError, InhouseError
from models.files import existing_file

_EXAMPLE = '{"text": "Forecast the next 28 days of sales.csv"}'


@click.command()
@click.argument("words", nargs=-1)
@click.option("--file", "asks_file", type=Path, help='Many asks, one {"text": …} a line.')
@click.option("--out", type=Path, help="Folder for the results (default: beside the input).")
@click.option("--json", "as_json", is_flag=True, help="One event a line, as JSON.")
@click.pass_obj
@guarded
def ask(
    options: Options,
    words: tuple[str, ...],
    asks_file: Path | None,
    out: Path | None,
    as_json: bool,
) -> None:
    """Say what you want, in English or Chinese: inhouse ask "Forecast 28 days of sales.csv"."""
    folder = str(out.absolute()) if out else ""
    if asks_file is not None:
        asks = _read_asks(existing_file(asks_file), folder, options)
        sys.exit(run(asks, options, as_json=as_json))
    text = " ".join(words) or ("" if sys.stdin.isatty() else sys.stdin.read())
    one = Ask(text=text, out=folder, language=options.chosen)
    sys.exit(run([one], options, as_json=as_json))


def _read_asks(path: Path, out: str, options: Options) -> Iterator[Ask | InhouseError]:
    """Yield the asks of a file; a bad line becomes an error in its place."""
    with path.open(encoding="utf-8-sig", errors="replace") as lines:
        for row, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                fields = json.loads(line)
                text = fields["text"]
                if not isinstance(text, str):
                    raise TypeError
                yield Ask(text=text, out=str(fields.get("out", out)), language=options.chosen)
            except (ValueError, KeyError, TypeError, AttributeError):
                yield BadInputError(
                    TEXTS("asks_file_bad_line", path=path, row=row, example=_EXAMPLE)
                )
