"""Answer a customer's question with the stored answer, word for word, or refuse."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator
from pathlib import Path

from models.errors import InhouseError, UsageError
from models.files import existing_file
from models.texts import Catalogue, Message, language_of
from skills.contract import Context, relay
from skills.events import Answer, Assumption, Event, Evidence, Progress, Quote
from skills.faq.bases import last_base
from skills.faq.face import FaqRequest
from skills.faq.index import Base, Hit, open_base
from skills.faq.second import SecondReader, needed
from skills.faq.unanswered import keep

TEXTS = Catalogue(__package__)
_WEAK_READERS = ("smollm2",)


class Faq:
    """The skill."""

    def run(self, request: FaqRequest, context: Context) -> Iterator[Event]:
        """See `Skill.run`."""
        question = " ".join(request.question.split())
        path = request.file or last_base(context.home)
        if path is None:
            raise UsageError(TEXTS("which_file"))
        existing_file(path)
        yield Progress(0, None, note=context.say(TEXTS("opening", name=path.name)))
        language = language_of(question) if question else "en"
        note = context.say(TEXTS("indexing", name=path.name))
        opening = open_base(path, context, language=language)
        base = yield from relay(opening, lambda counts: Progress(*counts, note=note))
        context.check()
        assumed: list[Evidence] = []
        if request.file is None:
            assumed.append(Assumption(context.say(TEXTS("assumed_file", path=path))))
        if not question:
            yield Answer(
                context.say(TEXTS("added", name=path.name, n=base.size)), evidence=tuple(assumed)
            )
            return
        hits, threshold, noted = yield from self._searched(base, question, context)
        assumed += noted
        answer = _answer(base, hits, threshold, assumed, context)
        if answer.refused:
            best = answer.data
            keep(context.home, path, question, str(best["question"]), float(best["score"]))
        yield answer

    def _searched(
        self, base: Base, question: str, context: Context
    ) -> Generator[Event, None, tuple[list[Hit], float, list[Evidence]]]:
        """Find the nearest entries; where that leaves something open, let the language model read them."""
        hits = base.search(question)
        model = _reader_model(context) if needed(hits, base) else None
        if model is None:
            return hits, base.threshold, []
        started = time.monotonic()
        note = context.say(TEXTS("reading_again", name=base.path.name))
        yield Progress(0, None, note=note)
        reader = SecondReader(base, context.runtimes.likelihood(), context)
        steps = reader.read(question, hits, language_of(question))
        reading = yield from relay(steps, lambda counts: Progress(*counts, note=note))
        seconds = f"{time.monotonic() - started:.1f}"
        said = TEXTS("read_again", n=len(reading.hits), model=model, seconds=seconds)
        return reading.hits, reading.threshold, [Assumption(context.say(said))]


def _reader_model(context: Context) -> str | None:
    """Return the name of a language model that is good enough to read; None if none is here."""
    try:
        model = context.runtimes.llm()
    except InhouseError:  # none on disk, or too little memory: the first reading stands
        return None
    return None if model.name.startswith(_WEAK_READERS) else model.name


def _answer(
    base: Base, hits: list[Hit], least: float, assumed: list[Evidence], context: Context
) -> Answer:
    """Return the best entry's stored answer if it is near enough, else an honest refusal."""
    best, path = hits[0], base.path
    threshold = TEXTS("threshold", threshold=f"{least:.2f}", name=path.name)
    evidence: tuple[Evidence, ...] = (
        _quote(best, least, path, context), *assumed, Assumption(context.say(threshold)),
    )  # fmt: skip
    data = {"question": best.entry.question, "score": round(best.score, 4), "threshold": least}
    if best.score >= least:
        return Answer(best.entry.answer, evidence=evidence, data=data)
    refusal = context.say(TEXTS("refused", name=path.name))
    return Answer(refusal, evidence=evidence, refused=True, data=data)


def _quote(hit: Hit, least: float, path: Path, context: Context) -> Quote:
    places = [place for place in (hit.entry.where, hit.entry.question) if place]
    word = context.say(_confidence(hit.score, least))
    return Quote(hit.entry.answer, path.name, round(hit.score, 3), " › ".join(places), word)


def _confidence(score: float, threshold: float) -> Message:
    """Return a score as words, measured from this base's threshold to a perfect match."""
    if score < threshold:
        return TEXTS("too_far")
    return TEXTS("sure" if score >= (1 + threshold) / 2 else "likely")
