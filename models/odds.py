"""What the language model makes of one text after another, in frames that it has read before.

Touches private attributes of llama-cpp-python, as `scoring` does; a test compares the odds with a plain
evaluation.
"""

from __future__ import annotations

import ctypes
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from models.llm import LanguageModel, ShouldStop, Turn, never
from models.scoring import last_logits, split_at_slot

_MOST_TEXT_TOKENS = 96
_CACHE_BYTES = 256_000_000
_MOST_REMEMBERED = 20_000

Tokens = tuple[int, ...]
Vector = npt.NDArray[np.float32]


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

    A second text in the same frame costs its own tokens only. The least recently used states leave
    beyond 256 MB; what was found is remembered.
    """

    def __init__(self, model: LanguageModel) -> None:
        self.model = model
        self._states: OrderedDict[Tokens, Any] = OrderedDict()  # ctypes arrays
        self._bytes = 0
        self._found: dict[tuple[Frame, str, Choice], Judged] = {}

    def frame(self, turns: Sequence[Turn], opening: str = "") -> Frame:
        """Return the frame of turns that hold the mark of `LabelScorer.slot()` once, where the text goes.

        `opening` is how the reply begins.
        """
        head, tail = split_at_slot(self.model, turns)
        return Frame(tuple(head), (*tail, *self.model.tokens(opening)))

    def judge(
        self, frame: Frame, text: str, choice: Choice, should_stop: ShouldStop = never
    ) -> Judged:
        """Return how likely a text is in a frame, and what the reply is.

        Both come of one evaluation. Long texts lose their end.

        Raises:
            Stopped: `should_stop` said so.
        """
        key = (frame, text, choice)
        if key not in self._found:
            with self.model.stopping(should_stop):
                self._restore(frame.head)
                found = self._judged(frame, text, choice)
            if len(self._found) >= _MOST_REMEMBERED:
                self._found.clear()
            self._found[key] = found
        return self._found[key]

    def hidden(self, frame: Frame, text: str, should_stop: ShouldStop = never) -> Vector:
        """Return the last layer's state where the reply would go on, shape (width,).

        Long texts lose their end.

        Raises:
            Stopped: `should_stop` said so.
        """
        with self.model.stopping(should_stop):
            self._restore(frame.head)
            *before, last = self._rest(frame, text)
            self.model.raw.eval(before)
            return self._state_at(last)

    def _text(self, text: str) -> list[int]:
        return self.model.tokens(text)[:_MOST_TEXT_TOKENS]

    def _rest(self, frame: Frame, text: str) -> list[int]:
        """Return the tokens that come after what is kept of a frame."""
        return [frame.head[-1], *self._text(text), *frame.tail]

    def _judged(self, frame: Frame, text: str, choice: Choice) -> Judged:
        """Evaluate what comes after the kept state; the cache counts as not having it."""
        raw = self.model.raw
        tokens = self._text(text)
        raw._ctx.kv_cache_seq_rm(-1, raw.n_tokens, -1)
        raw._batch.set_batch(self._rest(frame, text), n_past=raw.n_tokens, logits_all=False)
        # logits are dear: only those that a token of the text follows
        for at in range(len(tokens)):
            raw._batch.batch.logits[at] = True
        raw._ctx.decode(raw._batch)
        likelihood = sum(_logprob(self._logits(at), token) for at, token in enumerate(tokens))
        return Judged(self._odds(choice), likelihood)

    def _logits(self, at: int) -> Vector:
        """Return the logits after a token of the last evaluation, shape (vocabulary,)."""
        pointer = self.model.raw._ctx.get_logits_ith(at)
        return np.ctypeslib.as_array(pointer, shape=(self.model.raw.n_vocab(),))

    def _state_at(self, token: int) -> Vector:
        """Evaluate one more token, and return its state; the cache counts as not having it."""
        import llama_cpp

        raw = self.model.raw
        llama_cpp.llama_set_embeddings(raw.ctx, True)
        try:
            raw._batch.set_batch(batch=[token], n_past=raw.n_tokens, logits_all=False)
            raw._ctx.decode(raw._batch)
            found = llama_cpp.llama_get_embeddings_ith(raw.ctx, -1)
            return np.array(np.ctypeslib.as_array(found, shape=(raw.n_embd(),)), np.float32)
        finally:
            llama_cpp.llama_set_embeddings(raw.ctx, False)

    def _restore(self, head: Tokens) -> None:
        """Put the cache where the head ends but for its last token."""
        state = self._states.get(head)
        if state is None:
            self._begin(head)
        else:
            self._states.move_to_end(head)
            self._put_back(head, state)

    def _begin(self, head: Tokens) -> None:
        """Evaluate a head, but for what the cache holds of it, and keep its state."""
        import llama_cpp

        raw = self.model.raw
        raw.n_tokens = _common(raw.input_ids[: raw.n_tokens].tolist(), head[:-1])
        raw.eval(head[raw.n_tokens : -1])
        size = llama_cpp.llama_state_seq_get_size(raw.ctx, 0)
        data = (ctypes.c_uint8 * size)()
        llama_cpp.llama_state_seq_get_data(raw.ctx, data, size, 0)
        self._states[head] = data
        self._bytes += size
        while self._bytes > _CACHE_BYTES and len(self._states) > 1:
            _, old = self._states.popitem(last=False)
            self._bytes -= len(old)

    def _put_back(self, head: Tokens, data: Any) -> None:
        import llama_cpp

        raw = self.model.raw
        raw._ctx.kv_cache_clear()
        llama_cpp.llama_state_seq_set_data(raw.ctx, data, len(data), 0)
        raw.n_tokens = len(head) - 1
        raw.input_ids[: raw.n_tokens] = head[:-1]

    def _odds(self, choice: Choice) -> float:
        """Return the log-odds of the first tokens of yes against those of no."""
        logits = last_logits(self.model)

        def total(words: Sequence[str]) -> float:
            first = {self.model.tokens(word)[0] for word in words}
            return float(np.logaddexp.reduce([float(logits[token]) for token in first]))

        return total(choice.yes) - total(choice.no)


def _logprob(logits: Vector, token: int) -> float:
    """Return the log-probability of a token. The sum is of 32-bit numbers, which is exact to 1e-5."""
    most = logits.max()
    return float(logits[token] - most - np.log(np.exp(logits - most).sum()))


def _common(held: Sequence[int], wanted: Sequence[int]) -> int:
    """Return how many tokens at the beginning are the same."""
    pairs = zip(held, wanted, strict=False)
    return next((n for n, (a, b) in enumerate(pairs) if a != b), min(len(held), len(wanted)))
