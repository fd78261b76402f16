"""What the language model makes of texts in frames that it has read before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from models.llm import LanguageModel, ShouldStop, Turn, never
from models.scoring import split_at_slot
from models.sequences import Sequences, Tokens, Vector

_MOST_TEXT_TOKENS = 96
_MOST_REMEMBERED = 20_000


@dataclass(frozen=True, slots=True)
class Frame:
    """The tokens of a talk before and after the place of a text."""

    head: Tokens
    tail: Tokens


@dataclass(frozen=True, slots=True)
class Choice:
    """What counts as yes and as no; each may be written in several ways."""

    yes: tuple[str, ...]
    no: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Judged:
    """A text in a frame.

    `odds` are the log-odds with which the reply begins with a yes rather than a no. `likelihood` is the
    log-probability of the text after what comes before it, in nats.
    """

    odds: float
    likelihood: float


class Odds:
    """Judgements and hidden states in talks whose beginnings' states are kept in memory.

    A second text in the same frame costs its own tokens only, and less where several frames are asked about
    it at once. What was found is remembered. `adapter` is a GGUF file that taught the model to judge.
    """

    def __init__(self, model: LanguageModel, adapter: Path | None = None) -> None:
        self.model = model
        self.taught = adapter is not None
        self._sequences = Sequences(model, adapter)
        self._found: dict[tuple[Frame, str, Choice], Judged] = {}

    def frame(self, turns: Sequence[Turn], opening: str = "") -> Frame:
        """Return the frame of turns that hold the mark of `LabelScorer.slot()` once, where the text goes.

        `opening` is how the reply begins.
        """
        head, tail = split_at_slot(self.model, turns)
        return Frame(tuple(head), (*tail, *self.model.tokens(opening)))

    def begin(self, frame: Frame, should_stop: ShouldStop = never) -> None:
        """Read what comes before a text; judging does so itself, but says nothing in between.

        Raises:
            Stopped: `should_stop` said so.
        """
        with self.model.stopping(should_stop):
            self._sequences.begin(frame.head)

    def judge(
        self,
        frames: Sequence[Frame],
        text: str,
        choice: Choice,
        should_stop: ShouldStop = never,
    ) -> list[Judged]:
        """Return, for each frame, what the reply to a text is, and how likely the text is in it.

        Long texts lose their end.

        Raises:
            Stopped: `should_stop` said so.
        """
        asked = text, choice
        open_ = [frame for frame in frames if (frame, *asked) not in self._found]
        tokens = self.cut(text)
        if len(self._found) >= _MOST_REMEMBERED:
            self._found.clear()
            open_ = list(frames)
        with self.model.stopping(should_stop):
            while open_:
                lengths = [(len(f.head), len(tokens) + len(f.tail)) for f in open_]
                some = open_[: self._sequences.fitting(lengths)]
                found = self._judged(some, tokens, choice)
                self._found |= {
                    (frame, *asked): one for frame, one in zip(some, found, strict=True)
                }
                open_ = open_[len(some) :]
        return [self._found[frame, *asked] for frame in frames]

    def hidden(self, frame: Frame, text: str, should_stop: ShouldStop = never) -> Vector:
        """Return the last layer's state where the reply would go on, shape (width,).

        Long texts lose their end.

        Raises:
            Stopped: `should_stop` said so.
        """
        with self.model.stopping(should_stop):
            return self._sequences.hidden(frame.head, [*self.cut(text), *frame.tail])

    def cut(self, text: str) -> Tokens:
        """Return the tokens of a text that are read: long ones lose their end."""
        return tuple(self.model.tokens(text)[:_MOST_TEXT_TOKENS])

    def _judged(self, frames: Sequence[Frame], tokens: Tokens, choice: Choice) -> list[Judged]:
        talks = [(frame.head, [*tokens, *frame.tail]) for frame in frames]
        return [
            Judged(self._odds(last, choice), sum(map(_logprob, within, tokens)))
            for *within, last in self._sequences.read(talks, len(tokens))
        ]

    def _odds(self, logits: Vector, choice: Choice) -> float:
        """Return the log-odds of the first tokens of yes against those of no."""

        def total(words: Sequence[str]) -> float:
            first = {self.model.tokens(word)[0] for word in words}
            return float(np.logaddexp.reduce([float(logits[token]) for token in first]))

        return total(choice.yes) - total(choice.no)


def _logprob(logits: Vector, token: int) -> float:
    """Return the log-probability of a token. The sum is of 32-bit numbers, which is exact to 1e-5."""
    most = logits.max()
    return float(logits[token] - most - np.log(np.exp(logits - most).sum()))
