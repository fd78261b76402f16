"""Exact probabilities of a few given replies, at the price of reading the prompt once.

`logits_all` stays off (with a vocabulary of 150,000 it would cost gigabytes), so the last row of
logits is read from llama.cpp's own memory. That touches private attributes of llama-cpp-python; they
are all in this file, and a test compares the result with a grammar-bound reply.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from models.llm import LanguageModel, ShouldStop, Turn, never

_SLOT = "\ue010"
_MAX_TEXT_TOKENS = 1024


@dataclass(slots=True)
class _Node:
    """A place in the trie of the replies' tokens; `label` where a reply ends."""

    children: dict[int, _Node] = field(default_factory=dict)
    label: int | None = None


class LabelScorer:
    """Scores each of a few replies to the same prompt with different texts in it.

    The prompt up to the text is read once and kept. Scores are what a grammar that allows only
    these replies would sample from: at each branching, probabilities are normalised over the
    branches.
    """

    def __init__(self, model: LanguageModel, turns: Sequence[Turn], labels: Sequence[str]) -> None:
        """`turns` hold the mark of `slot()` exactly once, where the text goes."""
        self.model, self.labels = model, list(labels)
        self._head, self._tail = split_at_slot(model, turns)
        self._trie = _Node()
        end = model.raw.token_eos()
        for number, label in enumerate(self.labels):
            node = self._trie
            for token in [*model.tokens(label), end]:
                node = node.children.setdefault(token, _Node())
            node.label = number

    @staticmethod
    def slot() -> str:
        """Return the mark that stands for the text in the turns."""
        return _SLOT

    def score(self, text: str, should_stop: ShouldStop = never) -> npt.NDArray[np.float64]:
        """Return the log-probability of each label, shape (labels,); they sum to one.

        Raises:
            Stopped: `should_stop` said so, also while a long text is read.
        """
        raw = self.model.raw
        room = self.model.context_tokens - len(self._head) - len(self._tail) - 32
        tokens = self.model.tokens(text)[: max(0, min(room, _MAX_TEXT_TOKENS))]
        with self.model.stopping(should_stop):
            self._restore_head()
            raw.eval(tokens + self._tail)
            scores = np.full(len(self.labels), -np.inf)
            self._walk(self._trie, 0.0, scores)
        return scores

    def _restore_head(self) -> None:
        """Make the cache hold the head of the prompt and nothing else."""
        raw, size = self.model.raw, len(self._head)
        if raw.n_tokens >= size and list(raw.input_ids[:size]) == self._head:
            raw.n_tokens = size
            return
        raw.reset()
        raw.eval(self._head)

    def _walk(self, node: _Node, logprob: float, scores: npt.NDArray[np.float64]) -> None:
        """Add up log-probabilities down the trie; where there is one way on, nothing is computed."""
        if node.label is not None:
            scores[node.label] = logprob
        if not node.children:
            return
        tokens = list(node.children)
        branch = np.zeros(1) if len(tokens) == 1 else _log_softmax(last_logits(self.model)[tokens])
        at = self.model.raw.n_tokens
        for token, gain in zip(tokens, branch, strict=True):
            child = node.children[token]
            if child.children:
                if _branches(child):
                    self.model.raw.n_tokens = at
                    self.model.raw.eval([token])
                self._walk(child, logprob + float(gain), scores)
            else:
                self._walk(child, logprob + float(gain), scores)


def last_logits(model: LanguageModel) -> npt.NDArray[np.float64]:
    """Return the logits after the last token that was evaluated, shape (vocabulary,)."""
    pointer = model.raw._ctx.get_logits_ith(-1)
    row: Any = np.ctypeslib.as_array(pointer, shape=(model.raw.n_vocab(),))
    return np.asarray(row, dtype=np.float64)


def _branches(node: _Node) -> bool:
    """Say whether there is a choice anywhere below."""
    while len(node.children) == 1:
        node = next(iter(node.children.values()))
    return len(node.children) > 1


def _log_softmax(x: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    shifted = x - x.max()
    result: npt.NDArray[np.float64] = shifted - np.log(np.exp(shifted).sum())
    return result


def split_at_slot(model: LanguageModel, turns: Sequence[Turn]) -> tuple[list[int], list[int]]:
    """Return the prompt's tokens before and after the slot."""
    mark = model.tokens(_SLOT)
    tokens = model.prompt(turns)
    size = len(mark)
    for start in range(len(tokens) - size + 1):
        if tokens[start : start + size] == mark:
            return tokens[:start], tokens[start + size :]
    raise ValueError("the slot is not in the turns, or its tokens merged with their neighbours")
