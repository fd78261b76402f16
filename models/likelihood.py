"""How likely a text is after another, by the language model: for ranking, never for writing.

Touches private attributes of llama-cpp-python, as `scoring` does; a test compares the sums with a plain
evaluation. Rows of logits are asked for only where they are needed, so `logits_all`, which costs
gigabytes with a large vocabulary, stays off.
"""

from __future__ import annotations

import ctypes
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from models.llm import LanguageModel, ShouldStop, never

_MOST_TEXT_TOKENS = 96
_MOST_PREFIX_TOKENS = 400
_CACHE_BYTES = 256_000_000


@dataclass(frozen=True, slots=True)
class _State:
    """The model's cache after a prefix but for its last token."""

    tokens: tuple[int, ...]
    data: Any  # a ctypes array


@dataclass(frozen=True, slots=True)
class Choice:
    """A question that is answered with yes or no; each may be written in several ways."""

    question: str
    yes: tuple[str, ...]
    no: tuple[str, ...]


class Likelihood:
    """Log-probabilities of short texts after prefixes whose states are kept in memory.

    A second text after the same prefix costs its own tokens only. The least recently used states leave
    beyond 256 MB.
    """

    def __init__(self, model: LanguageModel) -> None:
        self.model = model
        self._states: OrderedDict[str, _State] = OrderedDict()
        self._bytes = 0

    def __call__(self, prefix: str, text: str, should_stop: ShouldStop = never) -> float:
        """Return log P(text | prefix), summed over the text's tokens, in nats.

        Long prefixes lose their beginning's end, long texts their end.

        Raises:
            Stopped: `should_stop` said so.
        """
        return self.judged(prefix, text, None, should_stop)[0]

    def judged(
        self, prefix: str, text: str, asks: Choice | None, should_stop: ShouldStop = never
    ) -> tuple[float, float]:
        """Return log P(text | prefix), and the log-odds of yes against no to a question after both.

        One evaluation does both; without a question the odds are 0.

        Raises:
            Stopped: `should_stop` said so.
        """
        tokens = self.model.tokens(text)[:_MOST_TEXT_TOKENS]
        if not tokens:
            return 0.0, 0.0
        tail = self.model.tokens(asks.question) if asks else []
        with self.model.stopping(should_stop):
            last = self._restore(prefix)
            self._evaluate([last, *tokens, *tail] if tail else [last, *tokens[:-1]])
            likely = sum(self._logprob(row, token) for row, token in enumerate(tokens))
            if asks is None:
                return likely, 0.0
            return likely, self._odds(len(tokens) + len(tail), asks)

    def _restore(self, prefix: str) -> int:
        """Put the cache where the prefix ends but for its last token; return that token."""
        state = self._states.get(prefix)
        if state is None:
            state = self._read(prefix)
        else:
            self._states.move_to_end(prefix)
            self._put_back(state)
        return state.tokens[-1]

    def _read(self, prefix: str) -> _State:
        """Evaluate a prefix and keep its state."""
        import llama_cpp

        raw = self.model.raw
        tokens = self._fitted(prefix)
        raw.reset()
        raw.eval(tokens[:-1])
        size = llama_cpp.llama_state_seq_get_size(raw.ctx, 0)
        data = (ctypes.c_uint8 * size)()
        llama_cpp.llama_state_seq_get_data(raw.ctx, data, size, 0)
        state = _State(tuple(tokens), data)
        self._states[prefix] = state
        self._bytes += size
        while self._bytes > _CACHE_BYTES and len(self._states) > 1:
            _, old = self._states.popitem(last=False)
            self._bytes -= len(old.data)
        return state

    def _fitted(self, prefix: str) -> list[int]:
        """Return a prefix's tokens; too many lose some before the last line, which says what follows."""
        tokens = self.model.tokens(prefix)
        if len(tokens) <= _MOST_PREFIX_TOKENS:
            return tokens
        head, _, tail = prefix.rpartition("\n\n")
        ending = self.model.tokens("\n\n" + tail)
        return self.model.tokens(head)[: _MOST_PREFIX_TOKENS - len(ending)] + ending

    def _put_back(self, state: _State) -> None:
        import llama_cpp

        raw = self.model.raw
        raw._ctx.kv_cache_clear()
        llama_cpp.llama_state_seq_set_data(raw.ctx, state.data, len(state.data), 0)
        raw.n_tokens = len(state.tokens) - 1
        raw.input_ids[: raw.n_tokens] = state.tokens[:-1]

    def _evaluate(self, given: Sequence[int]) -> None:
        """Evaluate tokens in one batch, keeping the logits after each."""
        raw = self.model.raw
        at = raw.n_tokens
        raw._ctx.kv_cache_seq_rm(-1, at, -1)
        raw._batch.set_batch(batch=given, n_past=at, logits_all=True)
        raw._ctx.decode(raw._batch)
        raw.input_ids[at : at + len(given)] = given
        raw.n_tokens = at + len(given)

    def _odds(self, row: int, asks: Choice) -> float:
        """Return the log-odds of the first tokens of yes against those of no."""
        logits = self._logits(row)

        def total(words: Sequence[str]) -> float:
            first = {self.model.tokens(word)[0] for word in words}
            return float(np.logaddexp.reduce([float(logits[token]) for token in first]))

        return total(asks.yes) - total(asks.no)

    def _logits(self, row: int) -> Any:
        raw = self.model.raw
        return np.ctypeslib.as_array(raw._ctx.get_logits_ith(row), shape=(raw.n_vocab(),))

    def _logprob(self, row: int, token: int) -> float:
        logits = self._logits(row)
        top = logits.max()
        return float(logits[token] - top - np.log(np.exp(logits - top).sum(dtype=np.float64)))
