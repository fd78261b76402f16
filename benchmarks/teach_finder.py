"""Teach an encoder to find the entry that answers a message: how `assets/readers/*.safetensors` were made.

    python -m benchmarks.teach_finder multilingual-e5-small OUT.safetensors [--epochs 2] [--rank 8]
        [--rate 5e-4]

Low-rank changes (Hu et al. 2021, "LoRA") to all linear layers. One step a shop: each message's entry competes
with the shop's others, as in the first reading: by the larger cosine of its question and of question and
answer as one text, and by words. The multilingual encoder learns from all shops of `lessons`, the others from
the English ones. After each epoch it is said how well the shops that teach nothing find their entries.

Of the changes half is kept: half way between the weights as they were and as they became, what was learned is
nearly all there and what was known before is not lost (Wortsman et al. 2022, "Robust fine-tuning of zero-shot
models").
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from benchmarks.faq import DEVELOPED, Case, sample_cases
from benchmarks.lessons import HELD, written
from benchmarks.teach_reader import SCALE, Changed
from models.embedder import MULTILINGUAL, Kind, prefix_of
from models.encoders import load_encoder, padded, pooled
from models.store import Store
from models.texts import language_of
from models.tokens import Tokens
from skills.faq.entries import read_entries
from skills.faq.lexical import Lexical

_WARM_UP = 6  # steps
_AT_ONCE = 24  # texts that go through the encoder together
_SPREADS = {MULTILINGUAL: 0.02}  # of the cosines in a shop, by which they are divided
_USUAL_SPREAD = 0.12
_WORDS = 2.1  # spreads that a full match of words adds
_RANKS = (1, 5, 8)
_SHARE = 0.5  # of the changes, that is kept


@dataclass(frozen=True, slots=True)
class Shop:
    """Token ids of messages and entries; `words`, (messages, entries), and the right entries, -1 for none."""

    asked: list[list[int]]
    questions: list[list[int]]
    both: list[list[int]]
    words: Tensor
    right: Tensor


class Finder:
    """An encoder with changes to its linear layers."""

    def __init__(self, name: str, rank: int) -> None:
        folder = Store().folder(name)
        self.name, self.tokens = name, Tokens(folder)
        self.encoder = load_encoder(folder).requires_grad_(requires_grad=False).eval()
        self.changes = changed(self.encoder, rank)

    def ids(self, texts: Sequence[str], kind: Kind) -> list[list[int]]:
        """Return token ids of texts."""
        return self.tokens.ids(texts, prefix=prefix_of(self.name, kind))

    def vectors(self, ids: Sequence[list[int]]) -> Tensor:
        """Return unit vectors, shape (n, d)."""
        order = sorted(range(len(ids)), key=lambda i: len(ids[i]))
        found = []
        for start in range(0, len(order), _AT_ONCE):
            tokens, mask = padded([ids[i] for i in order[start : start + _AT_ONCE]])
            with torch.autocast("cpu", torch.bfloat16):
                states = self.encoder(tokens, mask)
            found.append(pooled(states.float(), mask))
        return torch.cat(found)[torch.tensor(order).argsort()]

    def scores(self, shop: Shop) -> Tensor:
        """Return the score of each entry for each message, in spreads, shape (messages, entries)."""
        count = len(shop.questions)
        vectors = self.vectors([*shop.asked, *shop.questions, *shop.both])
        asked, questions, both = vectors.split([len(shop.asked), count, count])
        cosines = torch.maximum(asked @ questions.T, asked @ both.T)
        return cosines / _SPREADS.get(self.name, _USUAL_SPREAD) + _WORDS * shop.words


def changed(encoder: nn.Module, rank: int) -> dict[str, Changed]:
    """Put a change beside each linear layer; return them by the layers' names."""
    linears = [(n, m) for n, m in encoder.named_modules() if isinstance(m, nn.Linear)]
    changes = {}
    for name, linear in linears:
        parent, _, own = name.rpartition(".")
        changes[name] = Changed(linear, rank)
        setattr(encoder.get_submodule(parent), own, changes[name])
    return changes


