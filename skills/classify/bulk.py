"""Put a trained model to work on a message, or on a table of any size.

Groups are found a thousand rows at a time and appended to a journal; when a process is killed, the same
ask goes on after the last row that is in it. At the end one pass writes the table with its groups, in the
order and format it came in, whole or not at all. Memory does not grow with the table.
"""

from __future__ import annotations

import csv
import hashlib
import heapq
import itertools
import json
import os
from collections import Counter
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from models.files import atomic_writer, private_file, unique_path
from models.journal import read_journal
from models.texts import Catalogue
from skills.classify.face import ClassifyRequest
from skills.classify.second import Seen, seen_again
from skills.classify.textmodel import TextModel, encoder_of
from skills.contract import Context
from skills.events import (
    Answer,
    Artifact,
    Assumption,
    Event,
    Evidence,
    Metric,
    Progress,
    Skipped,
    Table,
)
from skills.readers import parquet
from skills.readers.messages import sheets_said, text_column
from skills.readers.stream import Row, Stream
from skills.readers.tables import read_table
from skills.trained import find, read_card
from skills.writers import free_name, suffix_of, write_table

TEXTS = Catalogue(__package__)
_CHUNK = 1024
_SKIPPED_SHOWN = 50
_MOST_AGAIN = 2000  # rows that are read a second time
_ADDED = ("label", "confidence", "decide")


class _Line(msgspec.Struct, frozen=True, array_like=True, omit_defaults=True):
    """What the journal holds of a row: the number of its group, -1 for none, and how sure the model is.

    `new`: it is unlike anything learned. `number` and `reason` name a row of the file that is empty (no
    reason) or was mended; 0 for all others.
    """

    group: int
    confidence: float
    new: bool = False
    number: int = 0
    reason: str = ""


_lines = msgspec.json.Decoder(_Line)


@dataclass(frozen=True, slots=True)
class _Work:
    """A table that is being labelled: where the journal is, how many rows an earlier attempt put there.

    `again` has what a second look made of some rows, by their place.
    """

    stream: Stream
    column: str
    journal: Path
    resumed: int
    again: dict[int, _Line] = field(default_factory=dict)

    def lines(self) -> Iterator[_Line]:
        """Yield the journal, a line a row; those of rows that were read again replace the first ones."""
        for row, line in enumerate(read_journal(self.journal, _lines)):
            yield self.again.get(row, line)


def apply_model(request: ClassifyRequest, context: Context) -> Iterator[Event]:
    """Label a message or a table with a trained model."""
    folder = find(context.home, request.model)
    model = TextModel.load(folder)
    yield Progress(0, None, note=context.say(TEXTS("loading_model", name=folder.name)))
    if request.file is None:
        yield from _message(request, model, folder, context)
        return
    stream = Stream.open(request.file)
    column = text_column(stream.sample, request.text_column)
    out = context.out or request.file.parent
    journal = _journal_path(out, request.file, column, folder)
    work = _Work(stream, column, journal, _taken_up(journal))
    yield from _label(work, model, folder, context)
    seen = yield from _look_again(work, model, folder, request.minutes, context)
    path = _merge(work, model, out)
    yield Artifact(str(path), context.say(TEXTS("file_decide")))
    yield from _show(work, model, folder, seen, context)
    work.journal.unlink(missing_ok=True)


def _message(
    request: ClassifyRequest, model: TextModel, folder: Path, context: Context
) -> Iterator[Event]:
    texts = [" ".join(request.text.split())]
    encode = encoder_of(model, folder, context.runtimes)
    every, new = model.judged(texts, encode, context.should_stop)
    seen = yield from seen_again(texts, every, model.second, context, minutes=request.minutes)
    shares = seen.shares[0]
    best = int(shares.argmax())
    order = sorted(range(len(model.labels)), key=lambda i: -shares[i])[:5]
    rows = tuple((model.labels[i], f"{shares[i]:.0%}") for i in order)
    yield Table("", (context.say(TEXTS("label")), context.say(TEXTS("confidence"))), rows)
    label, share = model.labels[best], float(shares[best])
    said = TEXTS("answer_message", label=label, share=f"{share:.0%}")
    found = [Assumption(context.say(TEXTS("by_model", name=folder.name))), *seen.evidence(context)]
    person = share < model.least or bool(new[0])
    if new[0]:
        found.append(Assumption(context.say(TEXTS("unlike_learned"))))
    elif person:
        found.append(Assumption(context.say(TEXTS("person_decides", least=f"{model.least:.0%}"))))
    data = {"label": label, "confidence": round(share, 4), "person": person, "new": bool(new[0])}
    yield Answer(context.say(said), evidence=tuple(found), data=data)


