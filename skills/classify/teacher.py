"""The language model as a teacher: it reads texts, and the names of the groups have a say (`names`)."""

from __future__ import annotations

import time
from collections.abc import Generator, Sequence

import numpy as np
import numpy.typing as npt

from skills.classify.judge import Judge, verdict_of
from skills.classify.names import evened, looked_for, nearness, trust_in, with_names
from skills.contract import Context
from skills.linear import Floats, Vectors, log_softmax

Ints = npt.NDArray[np.int64]
_SURE_OF_ONE = 0.9  # confidence from which the other order changes nothing
_READ_TWICE = 40  # rows that tell how well the orders agree


class Teacher:
    """Reads texts, the unsure ones with the groups in both orders, and keeps what it read.

    Once `hear_names` was called, what the names of the groups tell counts in what is found. Benchmarks turn
    `hears_names` off to compare.
    """

    hears_names = True

    def __init__(self, judges: Sequence[Judge], context: Context) -> None:
        self._judges, self._context = judges, context
        self.labels = judges[0].labels
        self.shares: dict[int, Floats] = {}
        self._near: Floats | None = None
        self._twice: list[tuple[Floats, Floats]] = []
        self.instructed: set[int] = set()
        self.seconds = 0.0  # for one text, measured as it reads

    def read(
        self, texts: Sequence[str], rows: Ints, deadline: float
    ) -> Generator[tuple[int, int], None, None]:
        """Read rows, the most wanted first, until the deadline; yield how many of how many are done.

        A part is read in one order, then what is unsure in the other, so that the instructions stay in the
        cache.
        """
        size = 16
        yield 0, len(rows)
        for start in range(0, len(rows), size):
            part = [int(row) for row in rows[start : start + size] if int(row) not in self.shares]
            if not part:
                continue
            if 0 < deadline < time.monotonic() + len(part) * self.seconds:
                return
            begun = time.monotonic()
            logs: dict[int, Floats] = {}
            for done, row in enumerate(part, start + 1):
                logs[row] = self._logs(texts[row], row, self._judges[0])
                yield done, len(rows)
            twice = self._near is not None and len(self._twice) < _READ_TWICE
            unsure = [row for row in part if twice or np.exp(logs[row]).max() < _SURE_OF_ONE]
            for judge in self._judges[1:]:
                for row in unsure:
                    again = self._logs(texts[row], row, judge)
                    if twice:
                        self._twice.append((np.exp(logs[row]), np.exp(again)))
                    logs[row] = logs[row] + again
            for row, log in logs.items():
                read = len(self._judges) if row in unsure else 1
                self.shares[row] = np.exp(log_softmax(log[None] / read)[0])
            self.seconds = (time.monotonic() - begun) / len(part)

    def _logs(self, text: str, row: int, judge: Judge) -> Floats:
        """Return the log-probabilities of a text's groups, shape (k,), in the order of `labels`."""
        self._context.check()
        verdict = verdict_of(text, judge, self._context)
        if verdict.instructed:
            self.instructed.add(row)
        by_label = dict(zip(judge.labels, verdict.shares, strict=True))
        found: Floats = np.log(np.array([by_label[label] for label in self.labels]).clip(1e-9))
        return found

    @property
    def can_hear(self) -> bool:
        """Say whether the names of the groups may have a say.

        Not where texts are read once: nothing tells how far the teacher is to be trusted. One group that is
        looked for is asked for by itself, and has no order.
        """
        return self.hears_names and (len(self._judges) > 1 or looked_for(self.labels) is not None)

    def hear_names(self, texts: Sequence[str], vectors: Vectors, language: str) -> None:
        """Let the names of the groups have a say in what is found, if they may; see `nearness`."""
        if not self.can_hear:
            return
        meanings = {label: self._judges[0].meanings.get(label, "") for label in self.labels}
        self._near = nearness(texts, vectors, language, meanings, self._context)

    @property
    def trust(self) -> float:
        """How far what it read is to be trusted; 1 where the names have no say."""
        first, second = np.array(self._twice).reshape(-1, 2, len(self.labels)).swapaxes(0, 1)
        return trust_in(first, second)

    def found(self) -> tuple[Ints, Floats]:
        """Return the rows that were read, shape (read,), and their probabilities, (read, k).

        The names of the groups have had their say.
        """
        rows = np.array(sorted(self.shares), np.int64)
        own = np.array([self.shares[int(row)] for row in rows]).reshape(-1, len(self.labels))
        if self.hears_names and (self._near is not None or looked_for(self.labels) is not None):
            own = evened(own, self.labels)
        if self._near is not None and len(rows):
            own = with_names(own, self._near[rows], self.trust)
        return rows, own

    def spoken_to(self) -> Ints:
        """Return the rows that told their sorter what to do."""
        return np.array(sorted(self.instructed), np.int64)
