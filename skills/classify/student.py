"""Zero labels: the language model reads all rows or a sample, and a student that learns from it has a say.

The teacher's sample is spread over the rows by clustering their sentence vectors. What it is unsure of it
reads again with the groups listed in the other order, and the log-probabilities are averaged against position
bias (Zheng et al. 2023, "Large language models are not robust multiple choice selectors", on the bias); of
650 reviews none changed its group that was read again though it was sure of it. Where the names of the
groups tell something, too (`names`), the first rows are all read twice: how well the orders agree says how
far the teacher is to be trusted. The student is a logistic regression on those probabilities. Then the
teacher reads, while the time lasts, the rows that the student is least sure of (uncertainty sampling, Lewis &
Gale 1994).

Of a row that was read, a student that learned from the others tells something, too: the teacher errs on
texts of all kinds, and rows like this one were mostly read rightly. So the probabilities of both are
multiplied (a product of experts, Hinton 2002), the student's calibrated against what the teacher says: one
that knows nothing of it says the same of all. How frequent a group is counts with two groups only: there the
teacher finds it out (within 5 points on three sets), while of many it prefers some names (of ten, one 73
times that was right 15 times).
"""

from __future__ import annotations

import time
from collections.abc import Generator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

import numpy as np

from models.errors import ModelMissingError, ResourceError
from models.texts import Catalogue
from skills.classify.heads import better_vectors, embedder_language, encoded
from skills.classify.teacher import Ints, Teacher
from skills.contract import Context
from skills.events import Event, Progress
from skills.linear import Floats, Linear, Vectors, folds, log_softmax, scale_of

TEXTS = Catalogue(__package__)
_SAMPLE_SHARE = 0.55  # of the time for the first sample, the rest for re-reading
_LEAST_SAMPLE = 40
_MOST_SAMPLE = 600
_CLUSTERS = 40
_ROUNDS = 3
_TO_LABEL = 10
_NEAREST = 60
_STRENGTH = 20.0
_MOST_SAID = 4.6  # nats for or against a group: the others may have shown too little of it
_SURE = 0.95  # mean confidence from which a teacher is right more often than its student


@dataclass(slots=True)
class Taught:
    """What teacher and student found.

    Attributes:
        shares: Probabilities of each text, shape (n, k): the student's, with the teacher's where it read.
        read: The rows that the teacher read.
        instructed: The rows that told their sorter what to do; that was not read.
        agreement: How often the student says what the teacher says, on rows it did not learn from, a
            value a row of the sample; empty without a student.
        changed: How many rows of those that were read the student moved to another group.
        useful: Rows that would teach the most if a person labelled them.
        language: Of the sentence vectors.
        trust: How far the teacher was trusted; 1 where the names of the groups had no say.
    """

    shares: Floats
    read: Ints
    instructed: Ints
    agreement: Floats
    changed: int
    useful: Ints
    language: str
    trust: float


@dataclass(frozen=True, slots=True)
class Student:
    """What learned from the rows that the teacher read.

    Attributes:
        head: Of sentence vectors.
        scale: Calibrates its logits.
        said: What the rows that were read are, in their order, as log-probabilities but for a constant,
            shape (read, k); each is said by one that did not learn from it.
        agreement: Whether that is what the teacher says, shape (read,).
    """

    head: Linear
    scale: float
    said: Floats
    agreement: Floats

    def shares(self, vectors: Vectors) -> Floats:
        """Return the probabilities of rows, shape (n, k)."""
        return np.exp(log_softmax(self.head(vectors) * self.scale))


