"""Teach the chat model to judge whether an entry answers a message: how `assets/readers` was made.

    python -m benchmarks.teach_reader OUT.gguf [--minutes 45] [--rank 4] [--first-layer 12] [--rate 1e-3]
        [--further IN.gguf] [--shops NAME…]

One step a shop, in the order of `lessons`. For each message the odds of its entries compete with each other
and with "none of them", whose odds are even; so they do for the same message without the entry that answers
it. How the weights change is in `lora`.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

import torch
from torch import Tensor

from benchmarks.lessons import Shop, shops
from benchmarks.lora import Qwen, Words, arguments, changeable, learn, read_rows, row_of, write
from models.runtimes import Runtimes
from models.texts import Language
from skills.faq.judging import CHOICES

_TIMES = 2  # through the shops


def loss_of(shop: Shop, ends: Sequence[tuple[int, int]], odds: Tensor) -> Tensor:
    """Return the mean loss of the messages, from the log-odds of entries and messages, (ends,)."""
    by_message: dict[int, list[tuple[int, Tensor]]] = {}
    for (entry, message), value in zip(ends, odds, strict=True):
        by_message.setdefault(message, []).append((entry, value))
    losses = []
    for message, judged in by_message.items():
        right = shop.messages[message].entry
        others = torch.stack([torch.zeros(()), *(odd for entry, odd in judged if entry != right)])
        none = torch.logsumexp(others, 0)
        if right is None:
            losses.append(none)
        else:
            all_ = torch.stack([odd for _, odd in judged] + [torch.zeros(())])
            own = next(odd for entry, odd in judged if entry == right)
            losses.append(torch.logsumexp(all_, 0) - own + 0.5 * none)
    return torch.stack(losses).mean()


def steps(
    qwen: Qwen, lessons: Sequence[Shop], choices: dict[Language, tuple[Words, Words]]
) -> Iterator[tuple[str, Callable[[], Tensor]]]:
    """Yield each shop's name and its loss, in a random order, so many times."""
    draw = random.Random(0)

    def loss(shop: Shop) -> Tensor:
        rows = [
            row_of(
                shop.heads[entry], {n: shop.messages[n].tokens for n in numbers}, shop.tail, entry
            )
            for entry, numbers in shop.drawn(draw).items()
        ]
        ends, scores = read_rows(qwen, rows, choices[shop.language])
        return loss_of(shop, ends, scores[:, 0] - scores[:, 1])

    for shop in [shop for _ in range(_TIMES) for shop in draw.sample(lessons, len(lessons))]:
        yield shop.name, partial(loss, shop)


def main() -> int:
    """Teach and write."""
    parser = arguments(__doc__, minutes=45.0)
    parser.add_argument("--shops", nargs="*", help="these files' shops only")
    given = parser.parse_args()
    torch.manual_seed(0)
    runtimes = Runtimes()
    model = runtimes.llm()
    lessons = list(shops(runtimes, given.shops))
    choices = {
        language: (
            [model.tokens(word)[0] for word in choice.yes],
            [model.tokens(word)[0] for word in choice.no],
        )
        for language, choice in CHOICES.items()
    }
    path = Path(model.raw.model_path)
    model.close()
    qwen = changeable(given, path)
    of = _TIMES * len(lessons)
    learn(qwen, steps(qwen, lessons, choices), of, given.rate, 60 * given.minutes)
    write(qwen.changes, given.out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