def shops(finder: Finder) -> Iterator[tuple[bool, Shop]]:
    """Yield the shops that an encoder learns from or is measured on, and whether it learns from it."""
    held = [
        (
            name,
            (DEVELOPED / name).read_text("utf-8"),
            sample_cases(name, DEVELOPED / "questions.jsonl"),
        )
        for name in HELD
    ]
    for name, faq, cases in (*written(), *held):
        if finder.name == MULTILINGUAL or language_of(faq) == "en":
            yield name not in HELD, _shop(finder, name, faq, cases)


def _shop(finder: Finder, name: str, faq: str, cases: list[Case]) -> Shop:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_text(faq, encoding="utf-8")
        entries = read_entries(path)
    lexical = Lexical.build([entry.text for entry in entries])
    numbers = {entry.question: number for number, entry in enumerate(entries)}
    asked = [case.question for case in cases]
    return Shop(
        finder.ids(asked, "query"),
        finder.ids([entry.question for entry in entries], "passage"),
        finder.ids([entry.text for entry in entries], "passage"),
        torch.tensor(np.array([lexical.scores(text) for text in asked])),
        torch.tensor([numbers.get(case.entry, -1) for case in cases]),
    )


def found(finder: Finder, some: Sequence[Shop]) -> str:
    """Say how many of the messages find their entry among the best."""
    places = []
    with torch.no_grad():
        for shop in some:
            scores, rows = finder.scores(shop), torch.nonzero(shop.right >= 0)[:, 0]
            own = scores[rows, shop.right[rows]]
            places += (scores[rows] > own[:, None]).sum(1).tolist()
    shares = (f"recall@{rank} {np.mean(np.array(places) < rank):.3f}" for rank in _RANKS)
    return f"{', '.join(shares)} of {len(places)}"


def teach(
    finder: Finder, lessons: Sequence[Shop], held: Sequence[Shop], rate: float, epochs: int
) -> None:
    """Change the weights."""
    weights = [w for one in finder.changes.values() for w in (one.down, one.up)]
    optimizer = torch.optim.AdamW(weights, lr=rate, weight_decay=0.01)
    draw, started, steps = random.Random(0), time.monotonic(), epochs * len(lessons)
    print(f"before: {found(finder, held)}", flush=True)
    for epoch in range(epochs):
        losses = []
        for number, shop in enumerate(draw.sample(lessons, len(lessons)), epoch * len(lessons)):
            for group in optimizer.param_groups:
                group["lr"] = rate * min(1, (number + 1) / _WARM_UP) * (1 - number / steps)
            answered = shop.right >= 0
            scores = finder.scores(shop)
            loss = functional.cross_entropy(scores[answered], shop.right[answered])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        took = time.monotonic() - started
        print(f"loss {np.mean(losses):.3f}: {found(finder, held)}  {took:.0f} s", flush=True)
    for one in finder.changes.values():
        one.up.data *= _SHARE
    print(f"of it a share of {_SHARE}: {found(finder, held)}", flush=True)


def write(changes: dict[str, Changed], out: Path) -> None:
    """Write the changes in the form that `models.encoders.change` reads."""
    from safetensors.torch import save_file

    arrays = {}
    for name, one in changes.items():
        if not one.up.any():
            continue  # a pooler, which nothing goes through
        arrays[f"{name}.down"] = one.down.detach().half().contiguous()
        arrays[f"{name}.up"] = (SCALE * one.up).detach().half().contiguous()
    save_file(arrays, out)


def main() -> int:
    """Teach and write."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("model")
    parser.add_argument("out", type=Path)
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--rank", type=int, default=8)
    parser.add_argument("--rate", type=float, default=5e-4)
    given = parser.parse_args()
    torch.manual_seed(0)
    finder = Finder(given.model, given.rank)
    every = list(shops(finder))
    lessons, held = (
        [shop for teaches, shop in every if teaches is which] for which in (True, False)
    )
    teach(finder, lessons, held, given.rate, given.epochs)
    write(finder.changes, given.out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
