"""Triage: language, intent, mood, urgency, personal data; a suggested reply, who must look, and why.

The other skills do the work, through the same door as anyone else: `transcribe` writes out voice messages,
`classify` judges beside written examples (`judging`), `faq` finds the stored answer. One judgement is made of
all messages before the next, so that the language model keeps its instructions in its cache.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from models.errors import BadInputError, InhouseError, ModelMissingError, Stopped, UsageError
from models.files import atomic_write, existing_file, files_under
from models.texts import Catalogue, Language, Message, language_of
from skills import registry
from skills.contract import Context
from skills.events import (
    Answer,
    Artifact,
    Assumption,
    Event,
    Evidence,
    Notice,
    Progress,
    Skipped,
    Table,
    Text,
)
from skills.readers.documents import DOCUMENTS, read_document
from skills.readers.encodings import decoded
from skills.readers.files import kind_of
from skills.readers.mail import mail_text, mails_in
from skills.readers.messages import text_column, told
from skills.readers.personal import find_personal
from skills.readers.tables import TableData, read_table
from skills.triage.face import TriageRequest
from skills.triage.judging import SHEETS, Judging, final
from skills.triage.urgent import alarming
from skills.writers import suffix_of, write_table

TEXTS = Catalogue(__package__)
_COLUMNS = (
    "language",
    "intent",
    "sentiment",
    "urgency",
    "personal",
    "reply",
    "reply_from",
    "who",
    "why",
)
_SHOWN = 20
_LARGEST = 32 << 20  # bytes of a letter
_IN_FILES = {"audio", "document", "mail"}
_MOST_READ = 200_000  # characters of it


@dataclass(slots=True)
class _Message:
    """One message and what was found out about it; `name` is its row or file."""

    name: str
    text: str
    found: dict[str, str] = field(default_factory=dict)
    reasons: list[Message] = field(default_factory=list)

    @property
    def language(self) -> Language:
        return language_of(self.text)


class Triage:
    """The skill."""

    def run(self, request: TriageRequest, context: Context) -> Iterator[Event]:
        """See `Skill.run`."""
        evidence: list[Evidence] = []
        table, messages = yield from _gather(request, context, evidence)
        yield from self._judge(messages, request, context, evidence)
        yield from self._reply(messages, request, context, evidence)
        for message in messages:
            _decide(message)
        yield _overview(messages, context)
        if request.source is not None:
            path = _write(table, messages, request.source, context)
            yield Artifact(str(path), context.say(TEXTS("file")))
        yield _answer(messages, evidence, context)

    def _judge(
        self,
        messages: list[_Message],
        request: TriageRequest,
        context: Context,
        evidence: list[Evidence],
    ) -> Iterator[Event]:
        """Find intent, mood and urgency; what no model here can judge stays open."""
        for message in messages:
            message.found["language"] = message.language
            kinds = dict.fromkeys(one.kind for one in find_personal(message.text))
            message.found["personal"] = ", ".join(
                context.say(TEXTS(f"personal_{k}")) for k in kinds
            )
        judging, missing = Judging(context), set[str]()
        total = len(SHEETS) * len(messages)
        in_order = sorted(messages, key=lambda message: message.language)
        steps = [(sheet, message) for sheet in SHEETS for message in in_order]
        for done, (sheet, message) in enumerate(steps):
            note = context.say(TEXTS(f"judging_{sheet}"))
            yield Progress(done, total, context.say(TEXTS("messages")), note)
            try:
                if sheet == "intent" and (request.labels or request.model):
                    yield from _own_kind(message, request, context)
                else:
                    work = judging.judged(sheet, message.text, message.language)
                    message.found[sheet] = yield from work
            except (Stopped, UsageError):  # no such model of the person's
                raise
            except InhouseError as error:  # for messages in one language, perhaps
                if str(error) not in missing:
                    missing.add(str(error))
                    yield Notice(context.say(TEXTS("no_judge", reason=error.args[0])), "warning")
        if not judging.read:
            evidence.append(Assumption(context.say(TEXTS("by_examples"))))

    def _reply(
        self,
        messages: list[_Message],
        request: TriageRequest,
        context: Context,
        evidence: list[Evidence],
    ) -> Iterator[Event]:
        """Look every message up in the FAQ; without one nothing is suggested."""
        note = context.say(TEXTS("looking_up"))
        asking = {"file": request.faq, "base": request.base}
        missing: set[str] = set()
        for number, message in enumerate(messages):
            yield Progress(number, len(messages), context.say(TEXTS("messages")), note)
            try:
                answer = yield from final("faq", {**asking, "question": message.text}, context)
            except Stopped:
                raise
            except ModelMissingError as error:  # for messages in one language, perhaps
                if str(error) not in missing:
                    missing.add(str(error))
                    said = TEXTS("some_without_reply", reason=error.args[0])
                    yield Notice(context.say(said), "warning")
                continue
            except UsageError as error:
                if request.base or request.faq:
                    raise
                yield Notice(context.say(TEXTS("no_faq", reason=error.args[0])), "warning")
                return
            if number == 0 and not (request.faq or request.base):
                evidence += [e for e in answer.evidence if isinstance(e, Assumption)][:1]
            _take_reply(message, answer)


def _gather(
    request: TriageRequest, context: Context, evidence: list[Evidence]
) -> Generator[Event, None, tuple[TableData | None, list[_Message]]]:
    """Return the messages, and the table they came from if they did."""
    source = request.source
    if source is None:
        if not request.text.strip():
            raise UsageError(TEXTS("which_messages"))
        return None, [_Message("", request.text.strip())]
    if source.is_dir() or kind_of(source) in _IN_FILES:
        messages = yield from _from_files(source, context, evidence)
        table = None
    else:
        table = read_table(source)
        column = text_column(table, request.text_column)
        evidence.append(Assumption(context.say(TEXTS("assumed_column", column=column))))
        evidence += told(table, _SHOWN, context)
        pairs = zip(table.numbers, table.column(column), strict=True)
        messages = [_Message(str(number), text.strip()) for number, text in pairs]
    for message in messages:
        if not message.text:
            row = int(message.name) if table else None
            evidence.append(Skipped(str(source), context.say(TEXTS("empty")), row))
    filled = [message for message in messages if message.text]
    if not filled:
        raise BadInputError(TEXTS("no_messages", path=source))
    return table, filled


def _from_files(
    source: Path, context: Context, evidence: list[Evidence]
) -> Generator[Event, None, list[_Message]]:
    """Read a folder of text files and voice messages, which are written out first."""
    paths = files_under(source, lambda p: kind_of(p) in _IN_FILES) if source.is_dir() else [source]
    messages = []
    for number, path in enumerate(paths):
        yield Progress(
            number, len(paths), context.say(TEXTS("messages")), context.say(TEXTS("reading"))
        )
        context.check()
        try:
            if path.suffix.lower() == ".mbox":
                messages += _from_mailbox(existing_file(path), context, evidence)
                continue
            text = _transcript(path, context) if kind_of(path) == "audio" else _text_of(path)
        except Stopped:
            raise
        except InhouseError as error:
            evidence.append(Skipped(str(path), error.message(context.language)))
            continue
        messages.append(_Message(path.name, text[:_MOST_READ]))
    return messages


def _from_mailbox(path: Path, context: Context, evidence: list[Evidence]) -> list[_Message]:
    """Read the e-mails of a mailbox; they are called by their numbers."""
    messages = []
    for number, raw in enumerate(mails_in(path), 1):
        context.check()
        name = f"{path.name} {number}"
        try:
            messages.append(_Message(name, mail_text(raw, Path(name))[:_MOST_READ]))
        except BadInputError as error:
            evidence.append(Skipped(name, error.message(context.language)))
    return messages


def _text_of(path: Path) -> str:
    """Return what a letter or an e-mail says."""
    if existing_file(path).stat().st_size > _LARGEST:
        raise BadInputError(TEXTS("too_long", path=path, megabytes=_LARGEST >> 20))
    suffix = path.suffix.lower()
    if suffix in DOCUMENTS:
        return "\n".join(text for text, _ in read_document(path)).strip()
    raw = path.read_bytes()
    if suffix == ".eml":
        return mail_text(raw, path)
    return decoded(raw, path)[0].strip()


def _transcript(path: Path, context: Context) -> str:
    request = {"files": [path], "write": False}
    spec = registry.get("transcribe")
    events = spec.load().run(spec.request_class().model_validate(request), context)
    return "".join(event.delta for event in events if isinstance(event, Text)).strip()


def _own_kind(
    message: _Message, request: TriageRequest, context: Context
) -> Generator[Event, None, None]:
    """Find which of the person's own groups a message is in, by their trained model if there is one."""
    how = {"model": request.model} if request.model else {"labels": list(request.labels)}
    answer = yield from final("classify", {"text": message.text, **how}, context)
    message.found["intent"] = str(answer.data["label"])
    if answer.data.get("new"):
        message.reasons.append(TEXTS("why_new"))
    elif answer.data.get("person"):
        message.reasons.append(TEXTS("why_unsure", label=answer.data["label"]))


