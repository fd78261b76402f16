"""A second llama.cpp context on a chat model's weights, in which several talks are read side by side.

One evaluation of five short texts costs about two thirds of five evaluations, and what the chat's own
context holds stays. Touches private attributes of llama-cpp-python, as `scoring` does; tests compare what
comes out with a plain evaluation.
"""

from __future__ import annotations

import ctypes
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from models.llm import LanguageModel

LONGEST_HEAD = 768
"""Tokens of a beginning."""
_AT_ONCE = 8  # talks side by side
_MOST_TOKENS = 256  # in one evaluation
_CELLS = 2560  # tokens of all talks together
_CACHE_BYTES = 256_000_000

Tokens = tuple[int, ...]
Vector = npt.NDArray[np.float32]


class Sequences:
    """Talks whose beginnings' states are kept in memory; the least recently used leave beyond 256 MB.

    `adapter` is a GGUF file with low-rank changes to the weights, in force here only.
    """

    def __init__(self, model: LanguageModel, adapter: Path | None = None) -> None:
        import llama_cpp
        from llama_cpp import _internals

        self._model, self._native = model, llama_cpp
        raw = model.raw
        params = llama_cpp.llama_context_default_params()
        params.n_ctx = _CELLS
        params.n_batch = params.n_ubatch = _MOST_TOKENS
        params.n_seq_max = _AT_ONCE + 1
        params.kv_unified = True
        params.flash_attn_type = raw.context_params.flash_attn_type
        params.n_threads = params.n_threads_batch = raw.n_threads_batch
        self._context: Any = _internals.LlamaContext(model=raw._model, params=params, verbose=False)
        self._batch: Any = _internals.LlamaBatch(
            n_tokens=_MOST_TOKENS, embd=0, n_seq_max=1, verbose=False
        )
        llama_cpp.llama_set_abort_callback(self._context.ctx, model._abort, ctypes.c_void_p(0))
        self._beginning: Tokens = ()  # what sequence 0 holds
        self._states: OrderedDict[Tokens, Any] = OrderedDict()  # ctypes arrays
        self._bytes = 0
        if adapter is not None:
            self._adapt(adapter)

    def _adapt(self, path: Path) -> None:
        native = self._native
        adapter = native.llama_adapter_lora_init(self._model.raw.model, str(path).encode())
        if adapter is None:
            raise ValueError(f"{path} is no adapter of {self._model.name}")
        adapters = (native.llama_adapter_lora_p_ctypes * 1)(adapter)
        scales = (ctypes.c_float * 1)(1.0)
        if native.llama_set_adapters_lora(self._context.ctx, adapters, 1, scales):
            raise ValueError(f"{path} can't be put on {self._model.name}")

    def begin(self, head: Tokens) -> None:
        """Read a beginning, but for its last token, and keep its state.

        Raises:
            RuntimeError: The person stopped it.
            ValueError: It is longer than `LONGEST_HEAD`.
        """
        if head in self._states:
            self._states.move_to_end(head)
            return
        if len(head) > LONGEST_HEAD:
            raise ValueError(f"a beginning of {len(head)} tokens")
        wanted = head[:-1]
        kept = _common(self._beginning, wanted)
        self._native.llama_memory_seq_rm(self._context.memory, 0, kept, -1)
        self._beginning = wanted[:kept]
        for start in range(kept, len(wanted), _MOST_TOKENS):
            part = wanted[start : start + _MOST_TOKENS]
            self._evaluate([(0, start, part, ())])
        self._beginning = wanted
        size = self._native.llama_state_seq_get_size(self._context.ctx, 0)
        data = (ctypes.c_uint8 * size)()
        self._native.llama_state_seq_get_data(self._context.ctx, data, size, 0)
        self._keep(head, data)

    def _keep(self, head: Tokens, data: Any) -> None:
        self._states[head] = data
        self._bytes += len(data)
        while self._bytes > _CACHE_BYTES and len(self._states) > 1:
            _, old = self._states.popitem(last=False)
            self._bytes -= len(old)

    def fitting(self, lengths: Sequence[tuple[int, int]]) -> int:
        """Return how many of the talks with these lengths, of their heads and the rest, go side by side."""
        cells = tokens = 0
        for number, (head, rest) in enumerate(lengths):
            cells += head + rest
            tokens += rest + 1
            if number == _AT_ONCE or cells > _CELLS - LONGEST_HEAD or tokens > _MOST_TOKENS:
                return max(1, number)
        return len(lengths)

    def read(
        self, talks: Sequence[tuple[Tokens, Sequence[int]]], watched: int
    ) -> list[list[Vector]]:
        """Read the rest of several talks side by side.

        Each is its head and the tokens after it. Returns, for each, the logits after the head and after
        its first tokens, `watched` of them altogether, and those after its last token, each of shape
        (vocabulary,). They hold until the next evaluation.

        Raises:
            RuntimeError: The person stopped it.
        """
        for head, _ in talks:
            self.begin(head)
        batch = []
        for number, (head, rest) in enumerate(talks, 1):
            self._put_back(number, head)
            batch.append((number, len(head) - 1, (head[-1], *rest), range(watched)))
        outputs = iter(self._evaluate(batch))
        self._forget(range(1, len(talks) + 1))
        return [[self._logits(next(outputs)) for _ in range(watched + 1)] for _ in talks]

    def hidden(self, head: Tokens, rest: Sequence[int]) -> Vector:
        """Return the last layer's state after a talk, shape (width,).

        Raises:
            RuntimeError: The person stopped it.
        """
        self.begin(head)
        self._put_back(1, head)
        *before, last = (head[-1], *rest)
        self._evaluate([(1, len(head) - 1, before, ())])
        context = self._context.ctx
        self._native.llama_set_embeddings(context, True)
        try:
            self._evaluate([(1, len(head) - 1 + len(before), [last], ())])
            found = self._native.llama_get_embeddings_ith(context, -1)
            return np.array(
                np.ctypeslib.as_array(found, shape=(self._model.raw.n_embd(),)), np.float32
            )
        finally:
            self._native.llama_set_embeddings(context, False)
            self._forget([1])

    def _put_back(self, number: int, head: Tokens) -> None:
        data = self._states[head]
        self._native.llama_state_seq_set_data(self._context.ctx, data, len(data), number)

    def _forget(self, numbers: Sequence[int]) -> None:
        for number in numbers:
            self._native.llama_memory_seq_rm(self._context.memory, number, -1, -1)

    def _evaluate(
        self, parts: Sequence[tuple[int, int, Sequence[int], Sequence[int]]]
    ) -> list[int]:
        """Evaluate parts of sequences: number, first position, tokens, and which are watched.

        The last of each is watched, too. Returns where in the batch the watched tokens are.
        """
        batch = self._batch.batch
        at, watched = 0, []
        for number, start, tokens, some in parts:
            wanted = {*some, len(tokens) - 1}
            for place, token in enumerate(tokens):
                batch.token[at], batch.pos[at] = token, start + place
                batch.seq_id[at][0], batch.n_seq_id[at] = number, 1
                batch.logits[at] = place in wanted
                if place in wanted:
                    watched.append(at)
                at += 1
        batch.n_tokens = at
        try:
            self._context.decode(self._batch)
        except RuntimeError:
            self._native.llama_memory_clear(self._context.memory, True)
            self._beginning = ()
            raise
        return watched

    def _logits(self, at: int) -> Vector:
        pointer = self._context.get_logits_ith(at)
        return np.ctypeslib.as_array(pointer, shape=(self._model.raw.n_vocab(),))


def _common(held: Sequence[int], wanted: Sequence[int]) -> int:
    """Return how many tokens at the beginning are the same."""
    pairs = zip(held, wanted, strict=False)
    return next((n for n, (a, b) in enumerate(pairs) if a != b), min(len(held), len(wanted)))
