"""Groups for the rest (`neutral`, `normal`, `other`): what taking off the model's leaning does to them.

    python -m benchmarks.rest_groups

Sorts the written messages of triage by the language model alone, both orders of the groups averaged: with
what it gives to messages that say nothing taken off always, and only where no group is for the rest.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from models.llm import LanguageModel, never
from models.runtimes import Runtimes
from models.texts import Language
from skills.classify.judge import Judge
from skills.measures import interval
from skills.triage.judging import SHEETS, written_examples

_GROUPS: dict[Language, dict[str, list[str]]] = {
    "en": {
        "sentiment": ["positive", "negative", "neutral"],
        "urgency": ["urgent", "normal"],
        "intent": ["delivery", "return", "order", "product", "complaint", "praise", "other"],
    },
    "zh": {
        "sentiment": ["正面", "负面", "中性"],
        "urgency": ["紧急", "普通"],
        "intent": ["物流", "退换", "订购", "产品", "投诉", "表扬", "其他"],
    },
}


def main() -> None:
    """Print both."""
    model = Runtimes().llm()
    for language, sheets in _GROUPS.items():
        rows = written_examples(language)
        texts = [row["text"] for row in rows]
        for sheet, groups in sheets.items():
            right = np.array([SHEETS[sheet].index(row[sheet]) for row in rows])
            always, spared = (
                _found(texts, groups, model, spares=spares) == right for spares in (False, True)
            )
            low, high = interval(spared.astype(float) - always.astype(float))
            print(
                f"{', '.join(groups)}: {always.sum()} -> {spared.sum()} of {len(right)} right, "
                f"difference {spared.mean() - always.mean():+.2f} [{low:+.2f}, {high:+.2f}]"
            )


def _found(
    texts: list[str], groups: list[str], model: LanguageModel, *, spares: bool
) -> npt.NDArray[np.int64]:
    """Return the number of the group of each text."""
    total = np.zeros((len(texts), len(groups)))
    for order in (groups, groups[::-1]):
        judge = Judge(model, order)
        judge.spares_rest = spares
        shares = np.array([judge(text, never).shares for text in texts])
        total += np.log(shares[:, [order.index(group) for group in groups]].clip(1e-9))
    found: npt.NDArray[np.int64] = total.argmax(axis=1)
    return found


if __name__ == "__main__":
    main()