def teach(
    texts: Sequence[str], teacher: Teacher, minutes: float, context: Context
) -> Generator[Event, None, Taught]:
    """Label texts; `minutes` bounds the teacher's time.

    Raises:
        Stopped: The person stopped the work.
    """
    began = time.monotonic()
    seconds = 60 * minutes
    yield Progress(0, None, note=context.say(TEXTS("encoding")))
    language = embedder_language(texts)
    vectors = encoded(texts, language, context)
    teacher.hear_names(texts, vectors, language)
    spread = spread_over(vectors, min(_MOST_SAMPLE, len(texts)), context)
    note, unit = context.say(TEXTS("teacher_reads")), context.say(TEXTS("rows"))
    deadline = began + _SAMPLE_SHARE * seconds
    for done, total in teacher.read(texts, spread[:_LEAST_SAMPLE], 0.0):
        yield Progress(done, total, unit, note)
    for done, total in teacher.read(texts, spread, deadline):
        yield Progress(done, total, unit, note)
    if language == "en":
        language, vectors = _better(texts, teacher, vectors, context)
    student = student_of(vectors, teacher)
    agreement = student.agreement
    for number in range(_ROUNDS):
        unsure = _least_sure(student.shares(vectors), teacher)
        until = deadline + (began + seconds - deadline) * (number + 1) / _ROUNDS
        note = context.say(TEXTS("teacher_rereads"))
        for done, total in teacher.read(texts, unsure, until):
            yield Progress(done, total, unit, note)
        student = student_of(vectors, teacher)
    shares = student.shares(vectors)
    useful = _useful(shares, vectors, teacher)
    read, own = teacher.found()
    shares[read] = joined(own, student)
    changed = _moved(own, shares[read])
    return Taught(
        shares, read, teacher.spoken_to(), agreement, changed, useful, language, teacher.trust
    )


def read_all(
    texts: Sequence[str], teacher: Teacher, context: Context
) -> Generator[Event, None, Taught]:
    """Let the teacher read all texts, and a student have its say where there is enough to learn from.

    Raises:
        Stopped: The person stopped the work.
    """
    language = embedder_language(texts)
    enough = len(texts) >= _LEAST_SAMPLE
    vectors: Vectors | None = None
    if enough or teacher.can_hear:
        with suppress(ModelMissingError, ResourceError):  # it reads without them as well as it can
            vectors = encoded(texts, language, context)
            teacher.hear_names(texts, vectors, language)
    note, unit = context.say(TEXTS("reading")), context.say(TEXTS("rows"))
    for done, total in teacher.read(texts, np.arange(len(texts)), 0.0):
        yield Progress(done, total, unit, note)
    read, own = teacher.found()
    none = np.zeros(0)
    alone = Taught(
        own, read, teacher.spoken_to(), none, 0, none.astype(np.int64), "", teacher.trust
    )
    if vectors is None or not enough or _is_sure(own):
        return alone
    if language == "en":
        language, vectors = _better(texts, teacher, vectors, context)
    student = student_of(vectors, teacher)
    shares = joined(own, student)
    changed = _moved(own, shares)
    return replace(
        alone, shares=shares, agreement=student.agreement, changed=changed, language=language
    )


def joined(own: Floats, student: Student) -> Floats:
    """Return the probabilities of both for the rows that were read, shape (read, k)."""
    if _is_sure(own):
        return own
    return np.exp(log_softmax(np.log(own.clip(1e-9)) + student.said))


def _is_sure(own: Floats) -> bool:
    return bool(own.max(axis=1).mean() >= _SURE)


def _moved(before: Floats, after: Floats) -> int:
    return int((before.argmax(axis=1) != after.argmax(axis=1)).sum())


def _better(
    texts: Sequence[str], teacher: Teacher, vectors: Vectors, context: Context
) -> tuple[str, Vectors]:
    """Return the multilingual vectors where they suit the teacher's labels better than MiniLM's."""
    rows, shares = teacher.found()
    y = _dense(shares.argmax(axis=1))
    some = [texts[row] for row in rows]
    if better_vectors(some, vectors[rows], y, context, ("zh",)) == "en":
        return "en", vectors
    return "zh", encoded(texts, "zh", context)


