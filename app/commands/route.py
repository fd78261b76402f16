"""`inhouse route`: what an ask would be understood as, without doing it. For scoring the router."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import click

from app.context import TEXTS, Options, guarded
from models.errors import BadInputError, InhouseError, UsageError
from models.files import existing_file


@click.command()
@click.argument("words", nargs=-1)
@click.option(
    "--file", "utterances", type=Path, help='Many, one {"text": …} a line; one line out for each.'
)
@click.option(
    "--json", "as_json", is_flag=True, help="JSON lines: skill, confidence, request, seconds."
)
@click.pass_obj
@guarded
def route(options: Options, words: tuple[str, ...], utterances: Path | None, as_json: bool) -> None:
    """Show the skill that an ask is for (or chat, or plan for several steps), and its request."""
    from agents.assistant import Assistant

    texts = _lines(existing_file(utterances)) if utterances else iter([" ".join(words)])
    if not utterances and not words:
        raise UsageError(TEXTS("route_what"))
    assistant = Assistant()
    for text in texts:
        if isinstance(text, InhouseError):
            fields: dict[str, object] = {"error": text.message(options.language)}
        else:
            fields = {"text": text, **assistant.understand(text)}
        if as_json or utterances:
            click.echo(json.dumps(fields, ensure_ascii=False))
        else:
            request = json.dumps(fields["request"], ensure_ascii=False)
            click.echo(f"{fields['skill']} ({fields['confidence']:.2f})  {request}")


def _lines(path: Path) -> Iterator[str | InhouseError]:
    with path.open(encoding="utf-8-sig", errors="replace") as lines:
        for row, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                text = json.loads(line)["text"]
                yield text if isinstance(text, str) else _bad(path, row)
            except (ValueError, KeyError, TypeError):
                yield _bad(path, row)


def _bad(path: Path, row: int) -> BadInputError:
    return BadInputError(TEXTS("asks_file_bad_line", path=path, row=row, example='{"text": "…"}'))
