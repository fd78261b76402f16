"""What the names of groups tell of texts that no label tells about.

A language model that runs on a laptop picks badly from a list: of ten intents of bank customers it found 44 %
where the nearest sentence vector of a name found 84 %; of praise, complaint and question it found 97 % and
the names 54 %. Which of the two is to be trusted shows without labels. Names that tell texts apart are much
nearer to some than to others, while `positive` is as near to all as `negative`; and a model that knows says
the same with the groups in either order. So both are multiplied (a product of experts, Hinton 2002), each as
far as it is to be trusted. The figures were chosen on `benchmarks/many_groups.py --developed`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np

from models.errors import ModelMissingError, ResourceError
from models.texts import Catalogue, language_of
from skills.classify.heads import encoded
from skills.contract import Context
from skills.linear import Floats, Vectors, log_softmax

TEXTS = Catalogue(__package__)
_TELLING = 0.12  # how much nearer than the mean the nearest name is where the names tell nothing
_SPREAD = 30.0  # nats for a cosine of one, by how much more that is
_MOST_SPREAD = 12.0
_FOR_THE_WAY = 10.0  # nats for the whole way from anything to the one group that is looked for
_USUAL_WAY = 0.04  # of it that texts of any kind are on
_FARTHER = 0.06  # than usual is a text that may be in the group or not
_MOST_SAID = 4.6  # nats for or against the one group that is looked for
_NAMELESS = re.compile(
    r"(?:not?|non)\b(?! (?:satisf|happy|good|pleas|recommend|worth)).*"
    r"|others?|misc|miscellaneous|none|(?:the )?rest|(?:something|everything) else"
    r"|其他|其它|其余|不(?:是|相关|涉及).*|非(?!常).*|无关.*|没有?.*",
    re.IGNORECASE,
)
_AS_TEXTS = 8.0  # what is usual before any text was seen counts for so many
_OF_ONE_MIND = 10.0  # readings that how sure both are counts for, beside how often they agree
_TAKEN_OFF = 0.5  # of what the model would rather say, in logarithms


def nearness(
    texts: Sequence[str],
    vectors: Vectors,
    language: str,
    meanings: Mapping[str, str],
    context: Context,
) -> Floats | None:
    """Return what the names of groups tell of texts, in nats, shape (n, k).

    `vectors` are the texts', (n, d), by the encoder for `language`; `meanings` says what each group means,
    or nothing. None where the names tell nothing, or no encoder that knows their language is here
    or fits into memory.

    Raises:
        Stopped: The person stopped the work.
    """
    if not len(texts):
        return None
    spoken = language_of(" ".join(meanings))
    told = [f"{name}: {meaning}" if meaning else name for name, meaning in meanings.items()]
    try:
        if language == "en" and spoken != "en":
            language, vectors = "zh", encoded(texts, "zh", context)
        named = [TEXTS("named_group", name=one).to(spoken) for one in told]
        one = looked_for(list(meanings))
        if one is not None:
            named[1 - one] = TEXTS("named_anything").to(spoken)
        names = encoded(named, language, context)
    except (ModelMissingError, ResourceError):
        return None
    if one is not None:
        return _one_among_others(vectors, names, one)
    middle = names.mean(axis=0)
    usual = (vectors.sum(axis=0) + _AS_TEXTS * middle) / (len(vectors) + _AS_TEXTS)
    near = (_unit(vectors - usual) @ _unit(names - middle).T).astype(np.float64)
    spread = _SPREAD * (float((near.max(axis=1) - near.mean(axis=1)).mean()) - _TELLING)
    return min(spread, _MOST_SPREAD) * near if spread > 0 else None


def is_nameless(label: str) -> bool:
    """Say whether a group is for what belongs to no other, and its name tells nothing of what is in it."""
    return bool(_NAMELESS.fullmatch(label))


def looked_for(labels: Sequence[str]) -> int | None:
    """Return the place of the one group that is looked for among others without a name, if it is so."""
    nameless = [is_nameless(label) for label in labels]
    return nameless.index(False) if len(labels) == 2 and sum(nameless) == 1 else None


def _one_among_others(vectors: Vectors, names: Vectors, one: int) -> Floats:
    """Return what the name of the one group that is looked for tells, in nats, shape (n, 2).

    A rest has no name. So it counts how much farther than usual a text is on the way from anything to the
    group's name: of moods, which their names do not tell, all texts are about as far.
    """
    way = names[one] - names[1 - one]
    near = (vectors @ way / max(float(way @ way), 1e-9)).astype(np.float64)
    usual = (near.sum() + _AS_TEXTS * _USUAL_WAY) / (len(near) + _AS_TEXTS)
    said = np.zeros((len(vectors), 2))
    said[:, one] = (_FOR_THE_WAY * (near - usual - _FARTHER)).clip(-_MOST_SAID, _MOST_SAID)
    return said


def trust_in(first: Floats, second: Floats) -> float:
    """Return how far a model is to be trusted that read texts twice, 0 to 1.

    Both are probabilities, shape (n, k), with the groups in one order and in the other. How often they say
    the same, what each would rather say taken out, tells most; of few texts, how probable it is that they do.
    """
    if not len(first):
        return 1.0
    said = [
        (np.log(one.clip(1e-9)) - np.log(_usual(one))).argmax(axis=1) for one in (first, second)
    ]
    same = float((said[0] == said[1]).mean())
    probably = float((first * second).sum(axis=1).mean())
    return (len(first) * same**2 + _OF_ONE_MIND * probably) / (len(first) + _OF_ONE_MIND)


def evened(own: Floats, labels: Sequence[str]) -> Floats:
    """Return the language model's probabilities, shape (n, k), less what it would rather say of all texts.

    Batch calibration (Zhou et al. 2023); all of it would take frequent groups for a leaning. Of two groups
    that both have a name it finds out how frequent they are, and nothing is taken off.
    """
    if len(labels) == 2 and looked_for(labels) is None:
        return own
    return np.exp(log_softmax(np.log(own.clip(1e-9)) - _TAKEN_OFF * np.log(_usual(own))))


def with_names(own: Floats, near: Floats, trust: float) -> Floats:
    """Return the probabilities by the language model and the names together, shape (n, k).

    `own` are the model's, `near` is what `nearness` found of the same texts.
    """
    return np.exp(log_softmax(trust * np.log(own.clip(1e-9)) + near))


def _usual(shares: Floats) -> Floats:
    """Return the mean probability of each group, drawn towards all being as frequent, shape (k,)."""
    mean: Floats = (shares.sum(axis=0) + _AS_TEXTS / shares.shape[1]) / (len(shares) + _AS_TEXTS)
    return mean


def _unit(vectors: Vectors) -> Vectors:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit: Vectors = vectors / np.maximum(lengths, 1e-9)
    return unit