def spread_over(vectors: Vectors, count: int, context: Context) -> Ints:
    """Return rows in an order that covers all kinds of texts early: one of each cluster in turn."""
    from sklearn.cluster import MiniBatchKMeans

    context.check()
    clusters = min(_CLUSTERS, max(1, len(vectors) // 5))
    model = MiniBatchKMeans(clusters, random_state=0, n_init=1, batch_size=1024)
    labels = model.fit_predict(vectors)
    draw = np.random.default_rng(0)
    place = np.empty(len(vectors))
    for cluster in range(clusters):
        rows = draw.permutation(np.flatnonzero(labels == cluster))
        place[rows] = (np.arange(len(rows)) + draw.random()) / max(1, len(rows))
    return np.argsort(place, kind="stable")[:count]


def student_of(vectors: Vectors, teacher: Teacher) -> Student:
    """Return a student of the teacher's probabilities."""
    rows, targets = teacher.found()
    x, y = vectors[rows], targets.argmax(axis=1)
    if len(np.unique(y)) < 2:
        head = _constant(vectors.shape[1], targets)
        return Student(head, 1.0, np.zeros_like(targets), np.ones(len(y)))
    held = np.zeros_like(targets)
    for train, test in folds(_dense(y)):
        held[test] = _soft(x[train], targets[train])(x[test])
    scale = scale_of(held, y)
    said = log_softmax(held * scale)
    if targets.shape[1] > 2:
        said -= np.log(np.exp(said).mean(axis=0))
    said = said.clip(-_MOST_SAID, _MOST_SAID)
    return Student(_soft(x, targets), scale, said, (held.argmax(axis=1) == y).astype(float))


def _soft(x: Vectors, targets: Floats) -> Linear:
    """Fit a logistic regression on probabilities: each row counts for each class by its share."""
    from sklearn.linear_model import LogisticRegression

    k = targets.shape[1]
    there = np.flatnonzero(targets.max(axis=0) > 0)
    weights = targets[:, there].T.ravel()
    rows = np.tile(np.arange(len(x)), len(there))
    labels = np.repeat(np.arange(len(there)), len(x))
    kept = weights > 0.01
    model = LogisticRegression(C=_STRENGTH, max_iter=1000)
    model.fit(x[rows[kept]], labels[kept], sample_weight=weights[kept])
    made = np.zeros((x.shape[1], k), np.float32)
    biases = np.full(k, -30.0, np.float32)
    found = there[model.classes_]
    coefficients, intercepts = model.coef_, model.intercept_
    if len(found) == 2 and coefficients.shape[0] == 1:
        coefficients = np.vstack([-coefficients, coefficients]) / 2
        intercepts = np.r_[-intercepts, intercepts] / 2
    made[:, found], biases[found] = coefficients.T, intercepts
    return Linear(made, biases)


def _constant(dimension: int, targets: Floats) -> Linear:
    """Return a student that says the same of all: the teacher found but one group."""
    biases = np.log(targets.mean(axis=0).clip(1e-9)).astype(np.float32)
    return Linear(np.zeros((dimension, targets.shape[1]), np.float32), biases)


def _dense(y: Ints) -> Ints:
    """Return class numbers without gaps."""
    dense: Ints = np.unique(y, return_inverse=True)[1].astype(np.int64)
    return dense


def _least_sure(shares: Floats, teacher: Teacher) -> Ints:
    """Return the rows that were not read, those with the smallest margin first."""
    ordered = np.sort(shares, axis=1)
    order = np.argsort(ordered[:, -1] - ordered[:, -2], kind="stable")
    return order[~np.isin(order, list(teacher.shares))]


def _useful(shares: Floats, vectors: Vectors, teacher: Teacher) -> Ints:
    """Return rows worth labelling by hand: unsure ones, each unlike those before it."""
    near = _least_sure(shares, teacher)[:_NEAREST]
    chosen: list[int] = []
    for _ in range(min(_TO_LABEL, len(near))):
        if not chosen:
            chosen.append(int(near[0]))
            continue
        closest = (vectors[near] @ vectors[chosen].T).max(axis=1)
        closest[np.isin(near, chosen)] = np.inf
        chosen.append(int(near[int(closest.argmin())]))
    return np.array(chosen, np.int64)