def _journal_path(out: Path, source: Path, column: str, folder: Path) -> Path:
    """Return where the journal of this very work is kept: same file, same state of it, same model."""
    status, made = source.stat(), (folder / "heads.npz").stat().st_mtime_ns
    told = f"{source.absolute()} {status.st_size} {status.st_mtime_ns} {column} {folder} {made}"
    key = hashlib.sha256(told.encode()).hexdigest()[:12]
    return out / f".{source.stem}-labelled-{key}.part"


def _label(
    work: _Work, model: TextModel, folder: Path, context: Context
) -> Generator[Event, None, None]:
    """Append the group of every row to the journal, after those that are there."""
    encode = encoder_of(model, folder, context.runtimes)
    note, unit = context.say(TEXTS("labelling")), context.say(TEXTS("rows"))
    at = work.stream.columns.index(work.column)
    total, done = _estimated_rows(work.stream), work.resumed
    rows = work.stream.rows(done)
    with private_file(work.journal, "ab") as file:
        while chunk := list(itertools.islice(rows, _CHUNK)):
            context.check()
            texts = [" ".join(row.cells[at].split()) for row in chunk]
            filled = [text for text in texts if text]
            found: Iterator[Any] = iter(())
            if filled:
                shares, new = model.judged(filled, encode, context.should_stop)
                found = zip(shares.argmax(axis=1), shares.max(axis=1), new, strict=True)
            for row, text in zip(chunk, texts, strict=True):
                file.write(
                    msgspec.json.encode(_line(row, next(found) if text else None, context)) + b"\n"
                )
            file.flush()
            os.fsync(file.fileno())
            done += len(chunk)
            yield Progress(done, max(total, done), unit, note)


def _look_again(
    work: _Work, model: TextModel, folder: Path, minutes: float, context: Context
) -> Generator[Event, None, Seen]:
    """Let the language model read the rows that are unsure."""
    lines, unsure = _unsure(work, model.second.below) if model.second else ({}, 0)
    if not lines:
        return Seen(np.zeros((0, len(model.labels))))
    at = work.stream.columns.index(work.column)
    texts = {
        row: " ".join(found.cells[at].split())
        for row, found in enumerate(work.stream.rows())
        if row in lines
    }
    asked = [texts[row] for row in lines]
    shares = model.shares(asked, encoder_of(model, folder, context.runtimes), context.should_stop)
    seen = yield from seen_again(asked, shares, model.second, context, minutes=minutes)
    seen = replace(seen, unsure=unsure)
    rows = list(lines)
    for place in seen.rows.tolist():
        row, own = rows[place], seen.shares[place]
        group, confidence = int(own.argmax()), round(float(own.max()), 4)
        work.again[row] = msgspec.structs.replace(lines[row], group=group, confidence=confidence)
    return seen


def _unsure(work: _Work, below: float) -> tuple[dict[int, _Line], int]:
    """Return the least sure lines by their places, in that order, and how many are below that confidence.

    No more of them than are read, so that memory does not grow with the table.
    """
    count = 0

    def found() -> Iterator[tuple[float, int, _Line]]:
        nonlocal count
        for row, line in enumerate(work.lines()):
            if line.group >= 0 and line.confidence < below:
                count += 1
                yield line.confidence, row, line

    least = heapq.nsmallest(_MOST_AGAIN, found(), key=lambda item: item[:2])
    return {row: line for _, row, line in least}, count


def _line(row: Row, found: Any, context: Context) -> _Line:
    reason = context.say(row.reason) if row.reason else ""
    if found is None:
        return _Line(-1, 0.0, False, row.number, reason)
    group, confidence, new = found
    number = row.number if row.reason else 0
    return _Line(int(group), round(float(confidence), 4), bool(new), number, reason)


def _taken_up(journal: Path) -> int:
    """Return how many rows an earlier attempt finished; a torn last line is cut off."""
    if not journal.exists():
        journal.parent.mkdir(parents=True, exist_ok=True)
        return 0
    whole = count = 0
    with journal.open("rb+") as file:
        for line in file:
            if not line.endswith(b"\n"):
                break
            whole += len(line)
            count += 1
        file.truncate(whole)
    return count


def _estimated_rows(stream: Stream) -> int:
    """Guess how many rows a file has from the size of its first ones."""
    sample = stream.sample
    if sample.format == "parquet":
        with parquet.opened(stream.path) as file:
            return int(file.metadata.num_rows)
    size = sum(len(cell) + 1 for row in sample.rows for cell in row) / max(1, len(sample.rows))
    return int(stream.path.stat().st_size / max(1.0, size * 1.1))


def _verdicts(work: _Work, model: TextModel) -> Iterator[tuple[str, str, str]]:
    """Yield label, confidence and who decides, a row each, from the journal."""
    for line in work.lines():
        if line.group < 0:
            yield "", "", ""
        else:
            sure = "model" if line.confidence >= model.least else "person"
            yield model.labels[line.group], f"{line.confidence:.3f}", "new" if line.new else sure


