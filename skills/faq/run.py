"""Answer a customer's question with the stored answer, word for word, or refuse."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from pathlib import Path

from models.errors import Stopped, UsageError
from models.llm import Turn
from models.texts import Catalogue, Message, language_of
from skills.contract import Context, relay
from skills.events import (
    Answer,
    Assumption,
    Event,
    Evidence,
    Progress,
    Question,
    Quote,
    Skipped,
    Table,
)
from skills.faq.bases import Knowledge, find_base, last_base, of_file
from skills.faq.desk import Desk, Found, twins
from skills.faq.face import FaqRequest
from skills.faq.index import Base, Hit, open_base
from skills.faq.unanswered import keep

TEXTS = Catalogue(__package__)
_DRAFT_TOKENS = 300


class Faq:
    """The skill."""

    def run(self, request: FaqRequest, context: Context) -> Iterator[Event]:
        """See `Skill.run`."""
        question = " ".join(request.question.split())
        knowledge, assumed = chosen_base(request.file, request.base, context)
        base = yield from opened(knowledge, question, context)
        assumed += left_out(base, context)
        if not question:
            said = TEXTS("added", name=base.name, n=base.size)
            yield Answer(context.say(said), evidence=tuple(assumed))
            return
        note = context.say(TEXTS("reading_again", name=base.name))
        desk = Desk(base, context)
        asking = desk.ask(question, before=request.before)
        try:
            found = yield from relay(asking, lambda counts: Progress(*counts, note=note))
        except Stopped:  # the person need not wait for a second opinion where there is a first
            found = desk.first(question, before=request.before)
            if not found.answered:
                raise
            assumed.append(Assumption(context.say(TEXTS("first_alone"))))
        if found.model:
            seconds = f"{found.seconds:.1f}"
            read = TEXTS("read_again", n=found.read, model=found.model, seconds=seconds)
            assumed.append(Assumption(context.say(read)))
        near = twins(found, base)
        if len(near) > 1:
            yield from _which(near, found, assumed, base, context)
            return
        answer = _answer(base, found, assumed, context)
        if answer.refused:
            best = found.hits[0]
            keep(context.home, knowledge, question, best.entry.question, best.score)
        elif request.draft and not context.should_stop():
            yield _draft(question, found.hits[0], context)
        yield answer


def chosen_base(file: Path | None, name: str, context: Context) -> tuple[Knowledge, list[Evidence]]:
    """Return the base that a request means, and what was assumed: without a word the one used last.

    Raises:
        UsageError: No base of that name, or none was ever used.
    """
    if name:
        return find_base(context.home, name), []
    if file is not None:
        return of_file(file), []
    last = last_base(context.home)
    if last is None:
        raise UsageError(TEXTS("which_file"))
    where = last.name if last.named else last.sources[0]
    return last, [Assumption(context.say(TEXTS("assumed_file", path=where)))]


def opened(knowledge: Knowledge, question: str, context: Context) -> Generator[Event, None, Base]:
    """Open a base for a question, telling how far that is; returns the base."""
    name = knowledge.name
    yield Progress(0, None, note=context.say(TEXTS("opening", name=name)))
    language = language_of(question) if question else "en"
    note = context.say(TEXTS("indexing", name=name))
    opening = open_base(knowledge, context, language=language)
    base = yield from relay(opening, lambda counts: Progress(*counts, note=note))
    context.check()
    return base


def left_out(base: Base, context: Context) -> list[Evidence]:
    """Return the files of a base that could not be read, and why."""
    return [Skipped(path, context.say(why)) for path, why in base.contents.left_out]


def _which(
    near: list[Hit], found: Found, assumed: list[Evidence], base: Base, context: Context
) -> Iterator[Event]:
    """Ask which of a few entries is meant; all of them are quoted."""
    choices = tuple(dict.fromkeys(hit.entry.question or hit.entry.answer for hit in near))
    prompt = context.say(TEXTS("which_entry"))
    yield Question(prompt, "question", choices)
    listed = "\n".join(f"{n}. {choice}" for n, choice in enumerate(choices, 1))
    quotes = [_quote(hit, found.threshold, base, context) for hit in near]
    data = {"asks_for": "question", "choices": list(choices)}
    yield Answer(f"{prompt}\n{listed}", evidence=(*quotes, *assumed), data=data)


def _answer(base: Base, found: Found, assumed: list[Evidence], context: Context) -> Answer:
    """Return the best entry's stored answer if it is near enough, else an honest refusal."""
    best, least = found.hits[0], found.threshold
    threshold = TEXTS("threshold", threshold=f"{least:.2f}", name=base.name)
    evidence: tuple[Evidence, ...] = (
        _quote(best, least, base, context), *assumed, Assumption(context.say(threshold)),
    )  # fmt: skip
    data = {"question": best.entry.question, "score": round(best.score, 4), "threshold": least}
    if found.answered:
        return Answer(best.entry.answer, evidence=evidence, data=data)
    refusal = context.say(TEXTS("refused", name=base.name))
    return Answer(refusal, evidence=evidence, refused=True, data=data)


def _quote(hit: Hit, least: float, base: Base, context: Context) -> Quote:
    entry = hit.entry
    places = [place for place in (entry.where, entry.question) if place]
    word = context.say(_confidence(hit.score, least))
    source = context.say(TEXTS("own_answers")) if entry.source == "added" else entry.source
    return Quote(entry.answer, source or base.name, round(hit.score, 3), " › ".join(places), word)


def _confidence(score: float, threshold: float) -> Message:
    """Return a score as words, measured from this base's threshold to a perfect match."""
    if score < threshold:
        return TEXTS("too_far")
    return TEXTS("sure" if score >= (1 + threshold) / 2 else "likely")


def _draft(question: str, hit: Hit, context: Context) -> Table:
    """Let the language model word a reply for the owner, beside the stored answer, marked as a draft."""
    model = context.runtimes.llm()
    language = language_of(question)
    system = TEXTS("draft_system", answer=hit.entry.answer).to(language)
    turns = [Turn(role="system", content=system), Turn(role="user", content=question)]
    words = model.chat(
        turns, max_tokens=_DRAFT_TOKENS, temperature=0.0, should_stop=context.should_stop
    )
    columns = (context.say(TEXTS("draft_column")), context.say(TEXTS("stored_column")))
    title = context.say(TEXTS("draft_title", model=model.name))
    return Table(title, columns, (("".join(words).strip(), hit.entry.answer),))
