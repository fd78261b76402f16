"""The language model as a judge: one text, a few groups, exact probabilities.

The group's meaning goes into the prompt, since a sentence a group helps more than anything else. The
text stands in quotes and is called data, and what it says to its sorter is left out; how often an
instruction inside a text still moves its group is measured in `benchmarks/injection.py`.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import numpy as np
import numpy.typing as npt

from models.llm import LanguageModel, ShouldStop, Turn
from models.scoring import LabelScorer
from models.texts import Catalogue, Language, language_of
from skills.classify.names import is_nameless, looked_for
from skills.contract import Context
from skills.instructions import for_the_shop

TEXTS = Catalogue(__package__)
Floats = npt.NDArray[np.float64]
_SAYING_NOTHING: dict[Language, tuple[str, ...]] = {
    "en": ("N/A", "[no text]", ""), "zh": ("无", "（空）", ""),
}  # fmt: skip

_AS_USUAL = re.compile(
    r".*\b(?:others?|misc|miscellaneous|none|rest|neutral|mixed|general|normal|ordinary|regular"
    r"|average|unclear|unknown|irrelevant|can wait|low)\b.*"
    r"|.*(?:其他|其它|中性|中评|一般|普通|正常|未知|不明|混合|可以等).*"
    r"|不(?:急|紧急|重要|清楚|知道|确定).*|无所谓.*",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """A group and how probable it is; `shares` has the probability of each group.

    `instructed` says that the text tried to tell its sorter what to do, and that this was not read.
    """

    label: str
    confidence: float
    shares: tuple[float, ...]
    instructed: bool = False


@cache
def _glossary() -> dict[str, Any]:
    """Return what common groups mean, by their names in lower case."""
    raw = resources.files(__package__).joinpath("glossary.toml").read_text(encoding="utf-8")
    entries = tomllib.loads(raw).values()
    return {name: entry for entry in entries for name in entry["names"]}


def spoken_names(labels: Sequence[str], language: Language) -> list[str]:
    """Return the names the model chooses from: English plurals of common groups become singular.

    With `complaints` among the choices it names that group far too often; with `complaint` it does not.
    """
    if language != "en":
        return list(labels)
    names = [_glossary().get(label.lower(), {"names": [label]})["names"][0] for label in labels]
    return names if len(set(names)) == len(names) else list(labels)


def prompt(
    labels: Sequence[str], meanings: Mapping[str, str], *, asks_of_one: bool = True
) -> tuple[list[Turn], list[str]]:
    """Return the turns, with `LabelScorer.slot()` for the text, and what to choose from.

    Where one group is looked for it is asked yes or no: with a rest without a name in the list, the model
    took all of 44 reviews for `delivery problems`.
    """
    language = language_of(" ".join(labels))
    one = looked_for(labels)
    if one is not None and asks_of_one:
        asked = _line(labels[one], labels[one], language, meanings).removeprefix("- ")
        system = TEXTS("judge_one_system").to(language)
        user = TEXTS("judge_one_user", group=asked, text=LabelScorer.slot()).to(language)
        replies = [TEXTS("judge_yes").to(language), TEXTS("judge_no").to(language)]
        turns = [Turn(role="system", content=system), Turn(role="user", content=user)]
        return turns, replies if one == 0 else replies[::-1]
    spoken = spoken_names(labels, language)
    listed = "\n".join(
        _line(name, label, language, meanings) for name, label in zip(spoken, labels, strict=True)
    )
    system = TEXTS("judge_system", groups=listed).to(language)
    user = TEXTS("judge_user", text=LabelScorer.slot()).to(language)
    return [Turn(role="system", content=system), Turn(role="user", content=user)], spoken


def _line(name: str, label: str, language: Language, meanings: Mapping[str, str]) -> str:
    meaning = meanings.get(label) or _glossary().get(label.lower(), {}).get(language, "")
    return f"- {name}: {meaning}" if meaning else f"- {name}"


def is_for_the_rest(label: str) -> bool:
    """Say whether a group is for what belongs to no other, or for what is as usual."""
    return is_nameless(label) or bool(_AS_USUAL.fullmatch(label))


_USUAL: dict[str, Floats] = {}
"""What a judge finds in messages that say nothing, by its name: each message asked alone has a judge."""


class Judge:
    """Sorts texts into `labels`. Equal texts are read once.

    `name` tells judges apart: model, groups and meanings; `reader` is the model's own.
    What each group gets for messages that say nothing is taken off (contextual calibration, Zhao et al. 2021,
    "Calibrate before use"): it is what the model would rather say, whatever it reads. Not so where a group is
    for the rest (`neutral`, `other`, `can wait`): a message that says nothing is in it, and rightly so.
    `guarded` leaves out what a text says to its sorter. Benchmarks turn it, `calibrated`, `spares_rest` or
    `asks_of_one` off to compare.
    """

    guarded = True
    calibrated = True
    spares_rest = True
    asks_of_one = True

    def __init__(
        self, model: LanguageModel, labels: Sequence[str], meanings: Mapping[str, str] | None = None
    ) -> None:
        self.labels, self.reader, self.meanings = list(labels), model.name, dict(meanings or {})
        self._one = asks_of_one(self.labels)
        self.name = f"{model.name} {self.labels} {meanings or {}}{' one' if self._one else ''}"
        turns, spoken = prompt(labels, meanings or {}, asks_of_one=self._one)
        self._scorer = LabelScorer(model, turns, spoken)
        self._seen: dict[str, Verdict] = {}

    def __call__(self, text: str, should_stop: ShouldStop) -> Verdict:
        """Judge one text.

        Raises:
            Stopped: `should_stop` said so.
        """
        key = " ".join(text.split())
        if key not in self._seen:
            replies = [*self.labels, *self._scorer.labels] if self._one else self.labels
            read, instructed = for_the_shop(key, replies) if self.guarded else (key, False)
            shares = self._shares(read, should_stop)
            best = int(shares.argmax())
            self._seen[key] = Verdict(
                self.labels[best], float(shares[best]), tuple(map(float, shares)), instructed
            )
        return self._seen[key]

    def _shares(self, text: str, should_stop: ShouldStop) -> Floats:
        """Return the probability of each group, shape (groups,)."""
        scores = self._scorer.score(text, should_stop)
        spared = self._one or (self.spares_rest and any(map(is_for_the_rest, self.labels)))
        if self.calibrated and not spared:
            if self.name not in _USUAL:
                empty = _SAYING_NOTHING[language_of(" ".join(self.labels))]
                found = [self._scorer.score(message, should_stop) for message in empty]
                _USUAL[self.name] = np.mean(found, axis=0)
            scores = scores - _USUAL[self.name]
        shares: Floats = np.exp(scores - np.logaddexp.reduce(scores))
        return shares


def judges_of(
    model: LanguageModel,
    labels: Sequence[str],
    meanings: Mapping[str, str] | None = None,
    *,
    once: bool = False,
) -> list[Judge]:
    """Return a judge for either order of the groups; one where `once` is asked or the order plays no part."""
    orders = [labels] if once or asks_of_one(labels) else [labels, labels[::-1]]
    return [Judge(model, order, meanings) for order in orders]


def asks_of_one(labels: Sequence[str]) -> bool:
    """Say whether a judge asks yes or no of the one group that is looked for."""
    return Judge.asks_of_one and looked_for(labels) is not None


def verdict_of(text: str, judge: Judge, context: Context) -> Verdict:
    """Judge a text, or take over what an earlier attempt of the job found."""
    key = ("classify", judge.name, text)
    kept = context.ledger.get(*key)
    if kept is not None:
        return Verdict(kept[0], kept[1], tuple(kept[2]), kept[3])
    verdict = judge(text, context.should_stop)
    context.ledger.put(
        [verdict.label, verdict.confidence, verdict.shares, verdict.instructed], *key
    )
    return verdict