def _cells(work: _Work, model: TextModel, place: int) -> Iterator[str | None]:
    """Yield one of the columns that are added; None where there is nothing."""
    for verdict in _verdicts(work, model):
        yield verdict[place] or None


def _merge(work: _Work, model: TextModel, out: Path) -> Path:
    """Write the table with its groups, in the format it came in."""
    sample, source = work.stream.sample, work.stream.path
    names = [free_name(name, sample.columns) for name in _ADDED]
    suffix = suffix_of(sample)
    path = unique_path(out, f"{source.stem}-labelled", suffix).absolute()
    if sample.format == "csv":
        with atomic_writer(path) as file:
            if sample.encoding != "utf-8":
                file.write("\ufeff")  # a mark for Excel where the input was not plain UTF-8 either
            writer = csv.writer(file, delimiter=sample.delimiter or ",", lineterminator="\n")
            writer.writerow([*sample.columns, *names])
            for row, verdict in zip(work.stream.rows(), _verdicts(work, model), strict=True):
                writer.writerow([*row.cells, *verdict])
    elif sample.format == "jsonl":
        with atomic_writer(path) as file:
            for row, verdict in zip(work.stream.rows(), _verdicts(work, model), strict=True):
                whole = {**(row.record or {}), **dict(zip(names, verdict, strict=True))}
                file.write(json.dumps(whole, ensure_ascii=False) + "\n")
    elif sample.format == "parquet":
        labels, confidences, decides = (_cells(work, model, place) for place in range(3))
        numbers = (float(cell) if cell else None for cell in confidences)
        added: dict[str, Iterator[Any]] = dict(zip(names, (labels, numbers, decides), strict=True))
        parquet.write_with(source, added, ("text", "number", "text"), path)
    else:
        verdicts = list(_verdicts(work, model))
        columns = {name: [v[i] for v in verdicts] for i, name in enumerate(_ADDED)}
        write_table(read_table(source), columns, path)
    return path


@dataclass(slots=True)
class _Tally:
    """How many rows there are, of each group, unsure, new or bad; the first bad ones are named."""

    counts: Counter[str] = field(default_factory=Counter)
    rows: int = 0
    unsure: int = 0
    new: int = 0
    bad: int = 0
    named: list[Evidence] = field(default_factory=list)


def _tally(work: _Work, model: TextModel, context: Context) -> _Tally:
    """Count what is in the journal."""
    found = _Tally()
    for line in work.lines():
        found.rows += 1
        if line.group >= 0:
            found.counts[model.labels[line.group]] += 1
            found.unsure += line.confidence < model.least
            found.new += line.new
        if line.number:
            found.bad += 1
            if found.bad <= _SKIPPED_SHOWN:
                found.named.append(_left_out(line, work, context))
    return found


def _show(
    work: _Work, model: TextModel, folder: Path, seen: Seen, context: Context
) -> Generator[Event, None, None]:
    """Show the counts, what the model is worth, and what a person must decide."""
    tally = _tally(work, model, context)
    total = tally.counts.total()
    columns = tuple(context.say(TEXTS(key)) for key in ("label", "count", "share"))
    rows = tuple(
        (label, f"{n:,}", f"{n / max(1, total):.0%}") for label, n in tally.counts.most_common(20)
    )
    yield Table("", columns, rows, len(tally.counts))
    held = read_card(folder)["held_out"]
    value, low, high = held["accuracy" if seen.whole else "accuracy_alone"]
    name, majority = (context.say(TEXTS(key)) for key in ("accuracy", "majority"))
    note = context.say(TEXTS("when_trained"))
    found: list[Evidence] = [
        Metric(name, value, held["n"], held["majority"], majority, note, low, high),
        Assumption(context.say(TEXTS("assumed_column", column=work.column))),
    ]
    found += [Assumption(context.say(said)) for said in sheets_said(work.stream.sample)]
    found += seen.evidence(context)
    if work.resumed:
        found.append(Assumption(context.say(TEXTS("went_on", n=work.resumed))))
    said = TEXTS(
        "answer_model", n=total, name=folder.name, unsure=tally.unsure, bad=tally.bad,
        new=tally.new, least=f"{model.least:.0%}",
    )  # fmt: skip
    data = {
        "counts": dict(tally.counts), "unsure": tally.unsure, "new": tally.new, "bad": tally.bad,
        "rows": tally.rows, "read": len(seen.rows),
    }  # fmt: skip
    yield Answer(context.say(said), evidence=(*found, *tally.named), data=data)


def _left_out(line: _Line, work: _Work, context: Context) -> Skipped:
    """Name a row that is empty, and left out, or was mended."""
    why = line.reason or context.say(TEXTS("empty_row"))
    return Skipped(str(work.stream.path), why, line.number, kept=line.group >= 0)
