"""Cluster the questions that found no answer, or a wrong one: your customers ask this, your FAQ doesn't say.

Average-linkage clustering over sentence vectors, from which what all questions share is taken out: the
mean of everyday questions. Vectors of e5 crowd together otherwise.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from models.files import atomic_write
from models.home import private_dir
from models.runtimes import Runtimes
from models.texts import Catalogue, language_of, text_lines
from skills.contract import Context
from skills.events import Answer, Assumption, Event, Progress, Table
from skills.faq.operations import OfBase
from skills.faq.run import chosen_base
from skills.faq.unanswered import Unanswered, every
from skills.faq.vectors import unit

TEXTS = Catalogue(__package__)
_APART = 0.55  # cosine distance at which two groups of questions are about different things
_EXAMPLES = 3
_MOST_GROUPED = 4000  # comparing all with all takes memory that is squared


class Gaps:
    """Show the groups, the largest first."""

    def run(self, request: OfBase, context: Context) -> Iterator[Event]:
        """See `Skill.run`."""
        questions = every(context.home)
        if request.base or request.file:
            knowledge, _ = chosen_base(request.file, request.base, context)
            questions = [q for q in questions if q.base.key == knowledge.key]
        if not questions:
            yield Answer(context.say(TEXTS("no_gaps")), data={"groups": []})
            return
        yield Progress(0, None, note=context.say(TEXTS("grouping")))
        evidence: tuple[Assumption, ...] = ()
        if len(questions) > _MOST_GROUPED:
            said = TEXTS("gaps_latest", n=_MOST_GROUPED, of=len(questions))
            evidence = (Assumption(context.say(said)),)
            questions = questions[-_MOST_GROUPED:]
        groups = group(questions, context.runtimes)
        keep_groups(context.home, groups)
        columns = tuple(
            context.say(TEXTS(f"column_{key}")) for key in ("count", "asked", "last", "nearest")
        )
        rows = []
        for members in groups:
            day = time.strftime("%Y-%m-%d", time.localtime(max(q.at for q in members)))
            wordings = list(dict.fromkeys(q.question for q in members))[:_EXAMPLES]
            rows.append((str(len(members)), wordings[0], day, members[0].nearest))
            rows += [("", wording, "", "") for wording in wordings[1:]]
        yield Table("", columns, tuple(rows))
        text = TEXTS("gaps", n=len(questions), groups=len(groups), first=groups[0][0].question)
        listed = [[q.question for q in members] for members in groups]
        yield Answer(context.say(text), evidence=evidence, data={"groups": listed})


def group(questions: Sequence[Unanswered], runtimes: Runtimes) -> list[list[Unanswered]]:
    """Return the questions in groups, the largest first, the most typical question of each first."""
    groups: list[list[Unanswered]] = []
    for base in {q.base.key: None for q in questions}:
        for language in ("en", "zh"):
            some = [
                q for q in questions if q.base.key == base and language_of(q.question) == language
            ]
            if some:
                vectors = centred([q.question for q in some], language, runtimes)
                groups += _clusters(some, vectors)
    return sorted(groups, key=lambda members: (-len(members), -max(q.at for q in members)))


def centred(texts: Sequence[str], language: str, runtimes: Runtimes) -> npt.NDArray[np.float64]:
    """Return unit vectors of questions with what all questions share taken out, shape (texts, d)."""
    embedder = runtimes.embedder(language)
    usual = embedder.encode(text_lines("skills.faq", f"background.{language}.txt")).mean(axis=0)
    vectors = embedder.encode(list(texts)).astype(np.float64) - usual
    return unit(vectors)


def _clusters(
    questions: Sequence[Unanswered], vectors: npt.NDArray[np.float64]
) -> list[list[Unanswered]]:
    from sklearn.cluster import AgglomerativeClustering

    if len(questions) == 1:
        return [list(questions)]
    model = AgglomerativeClustering(
        n_clusters=None, metric="cosine", linkage="average", distance_threshold=_APART
    )
    labels = model.fit_predict(vectors)
    groups = []
    for label in np.unique(labels):
        rows = np.flatnonzero(labels == label)
        order = np.argsort(-(vectors[rows] @ vectors[rows].mean(axis=0)), kind="stable")
        groups.append([questions[row] for row in rows[order]])
    return groups


def _path(home: Path) -> Path:
    return private_dir(home / "knowledge") / "groups.json"


def keep_groups(home: Path, groups: Sequence[Sequence[Unanswered]]) -> None:
    """Write the groups down for the screen that answers them."""
    told = [[q.question for q in members] for members in groups]
    atomic_write(_path(home), json.dumps(told, ensure_ascii=False), mode=0o600)
