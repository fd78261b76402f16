"""The second reading: what lies nearest is read together with the question.

A reader that was taught knows by itself whether an entry answers: what it says decides, and the first
reading's cosine, scaled by how far cosines spread in this knowledge base, helps to order.

Of one that was not, the log-odds with which it says that an entry answers the customer's message are added
to the cosine. To whether the first one is the answer, so are those with which it says that both ask for the
same. Which one is first also depends on how likely each entry makes the message (Sachan et al. 2022,
"Improving passage retrieval with zero-shot question generation"), which the same evaluation tells; whether
it is the answer does not: near misses were told apart much worse by it. The threshold for the sum is the
first reading's, which was found by leaving entries out, and a little less: where the model is undecided, its
odds add nothing. (Reading a sample of the base's own questions with their entries left out took two minutes
and was no better on four shops: 98 of 117 answered rightly and 65 of 69 refused, against 103 and 61.)
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass

from models.embedder import FINDER, model_of
from models.texts import Language
from skills.faq.gists import Gists
from skills.faq.index import Base, Hit
from skills.faq.reading import Reader, Verdict

_FAR = 1.5  # spreads below the threshold that leave nothing open
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
    are not worth their time.
    `clear`: how many spreads behind the best an entry is not worth reading.
    """

    in_order: float = 1.0
    likelihood: float = 0.4
    leniency: float = 0.5
    candidates: int = 8
    with_gists: int = 3
    gist: float = 1.0
    clear: float = 1.5


_ANY = ""  # encoder
_BLENDS = {FINDER: _Blend(0.2, 0.3, 1.5, 5, gist=0.0), _ANY: _Blend()}
_TAUGHT = {
    FINDER: _Blend(likelihood=0.2, candidates=5, gist=0.0),
    _ANY: _Blend(likelihood=0.2, candidates=8, gist=0.0, clear=2.5),
}


@dataclass(frozen=True, slots=True)
class Reading:
    """Entries in their new order with the scores they are ordered by, and the threshold of the first.

    `read` says how many of them were read.
    """

    hits: list[Hit]
    threshold: float
    read: int


def most_read(base: Base, reader: Reader) -> int:
    """Return how many of the nearest entries are read at most: fewer behind a better encoder."""
    return _blend(base, reader).candidates


def wants_gists(base: Base, reader: Reader) -> bool:
    """Say whether entries' gists help a reader behind the encoder of a base."""
    return _blend(base, reader).gist > 0


def is_open(hits: list[Hit], base: Base) -> bool:
    """Say whether the first reading leaves anything open: nothing if all are far.

    If the first is near, that is no answer yet: what the shop does not say may be asked much like what it
    says.
    """
    return bool(base.spread and hits and hits[0].score >= base.threshold - _FAR * base.spread)


def open_to(hits: list[Hit], base: Base, reader: Reader) -> int:
    """Return how many of the nearest entries are to be read: the first and those that come near it."""
    if not is_open(hits, base):
        return 0
    return min(most_read(base, reader), _close(hits, base, reader))


def ordered(
    hits: list[Hit], verdicts: Sequence[Verdict], base: Base, reader: Reader
) -> tuple[list[Hit], float]:
    """Return entries in the order of both readings, and what the first one's score lacks of its gain."""
    blend = _blend(base, reader)
    best = max((one.likelihood for one in verdicts), default=0.0)
    read = []
    for hit, one in zip(hits, verdicts, strict=True):
        less = blend.likelihood * (best - one.likelihood)
        score = hit.score + base.spread * (blend.in_order * one.gain - less)
        rest = base.spread * ((1 - blend.in_order) * one.gain + less)
        read.append((Hit(hit.entry, score), rest))
    read.sort(key=lambda pair: -pair[0].score)
    return [hit for hit, _ in read], read[0][1] if read else 0.0


def read_at_once(
    question: str, hits: list[Hit], base: Base, reader: Reader, language: Language
) -> tuple[list[Hit], list[float]]:
    """Read all entries; return them in their new order, and what reading adds to each in the old one.

    Raises:
        Stopped: The person stopped the work.
    """
    verdicts = reader.read(question, [hit.entry for hit in hits], language)
    return ordered(hits, verdicts, base, reader)[0], [one.gain for one in verdicts]


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
    count = open_to(hits, base, reader)
    if not count:
        return Reading(hits, base.threshold, 0)
    near = hits[:_NEAR]
    lost: dict[str, float] = {}
    if gists:
        weight = _blend(base, reader).gist * base.spread
        near, lost = yield from _by_gist(question, near, weight, gists)
        count = min(_blend(base, reader).with_gists, _close(near, base, reader))
    entries = [hit.entry for hit in near[:count]]
    for number, entry in enumerate(entries):
        yield number, count
        reader.prepare(entry, language)
    verdicts = reader.read(question, entries, language)
    found, rest = ordered(near[:count], verdicts, base, reader)
    behind = [Hit(hit.entry, min(hit.score, found[-1].score)) for hit in near[count:]]
    first = found[0].entry
    if reader.decides:
        # its gain must be more than nothing
        threshold = next(hit.score for hit in near if hit.entry.key == first.key) - rest
    else:
        rest += lost.get(first.key, 0.0) + base.spread * reader.agreement(question, first, language)
        threshold = base.threshold - _blend(base, reader).leniency * base.spread - rest
    return Reading([*found, *behind], threshold, count)


def _close(hits: list[Hit], base: Base, reader: Reader) -> int:
    """Return how many come near the first, itself included."""
    least = hits[0].score - _blend(base, reader).clear * base.spread
    return sum(hit.score > least for hit in hits)


def _by_gist(
    question: str, hits: list[Hit], weight: float, gists: Gists
) -> Generator[tuple[int, int], None, tuple[list[Hit], dict[str, float]]]:
    """Return entries in the order of the first reading and of their gists, and what each lost, by its key.

    The one whose gist is nearest loses nothing.
    """
    near = yield from gists.nearness(question, [hit.entry for hit in hits])
    losses = (weight * (near.max() - near)).tolist()
    lost = {hit.entry.key: loss for hit, loss in zip(hits, losses, strict=True)}
    less = [Hit(hit.entry, hit.score - lost[hit.entry.key]) for hit in hits]
    return sorted(less, key=lambda hit: -hit.score), lost


def _blend(base: Base, reader: Reader) -> _Blend:
    blends = _TAUGHT if reader.decides else _BLENDS
    return blends.get(model_of(base.embedder.name), blends[_ANY])
