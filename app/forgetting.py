"""Delete what was said, wherever it is kept: talks, jobs, refused questions, rows of trained models."""

from __future__ import annotations

from agents.jobs import Jobs
from agents.session import Sessions
from models.home import home
from skills.classify.kept import forget_rows
from skills.faq.unanswered import forget as forget_questions


def forget_everything() -> int:
    """Delete all; return how many entries went. A running job stays."""
    store = Sessions()
    every = [summary.id for summary in store.every()]
    store.delete(every)
    return len(every) + Jobs().forget() + forget_questions(home()) + forget_rows(home())


def forget_words(words: str) -> int:
    """Delete every ask, job, question and kept row that mentions the words."""
    count = Sessions().forget_words(words) + Jobs().forget(words)
    return count + forget_questions(home(), words) + forget_rows(home(), words)


def forget_older_than(days: float) -> int:
    """Delete what nothing was done with for so many days."""
    count = Sessions().forget_older_than(days) + Jobs().forget(older_than=days)
    return count + forget_questions(home(), older_than=days)
