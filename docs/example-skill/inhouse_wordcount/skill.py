"""What the skill needs to know, how an ask says it, and the work."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from models.files import existing_file
from models.texts import Catalogue
from skills.contract import Context, Filled, Said
from skills.events import Answer, Event, Progress
from skills.request import Request, argument

TEXTS = Catalogue(__package__)


class WordCountRequest(Request):
    """Count words."""

    file: Path = argument(TEXTS("field_file"))


def fill(said: Said) -> Filled:
    """Find the file in an ask."""
    if not said.files:
        return Filled(missing="file", question=TEXTS("which_file"))
    return Filled({"file": str(said.files[0].path)})


class WordCount:
    """The skill."""

    def run(self, request: WordCountRequest, context: Context) -> Iterator[Event]:
        """Count line by line, so that a stop is prompt."""
        count = 0
        with existing_file(request.file).open(encoding="utf-8", errors="replace") as lines:
            for number, line in enumerate(lines):
                context.check()
                count += len(line.split())
                if number % 10_000 == 0:
                    yield Progress(number)
        yield Answer(
            context.say(TEXTS("answer", name=request.file.name, n=count)), data={"words": count}
        )
