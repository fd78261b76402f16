"""The second reading: what lies nearest is read together with the question.

The log-odds with which the language model says that an entry answers the customer's message are added to
the first reading's cosine, scaled by how far cosines spread in this knowledge base. To whether the first
one is the answer, so are those with which it says that both ask for the same. Which one is first also
depends on how likely each entry makes the message (Sachan et al. 2022, "Improving passage retrieval with
zero-shot question generation"), which the same evaluation tells; whether it is the answer does not: near
misses were told apart much worse by it.

The threshold for the sum is the first reading's, which was found by leaving entries out, and a little less:
where the model is undecided, its odds add nothing. (Reading a sample of the base's own questions with their
entries left out took two minutes and was no better on four shops: 98 of 117 answered rightly and 65 of 69
refused, against 103 and 61.)
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass

from models.embedder import FINDER
from models.texts import Language
from skills.faq.gists import Gists
from skills.faq.index import Base, Hit
from skills.faq.reading import Reader

_CLEAR = 1.5  # spreads behind the best, or below the threshold, that leave nothing open
_NEAR = 12  # entries whose gists are compared with the message's


@dataclass(frozen=True, slots=True)
class _Blend:
    """How both readings are joined, for an encoder.

    `in_order`: the share of a gain that counts for which entry is first. An encoder that orders well by
    itself is not to be overruled by a reader that likes two entries.
    `likelihood`: how many spreads an entry loses in the order for each nat by which it makes the message
    less likely than the best does.
    `leniency`: how many spreads below the first reading's threshold the sum may lie.
    `candidates`: how many entries are read at most, `with_gists` where those chose them.
    `gist`: how many spreads an entry loses whose gist is a standard deviation farther away; 0 if gists
    are not worth their time behind this encoder.
    """

    in_order: float = 1.0
    likelihood: float = 0.4
    leniency: float = 0.5
    candidates: int = 8
    with_gists: int = 3
    gist: float = 1.0


_BLENDS = {FINDER: _Blend(0.2, 0.3, 1.5, 5, gist=0.0)}


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


def wants_gists(base: Base) -> bool:
    """Say whether entries' gists help behind the encoder of a base."""
    return _blend(base).gist > 0


def open_to(hits: list[Hit], base: Base) -> int:
    """Return how many of the nearest entries are to be read: what the first reading leaves open.

    None if all are far, else the first and those that come near it. That may be the first alone: whether
    it answers can't be told from how near it is, since what the shop does not say may be asked much like
    what it says.
    """
    least = _CLEAR * base.spread
    if not least or not hits or hits[0].score < base.threshold - least:
        return 0
    return min(most_read(base), _close(hits, base))


def ordered(
    hits: list[Hit], gains: Sequence[float], likelihoods: Sequence[float], base: Base
) -> tuple[list[Hit], float]:
    """Return entries in the order of both readings, and what the first one's score lacks of its gain."""
    blend = _blend(base)
    best = max(likelihoods, default=0.0)
    read = []
    for hit, gain, likelihood in zip(hits, gains, likelihoods, strict=True):
        less = blend.likelihood * (best - likelihood)
        score = hit.score + base.spread * (blend.in_order * gain - less)
        read.append((Hit(hit.entry, score), base.spread * ((1 - blend.in_order) * gain + less)))
    read.sort(key=lambda pair: -pair[0].score)
    return [hit for hit, _ in read], read[0][1] if read else 0.0


def read_at_once(
    question: str, hits: list[Hit], base: Base, reader: Reader, language: Language
) -> tuple[list[Hit], list[float]]:
    """Read all entries; return them in their new order, and what reading adds to each in the old one.

    Raises:
        Stopped: The person stopped the work.
    """
    entries = [hit.entry for hit in hits]
    gains = reader.gains(question, entries, language)
    likelihoods = reader.likelihoods(question, entries, language)
    return ordered(hits, gains, likelihoods, base)[0], gains


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
        count = min(_blend(base).with_gists, _close(near, base))
    gains: list[float] = []
    likelihoods: list[float] = []
    for number, hit in enumerate(near[:count]):
        yield number, count
        gains += reader.gains(question, [hit.entry], language)
        likelihoods += reader.likelihoods(question, [hit.entry], language)
    found, rest = ordered(near[:count], gains, likelihoods, base)
    first = found[0].entry
    rest += lost.get(first.key, 0.0) + base.spread * reader.agreement(question, first, language)
    behind = [Hit(hit.entry, min(hit.score, found[-1].score)) for hit in near[count:]]
    return Reading([*found, *behind], least - rest, count)


def _close(hits: list[Hit], base: Base) -> int:
    """Return how many come near the first, itself included."""
    least = hits[0].score - _CLEAR * base.spread
    return sum(hit.score > least for hit in hits)


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