def _take_reply(message: _Message, answer: Answer) -> None:
    if answer.data.get("asks_for"):
        message.reasons.append(TEXTS("why_two"))
    elif answer.refused:
        message.reasons.append(TEXTS("why_unknown"))
    else:
        message.found["reply"] = answer.text
        message.found["reply_from"] = str(answer.data.get("question", ""))


def _decide(message: _Message) -> None:
    """Say who must look at a message, and why."""
    alarm = alarming(message.text)
    if alarm:
        message.found["urgency"] = "urgent"
        message.reasons.insert(0, TEXTS("why_alarming", word=alarm))
    elif message.found.get("urgency") == "urgent":
        message.reasons.insert(0, TEXTS("why_urgent"))
    if message.found.get("sentiment") == "negative" or message.found.get("intent") == "complaint":
        message.reasons.append(TEXTS("why_unhappy"))
    if {one.kind for one in find_personal(message.text)} & {"card", "iban", "identity"}:
        message.reasons.append(TEXTS("why_sensitive"))
    if not message.found.get("reply") and not message.reasons:
        message.reasons.append(TEXTS("why_no_reply"))
    message.found["who"] = "person" if message.reasons else "automatic"


def _shown(message: _Message, column: str, context: Context) -> str:
    """Return a cell in the person's language; own groups stay as they are."""
    if column == "why":
        return "; ".join(context.say(reason) for reason in message.reasons)
    value = message.found.get(column, "")
    known = {
        **SHEETS, "who": ("person", "automatic"),
    }.get(column, ())  # fmt: skip
    return context.say(TEXTS(f"label_{value}")) if value in known else value


