"""Measure trained models on labelled rows, and compare two on the same rows."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from pathlib import Path

import msgspec
import numpy as np
import numpy.typing as npt

from models.errors import BadInputError
from models.texts import Catalogue
from skills.classify.operations import CompareRequest, EvaluateRequest, ListRequest
from skills.classify.second import Seen, seen_again
from skills.classify.textmodel import TextModel, encoder_of
from skills.contract import Context
from skills.events import Answer, Assumption, Event, Evidence, Metric, Progress, Skipped, Table
from skills.measures import interval
from skills.readers.messages import text_column, told
from skills.readers.tables import TableData, existing_column, read_table
from skills.report import class_table, confusion_table, measure, metrics, worst_table
from skills.trained import find, names, read_card, trained_root

TEXTS = Catalogue(__package__)
Ints = npt.NDArray[np.int64]
_SKIPPED_SHOWN = 20


class Evaluate:
    """Measure a model."""

    def run(self, request: EvaluateRequest, context: Context) -> Iterator[Event]:
        """See `Skill.run`."""
        folder = find(context.home, request.name)
        model, card = TextModel.load(folder), read_card(folder)
        yield Progress(0, None, note=context.say(TEXTS("measuring")))
        texts, y, evidence = labelled(
            request.file, request.text_column, request.label, model.labels, context
        )
        seen = yield from judged(model, folder, texts, request.minutes, context)
        shares = seen.shares
        counts = card.get("data", {}).get("labels", {})
        majority = max(model.labels, key=lambda label: counts.get(label, 0))
        report = measure(model.labels, y, shares, model.labels.index(majority))
        yield class_table(report, context)
        yield confusion_table(report, context)
        yield worst_table(report, texts, y, shares, context)
        value, low, high = report.accuracy
        text = TEXTS(
            "evaluated", name=folder.name, n=report.n, accuracy=f"{value:.1%}", low=f"{low:.1%}",
            high=f"{high:.1%}", file=request.file.name,
        )  # fmt: skip
        found = (*metrics(report, context), *evidence, *seen.evidence(context))
        yield Answer(context.say(text), evidence=found, data=report.as_dict())


class Compare:
    """Compare two models: the paired difference with its interval, and an exact McNemar test.

    McNemar 1947, "Note on the sampling error of the difference between correlated proportions".
    """

    def run(self, request: CompareRequest, context: Context) -> Iterator[Event]:
        """See `Skill.run`."""
        from scipy.stats import binomtest

        folders = [find(context.home, name) for name in (request.first, request.second)]
        models = [TextModel.load(folder) for folder in folders]
        yield Progress(0, None, note=context.say(TEXTS("measuring")))
        labels = sorted({label for model in models for label in model.labels})
        texts, y, evidence = self._rows(request, folders, labels, context)
        right = []
        for model, folder in zip(models, folders, strict=True):
            seen = yield from judged(model, folder, texts, request.minutes, context)
            evidence += seen.evidence(context)
            said = seen.shares.argmax(axis=1)
            own = np.array([labels.index(label) for label in model.labels])
            right.append((own[said] == y).astype(float))
        gap = right[1] - right[0]
        low, high = interval(gap)
        won, lost = int((gap > 0).sum()), int((gap < 0).sum())
        p = float(binomtest(won, won + lost).pvalue) if won + lost else 1.0
        first, second = (folder.name for folder in folders)
        accuracy = context.say(TEXTS("accuracy"))
        found: list[Evidence] = [
            Metric(
                f"{accuracy} {second}",
                float(right[1].mean()),
                len(y),
                float(right[0].mean()),
                first,
            ),
            Metric(context.say(TEXTS("difference")), float(gap.mean()), len(y), low=low, high=high),
            *evidence,
        ]
        verdict = "no_difference" if p >= 0.05 else "better" if gap.mean() > 0 else "worse"
        text = TEXTS(
            verdict, first=first, second=second, gap=f"{abs(gap.mean()):.1%}", n=len(y), p=f"{p:.3f}",
            low=f"{low:+.1%}", high=f"{high:+.1%}",
        )  # fmt: skip
        data = {"difference": float(gap.mean()), "low": low, "high": high, "p": p, "n": len(y)}
        yield Answer(context.say(text), evidence=tuple(found), data=data)

    def _rows(
        self, request: CompareRequest, folders: list[Path], labels: list[str], context: Context
    ) -> tuple[list[str], Ints, list[Evidence]]:
        """Return the rows of a file, or those that both models held back."""
        if request.file:
            return labelled(request.file, request.text_column, request.label, labels, context)
        both = [dict(rows_kept(folder, "heldout")) for folder in folders]
        shared = {text: label for text, label in both[0].items() if both[1].get(text) == label}
        if not shared:
            raise BadInputError(TEXTS("nothing_shared"))
        y = np.array([labels.index(label) for label in shared.values()], np.int64)
        return list(shared), y, [Assumption(context.say(TEXTS("shared_rows", n=len(shared))))]


class List:
    """List the trained models."""

    def run(self, request: ListRequest, context: Context) -> Iterator[Event]:
        """See `Skill.run`."""
        cards = [read_card(trained_root(context.home) / name) for name in names(context.home)]
        if not cards:
            yield Answer(context.say(TEXTS("none_trained")), data={"models": []})
            return
        columns = tuple(
            context.say(TEXTS(key)) for key in ("name", "groups", "accuracy", "size", "made")
        )
        rows = tuple(
            (
                card["name"],
                str(len(card["labels"])),
                f"{card['held_out']['accuracy'][0]:.3f}",
                f"{card['bytes'] / 1e6:.1f} MB",
                card["made"][:16].replace("T", " "),
            )
            for card in cards
        )
        yield Table("", columns, rows)
        data = {
            "models": [
                {k: c[k] for k in ("name", "labels", "kind", "bytes", "made")} for c in cards
            ]
        }
        yield Answer(context.say(TEXTS("trained_listed", n=len(cards))), data=data)


def judged(
    model: TextModel, folder: Path, texts: Sequence[str], minutes: float, context: Context
) -> Generator[Event, None, Seen]:
    """Return what a model makes of texts, after a second look for so many minutes at what it is unsure of."""
    encode = encoder_of(model, folder, context.runtimes)
    shares = model.shares(texts, encode, context.should_stop)
    return (yield from seen_again(texts, shares, model.second, context, minutes=minutes))


def labelled(
    path: Path, text: str, label: str, labels: Sequence[str], context: Context
) -> tuple[list[str], Ints, list[Evidence]]:
    """Return the texts of a table and the numbers of their labels; other rows are left out and named.

    Raises:
        BadInputError: No row has a text and a label that is known.
    """
    table = read_table(path)
    known = {name.casefold(): i for i, name in enumerate(labels)}
    column = existing_column(table, label) if label else _label_column(table, known)
    asked = text_column(table, text, [column])
    texts: list[str] = []
    y: list[int] = []
    left_out: list[Evidence] = told(table, None, context)
    for number, said, name in zip(
        table.numbers, table.column(asked), table.column(column), strict=True
    ):
        plain, wanted = " ".join(said.split()), " ".join(name.split()).casefold()
        if plain and wanted in known:
            texts.append(plain)
            y.append(known[wanted])
        else:
            key = "found_empty_text" if not plain else "unknown_label"
            left_out.append(Skipped(str(path), context.say(TEXTS(key, label=name[:40])), number))
    if not texts:
        raise BadInputError(TEXTS("nothing_labelled", path=path, labels=", ".join(labels[:10])))
    note = Assumption(context.say(TEXTS("assumed_columns", text=asked, label=column)))
    return texts, np.array(y, np.int64), [note, *left_out[:_SKIPPED_SHOWN]]


def _label_column(table: TableData, known: dict[str, int]) -> str:
    """Return the column that holds the most labels that are known."""

    def hits(name: str) -> int:
        return sum(" ".join(cell.split()).casefold() in known for cell in table.column(name))

    return max(table.columns, key=hits)


def rows_kept(folder: Path, name: str) -> list[tuple[str, str]]:
    """Return the rows that a model keeps, text and label: `learned` or `heldout`."""
    path = folder / f"{name}.jsonl"
    if not path.exists():
        return []
    rows = map(msgspec.json.decode, path.read_bytes().splitlines())
    return [(row["text"], row["label"]) for row in rows]
