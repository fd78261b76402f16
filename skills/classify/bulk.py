"""Put a trained model to work on a message, or on a table of any size.

Groups are found a thousand rows at a time and appended to a journal; when a process is killed, the same
ask goes on after the last row that is in it. At the end one pass writes the table with its groups, in the
order and format it came in, whole or not at all. Memory does not grow with the table.
"""

from __future__ import annotations

import csv
import hashlib
import json
import os
from collections import Counter
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from models.files import atomic_writer, private_file, unique_path
from models.texts import Catalogue
from skills.classify.face import ClassifyRequest
from skills.classify.textmodel import TextModel, encoder_of, find, read_card
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
from skills.readers.messages import text_column
from skills.readers.stream import Row, Stream
from skills.readers.tables import read_table
from skills.writers import free_name, suffix_of, write_table

TEXTS = Catalogue(__package__)
_CHUNK = 1024
_SKIPPED_SHOWN = 50
_ADDED = ("label", "confidence", "decide")


@dataclass(slots=True)
class _Work:
    """A table that is being labelled: where the journal is, how many rows are in it."""

    stream: Stream
    column: str
    journal: Path
    done: int = 0
    resumed: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    unsure: int = 0
    new: int = 0
    skipped: list[Evidence] = field(default_factory=list)
    bad: int = 0

    def leave_out(self, row: Row, context: Context) -> None:
        """Name a row that is empty or was mended."""
        self.bad += 1
        if len(self.skipped) < _SKIPPED_SHOWN:
            why = TEXTS("mended_row", cells=row.reason) if row.reason else TEXTS("empty_row")
            self.skipped.append(Skipped(str(self.stream.path), context.say(why), row.number))


def apply_model(request: ClassifyRequest, context: Context) -> Iterator[Event]:
    """Label a message or a table with a trained model."""
    folder = find(context.home, request.model)
    model = TextModel.load(folder)
    yield Progress(0, None, note=context.say(TEXTS("loading_model", name=folder.name)))
    if request.file is None:
        yield from _message(request.text, model, folder, context)
        return
    stream = Stream.open(request.file)
    column = text_column(stream.sample, request.text_column)
    out = context.out or request.file.parent
    work = _Work(stream, column, _journal_path(out, request.file, column, folder))
    yield from _label(work, model, folder, context)
    path = _merge(work, model, out)
    work.journal.unlink(missing_ok=True)
    yield Artifact(str(path), context.say(TEXTS("file_decide")))
    yield from _show(work, model, folder, context)


def _message(text: str, model: TextModel, folder: Path, context: Context) -> Iterator[Event]:
    encode = encoder_of(model, folder, context.runtimes)
    every, new = model.judged([" ".join(text.split())], encode, context.should_stop)
    shares = every[0]
    best = int(shares.argmax())
    order = sorted(range(len(model.labels)), key=lambda i: -shares[i])[:5]
    rows = tuple((model.labels[i], f"{shares[i]:.0%}") for i in order)
    yield Table("", (context.say(TEXTS("label")), context.say(TEXTS("confidence"))), rows)
    label, share = model.labels[best], float(shares[best])
    said = TEXTS("answer_message", label=label, share=f"{share:.0%}")
    found = [Assumption(context.say(TEXTS("by_model", name=folder.name)))]
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
    work.journal.parent.mkdir(parents=True, exist_ok=True)
    _take_up(work)
    encode = encoder_of(model, folder, context.runtimes)
    note, unit = context.say(TEXTS("labelling")), context.say(TEXTS("rows"))
    at = work.stream.columns.index(work.column)
    total = _estimated_rows(work.stream)
    chunk: list[Row] = []
    with private_file(work.journal, "ab") as file:

        def finish() -> None:
            texts = [" ".join(row.cells[at].split()) for row in chunk]
            known = [i for i, text in enumerate(texts) if text]
            found: dict[int, Any] = {}
            if known:
                asked = [texts[i] for i in known]
                shares, new = model.judged(asked, encode, context.should_stop)
                found = dict(zip(known, zip(shares, new.tolist(), strict=True), strict=True))
            lines = []
            for i, row in enumerate(chunk):
                own, strange = found.get(i, (None, False))
                best = -1 if own is None else int(own.argmax())
                confidence = 0.0 if own is None else float(own[best])
                lines.append(json.dumps([best, round(confidence, 4), strange]))
                if best >= 0:
                    work.counts[model.labels[best]] += 1
                    work.new += strange
                    work.unsure += confidence < model.least
                if best < 0 or row.reason:
                    work.leave_out(row, context)
            file.write(("\n".join(lines) + "\n").encode())
            file.flush()
            os.fsync(file.fileno())
            work.done += len(chunk)
            chunk.clear()

        for row in work.stream.rows(work.done):
            chunk.append(row)
            if len(chunk) == _CHUNK:
                finish()
                context.check()
                yield Progress(work.done, max(total, work.done), unit, note)
        if chunk:
            finish()


def _take_up(work: _Work) -> None:
    """Count what an earlier attempt finished; a torn last line is cut off."""
    if not work.journal.exists():
        return
    raw = work.journal.read_bytes()
    whole = raw[: raw.rfind(b"\n") + 1]
    if len(whole) < len(raw):
        with work.journal.open("rb+") as file:
            file.truncate(len(whole))
    work.done = work.resumed = whole.count(b"\n")


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
    with work.journal.open("rb") as lines:
        for line in lines:
            best, confidence, strange = json.loads(line)
            if best < 0:
                yield "", "", ""
            else:
                decides = "new" if strange else "model" if confidence >= model.least else "person"
                yield model.labels[best], f"{confidence:.3f}", decides


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
            writer = csv.writer(file, delimiter=sample.delimiter, lineterminator="\n")
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


def _show(
    work: _Work, model: TextModel, folder: Path, context: Context
) -> Generator[Event, None, None]:
    """Show the counts, what the model is worth, and what a person must decide."""
    total = sum(work.counts.values())
    columns = tuple(context.say(TEXTS(key)) for key in ("label", "count", "share"))
    rows = tuple(
        (label, f"{n:,}", f"{n / max(1, total):.0%}") for label, n in work.counts.most_common(20)
    )
    yield Table("", columns, rows, len(work.counts))
    held = read_card(folder)["held_out"]
    value, low, high = held["accuracy"]
    name = context.say(TEXTS("accuracy"))
    majority = context.say(TEXTS("majority"))
    note = context.say(TEXTS("when_trained"))
    found: list[Evidence] = [
        Metric(name, value, held["n"], held["majority"], majority, note, low, high),
        Assumption(context.say(TEXTS("assumed_column", column=work.column))),
    ]
    if work.resumed:
        found.append(Assumption(context.say(TEXTS("went_on", n=work.resumed))))
    said = TEXTS(
        "answer_model", n=total, name=folder.name, unsure=work.unsure, bad=work.bad, new=work.new,
        least=f"{model.least:.0%}",
    )  # fmt: skip
    data = {
        "counts": dict(work.counts), "unsure": work.unsure, "new": work.new, "bad": work.bad,
        "rows": work.done,
    }  # fmt: skip
    yield Answer(context.say(said), evidence=(*found, *work.skipped), data=data)