def _overview(messages: Sequence[_Message], context: Context) -> Table:
    """Return the messages a person must look at first, the urgent ones before all."""
    shown = ("intent", "urgency", "who", "why", "reply")
    columns = ("message", *shown)
    order = sorted(
        messages,
        key=lambda m: (m.found["who"] != "person", m.found.get("urgency") != "urgent"),
    )
    rows = tuple(
        (" ".join(m.text.split()), *(_shown(m, column, context) for column in shown))
        for m in order[:_SHOWN]
    )
    titles = tuple(context.say(TEXTS(f"column_{column}")) for column in columns)
    return Table("", titles, rows, len(messages))


def _write(
    table: TableData | None, messages: Sequence[_Message], source: Path, context: Context
) -> Path:
    """Write all messages with what was found, beside their source; rows without a message stay."""
    by_name = {m.name: m for m in messages}
    if table is not None:
        path = context.result_path(table.path, suffix_of(table), "-triaged")
        cells = {
            column: [
                _shown(by_name[str(n)], column, context) if str(n) in by_name else ""
                for n in table.numbers
            ]
            for column in _COLUMNS
        }
        write_table(table, cells, path)
        return path
    path = context.result_path(source, ".csv", "-triaged")
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["file", "message", *_COLUMNS])
    for m in messages:
        writer.writerow([m.name, m.text, *(_shown(m, column, context) for column in _COLUMNS)])
    atomic_write(path, out.getvalue().encode("utf-8-sig"))
    return path


def _answer(messages: Sequence[_Message], evidence: Sequence[Evidence], context: Context) -> Answer:
    person = sum(m.found["who"] == "person" for m in messages)
    urgent = sum(m.found.get("urgency") == "urgent" for m in messages)
    replies = sum(bool(m.found.get("reply")) for m in messages)
    text = TEXTS("answer", n=len(messages), person=person, urgent=urgent, replies=replies)
    counts = {
        column: dict(Counter(m.found[column] for m in messages if m.found.get(column)))
        for column in ("language", "intent", "sentiment", "urgency", "who")
    }
    data: dict[str, Any] = {"messages": len(messages), "person": person, **counts}
    if len(messages) == 1:
        data |= messages[0].found
    return Answer(context.say(text), evidence=tuple(evidence), data=data)
