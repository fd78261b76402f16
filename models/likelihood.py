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
        tokens = self.model.tokens(text)[:_MOST_TEXT_TOKENS]
        if not tokens:
            return 0.0
        with self.model.stopping(should_stop):
            last = self._restore(prefix)
            return self._sum(last, tokens)

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

    def _sum(self, last: int, tokens: Sequence[int]) -> float:
        """Evaluate the text in one batch and add up the log-probabilities of its tokens."""
        raw = self.model.raw
        at = raw.n_tokens
        given = [last, *tokens[:-1]]
        raw._ctx.kv_cache_seq_rm(-1, at, -1)
        raw._batch.set_batch(batch=given, n_past=at, logits_all=True)
        raw._ctx.decode(raw._batch)
        raw.input_ids[at : at + len(given)] = given
        raw.n_tokens = at + len(given)
        return sum(self._logprob(row, token) for row, token in enumerate(tokens))

    def _logprob(self, row: int, token: int) -> float:
        raw = self.model.raw
        pointer = raw._ctx.get_logits_ith(row)
        logits = np.ctypeslib.as_array(pointer, shape=(raw.n_vocab(),))
        top = logits.max()
        return float(logits[token] - top - np.log(np.exp(logits - top).sum(dtype=np.float64)))
