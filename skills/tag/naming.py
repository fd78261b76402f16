"""What names a picture: a thousand everyday things, or categories that the person taught."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from models.texts import Catalogue, Message
from models.vision import Floats, ImageModel
from skills.contract import Context
from skills.tag.categories import PhotoModel
from skills.trained import IMAGE, find, read_card

TEXTS = Catalogue(__package__)
_SURE, _LIKELY = 0.6, 0.25
_MORE_LIKELY = 0.5  # than all other categories together
_LEAST = 0.03  # less probable tags say nothing


@dataclass(frozen=True, slots=True)
class Tagged:
    """A picture with its tags, the most probable first.

    `certainty` is the key of what is said of the first one: sure, likely, unsure, or that it is none of the
    categories.
    """

    path: Path
    tags: tuple[tuple[str, float], ...]
    certainty: str

    @property
    def doubtful(self) -> bool:
        """Whether a person should look."""
        return self.certainty == "unsure"

    @property
    def unlike(self) -> bool:
        """Whether it is none of the categories."""
        return self.certainty == "none_of_these"


class Namer(Protocol):
    """Names pictures."""

    @property
    def usual(self) -> int:
        """How many tags a picture has unless the person says."""
        ...

    @property
    def key(self) -> str:
        """Tells its work from that of others, in what a job has finished."""
        ...

    def __call__(self, images: Floats, count: int) -> list[tuple[list[tuple[str, float]], str]]:
        """Return up to `count` tags of each picture, and how certain the first is; (n, 3, 224, 224)."""
        ...

    def limits(self) -> Message:
        """Return what it can't know."""
        ...


@dataclass(frozen=True, slots=True)
class Everyday:
    """The thousand classes of ImageNet."""

    model: ImageModel
    usual: int = 3

    @property
    def key(self) -> str:
        """See `Namer`."""
        return self.model.name

    def __call__(self, images: Floats, count: int) -> list[tuple[list[tuple[str, float]], str]]:
        """See `Namer`."""
        probabilities, _ = self.model.classify(images)
        named = [_best(row, self.model.labels, count) for row in probabilities]
        return [(tags, certainty(tags[0][1])) for tags in named]

    def limits(self) -> Message:
        """See `Namer`."""
        return TEXTS("limits", n=len(self.model.labels))


@dataclass(frozen=True, slots=True)
class Own:
    """Categories that the person taught."""

    model: ImageModel
    categories: PhotoModel
    name: str
    made: str
    usual: int = 1

    @property
    def key(self) -> str:
        """See `Namer`; it is another when the categories were learned anew."""
        return f"{self.model.name} {self.name} {self.made}"

    def __call__(self, images: Floats, count: int) -> list[tuple[list[tuple[str, float]], str]]:
        """See `Namer`."""
        shares, unlike = self.categories.judged(self.model.features(images))
        least = self.categories.least
        named = [_best(row, self.categories.labels, count) for row in shares]
        return [
            (tags, "none_of_these" if new else certainty(tags[0][1], least, _MORE_LIKELY))
            for tags, new in zip(named, unlike.tolist(), strict=True)
        ]

    def limits(self) -> Message:
        """See `Namer`."""
        return TEXTS("own_limits", name=self.name, least=f"{self.categories.least:.0%}")


def namer_of(name: str, context: Context) -> Everyday | Own:
    """Return what names pictures: the categories of a name, or everyday things where there is none.

    Raises:
        UsageError: Nothing of that name was learned, or it sorts texts.
        CorruptModelError: It can't be read.
    """
    model = context.runtimes.vision()
    if not name:
        return Everyday(model)
    folder = find(context.home, name, IMAGE)
    made = str(read_card(folder).get("made", ""))
    return Own(model, PhotoModel.load(folder), folder.name, made)


def certainty(probability: float, sure: float = _SURE, likely: float = _LIKELY) -> str:
    """Return a probability as the key of a word: sure, likely or unsure."""
    if probability >= sure:
        return "sure"
    return "likely" if probability >= likely else "unsure"


def _best(row: np.ndarray, labels: list[str], count: int) -> list[tuple[str, float]]:
    """Return the most probable labels; at least one, and no improbable ones."""
    order = np.argsort(-row)[:count]
    kept = [int(i) for rank, i in enumerate(order) if rank == 0 or row[i] >= _LEAST]
    return [(labels[i], float(row[i])) for i in kept]
