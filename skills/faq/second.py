"""The second reading: what lies nearest is read together with the question.

The log-odds with which the language model says that an entry answers the customer's message are added to
the first reading's cosine, scaled by how far cosines spread in this knowledge base. To whether the first
one is the answer, so are those with which it says that both ask for the same. (How much likelier an entry
makes the message, as Sachan et al. 2022 rank passages, was tried and told near misses apart much worse:
`benchmarks/faq.py` has both shops' questions.)

The threshold for the sum is the first reading's, which was found by leaving entries out, and a little less:
where the model is undecided, its odds add nothing. (Reading a sample of the base's own questions with their
entries left out took two minutes and was no better on four shops: 98 of 117 answered rightly and 65 of 69
refused, against 103 and 61.)
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass

from models.embedder import FINDER
from models.texts import Language
from skills.faq.gists import Gists
from skills.faq.index import Base, Hit
from skills.faq.reading import Reader

_CLEAR = 1.5  # spreads between the best two, or below the threshold, that leave nothing open
_NEAR = 12  # entries whose gists are compared with the message's


@dataclass(frozen=True, slots=True)
class _Blend:
    """How both readings are joined, for an encoder.

    `in_order`: the share of a gain that counts for which entry is first. An encoder that orders well by
    itself is not to be overruled by a reader that likes two entries.
    `leniency`: how many spreads below the first reading's threshold the sum may lie.
    `candidates`: how many entries are read at most, `with_gists` where those chose them.
    `gist`: how many spreads an entry loses whose gist is a standard deviation farther away.
    """

    in_order: float = 1.0
    leniency: float = 0.5
    candidates: int = 8
    with_gists: int = 3
    gist: float = 1.0


_BLENDS = {FINDER: _Blend(0.2, 1.5, 5, 5, 0.5)}


@dataclass(frozen=True, slots=True)
class Reading:
    """Entries in their new order with the scores they are ordered by, and the threshold of the first.

    `read` says how many of them were read.
    """

    hits: list[Hit]
    threshold: float
    read: int


def most_read(base: Base) -> int:
    """Return how many of the nearest entries are read at most: fewer behind a better encoder."""
    return _blend(base).candidates


def open_to(hits: list[Hit], base: Base) -> int:
    """Return how many of the nearest entries are to be read: what the first reading leaves open.

    None if all are far. If no other comes near the first, that one alone: whether it answers can't be
    told from how near it is, since what the shop does not say may be asked much like what it says.
    """
    least = _CLEAR * base.spread
    if not least or not hits or hits[0].score < base.threshold - least:
        return 0
    alone = len(hits) == 1 or hits[0].score - hits[1].score >= least
    return 1 if alone else min(most_read(base), len(hits))


def ordered(hits: list[Hit], gains: list[float], base: Base) -> tuple[list[Hit], float]:
    """Return entries in the order of both readings, and what the first one's score lacks of its gain."""
    share = _blend(base).in_order
    unit = base.spread
    read = [
        (Hit(hit.entry, hit.score + unit * share * gain), unit * (1 - share) * gain)
        for hit, gain in zip(hits, gains, strict=True)
    ]
    read.sort(key=lambda pair: -pair[0].score)
    return [hit for hit, _ in read], read[0][1] if read else 0.0


def read_again(
    question: str,
    hits: list[Hit],
    base: Base,
    reader: Reader,
    language: Language,
    *,
    gists: Gists | None = None,
) -> Generator[tuple[int, int], None, Reading]:
    """Yield how many of how many entries are read; return the new order.

    Raises:
        Stopped: The person stopped the work.
    """
    least = base.threshold - _blend(base).leniency * base.spread
    count = open_to(hits, base)
    if not count:
        return Reading(hits, base.threshold, 0)
    near = hits[:_NEAR]
    lost: dict[str, float] = {}
    if gists:
        near, lost = yield from _by_gist(question, near, base, gists)
        if count > 1 or near[0].entry is not hits[0].entry:  # else both say which it is, if any
            count = min(_blend(base).with_gists, len(near))
    gains: list[float] = []
    for number, hit in enumerate(near[:count]):
        yield number, count
        gains += reader.gains(question, [hit.entry], language)
    found, rest = ordered(near[:count], gains, base)
    first = found[0].entry
    rest += lost.get(first.key, 0.0) + base.spread * reader.agreement(question, first, language)
    behind = [Hit(hit.entry, min(hit.score, found[-1].score)) for hit in near[count:]]
    return Reading([*found, *behind], least - rest, count)


def _by_gist(
    question: str, hits: list[Hit], base: Base, gists: Gists
) -> Generator[tuple[int, int], None, tuple[list[Hit], dict[str, float]]]:
    """Return entries in the order of the first reading and of their gists, and what each lost, by its key.

    The one whose gist is nearest loses nothing.
    """
    near = yield from gists.nearness(question, [hit.entry for hit in hits])
    losses = (_blend(base).gist * base.spread * (near.max() - near)).tolist()
    lost = {hit.entry.key: loss for hit, loss in zip(hits, losses, strict=True)}
    less = [Hit(hit.entry, hit.score - lost[hit.entry.key]) for hit in hits]
    return sorted(less, key=lambda hit: -hit.score), lost


def _blend(base: Base) -> _Blend:
    return _BLENDS.get(base.embedder.name, _Blend())
