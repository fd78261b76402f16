"""What the owner does about open questions: answer one, or say that an answer was wrong. Light."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

from models.errors import UsageError
from models.files import write_error
from models.texts import Catalogue
from skills.faq.bases import Knowledge
from skills.faq.entries import Entry
from skills.faq.sources import Written, add_answer, keep_written, written_questions
from skills.faq.unanswered import Unanswered, every, remove

TEXTS = Catalogue(__package__)


def groups(home: Path) -> list[list[Unanswered]]:
    """Return the open questions in the groups that `gaps` found last; later ones stand alone.

    The largest group comes first, in each the most typical question.
    """
    by_text: dict[str, list[Unanswered]] = {}
    for question in every(home):
        by_text.setdefault(question.question, []).append(question)
    found: list[list[Unanswered]] = []
    for texts in _known_groups(home):
        members = [q for text in texts for q in by_text.pop(text, [])]
        if members:
            found.append(members)
    found += by_text.values()
    return sorted(found, key=lambda members: -len(members))


def answer(home: Path, question: str, text: str) -> tuple[Knowledge, int]:
    """Add an answer to an open question and all of its group; return the base and how many that were.

    The other wordings become further ways to ask the same. They count from the next question on.

    Raises:
        UsageError: There is no such open question, or the answer is empty.
        ResourceError: The disk is full.
    """
    wanted = " ".join(question.split()).casefold()
    group = next((g for g in groups(home) if any(_plain(q) == wanted for q in g)), None)
    if group is None:
        raise UsageError(TEXTS("not_open", question=question))
    if not text.strip():
        raise UsageError(TEXTS("empty_answer"))
    base = group[0].base
    folder = base.folder(home)
    entry = Entry(group[0].question, text.strip(), "", "added")
    try:
        add_answer(folder, entry)
        wordings = {q.question for q in group} - {entry.question}
        if wordings:
            known = [
                Written(key, q) for key, some in written_questions(folder).items() for q in some
            ]
            keep_written(folder, [*known, *(Written(entry.key, q) for q in sorted(wordings))])
    except OSError as error:
        raise write_error(folder, error) from error
    remove(home, {q.question for q in group})
    return base, len(group)


def _plain(question: Unanswered) -> str:
    return " ".join(question.question.split()).casefold()


def _known_groups(home: Path) -> list[list[str]]:
    with contextlib.suppress(OSError, ValueError):
        return [
            list(map(str, g))
            for g in json.loads((home / "knowledge" / "groups.json").read_text("utf-8"))
        ]
    return []
