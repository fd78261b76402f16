"""Tables, progress, evidence and failures as lines of text, for any width."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePath

from rich.cells import cell_len, set_cell_size

from app.context import TEXTS
from models.texts import Language, Message
from skills.events import (
    Answer,
    Artifact,
    Assumption,
    Backtest,
    Evidence,
    Metric,
    Progress,
    Quote,
    Skipped,
    Table,
    Timing,
)

_GAP = "  "
_MIN_COLUMN = 6
_EVIDENCE_SHOWN = 12
_QUOTE_SHOWN = 120


def table_lines(table: Table, width: int, language: Language) -> list[str]:
    """Return a table as aligned lines; wide cells are cut, hidden rows are counted."""
    rows = [table.columns, *table.rows]
    widths = fit_columns([[cell_len(one_line(c)) for c in row] for row in rows], width)
    numeric = [_is_numeric([row[i] for row in table.rows]) for i in range(len(table.columns))]
    lines = []
    for number, row in enumerate(rows):
        cells = [
            _cell(one_line(cell), w, right)
            for cell, w, right in zip(row, widths, numeric, strict=True)
        ]
        lines.append(_GAP.join(cells).rstrip())
        if number == 0:
            lines.append(_GAP.join("─" * w for w in widths))
    hidden = (table.total_rows or 0) - len(table.rows)
    if hidden > 0:
        lines.append(TEXTS("more_rows", n=hidden).to(language))
    return lines


def one_line(text: str) -> str:
    """Return a text without line breaks and control characters."""
    return "".join(c if c.isprintable() else " " for c in text)


def fit_columns(lengths: list[list[int]], width: int) -> list[int]:
    """Return a width a column that together fit, taking from the widest first."""
    widths = [max(1, *(row[i] for row in lengths)) for i in range(len(lengths[0]))]
    room = max(width - len(_GAP) * (len(widths) - 1), len(widths))
    while sum(widths) > room and max(widths) > _MIN_COLUMN:
        widths[widths.index(max(widths))] -= 1
    return widths


def _is_numeric(cells: list[str]) -> bool:
    digits = [cell.strip(" -+%.,").replace(",", "").replace(".", "") for cell in cells]
    return bool(digits) and all(map(str.isdigit, digits))


def _cell(text: str, width: int, right: bool) -> str:
    if cell_len(text) > width:
        return set_cell_size(text, max(0, width - 1)).rstrip() + "…"
    padding = " " * (width - cell_len(text))
    return padding + text if right else text + padding


def progress_text(progress: Progress, elapsed: float, language: Language) -> str:
    """Return how far it is and how long it may still take."""
    parts = [progress.note] if progress.note else []
    if progress.total:
        done = min(1.0, progress.done / progress.total)
        counts = f"{progress.done:,.0f}/{progress.total:,.0f} {progress.unit}".strip()
        parts += [f"{done:.0%}", counts]
        if elapsed > 2 and 0.02 < done < 1:
            left = duration(elapsed * (1 - done) / done)
            parts.append(TEXTS("time_left", left=left).to(language))
    elif progress.done:
        parts.append(f"{progress.done:,.0f} {progress.unit}".strip())
    return " · ".join(parts)


def file_lines(artifacts: Sequence[Artifact], language: Language) -> list[str]:
    """Return the files that were written, those of one folder on one line."""
    folders: dict[str, list[str]] = {}
    for artifact in artifacts:
        path = PurePath(artifact.path)
        folders.setdefault(str(path.parent), []).append(path.name)
    return [
        TEXTS("file_written", path=str(PurePath(folder) / names[0])).to(language)
        if len(names) == 1
        else TEXTS("files_written", folder=folder, names=", ".join(names)).to(language)
        for folder, names in folders.items()
    ]


def source_line(answer: Answer, language: Language) -> str:
    """Return where a quoted answer comes from; empty if it quotes nothing."""
    quote = answer.evidence[0] if answer.evidence else None
    if not isinstance(quote, Quote) or answer.refused:
        return ""
    return TEXTS(
        "source", source=quote.source, where=quote.where, confidence=quote.confidence,
        score=f"{quote.score:.2f}",
    ).to(language)  # fmt: skip


def duration(seconds: float) -> str:
    """Return seconds as `42 s`, `3:05` or `1:02:03`."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    hours, rest = divmod(whole, 3600)
    minutes, rest = divmod(rest, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def evidence_lines(evidence: tuple[Evidence, ...], language: Language) -> list[str]:
    """Return the evidence in words, a line each; long lists are cut with a count."""
    lines = [evidence_line(item, language) for item in evidence]
    if len(lines) > _EVIDENCE_SHOWN:
        rest = len(lines) - _EVIDENCE_SHOWN
        lines = [*lines[:_EVIDENCE_SHOWN], TEXTS("more_evidence", n=rest).to(language)]
    return lines


def evidence_line(item: Evidence, language: Language) -> str:
    """Return one piece of evidence in words."""
    match item:
        case Quote():
            text = TEXTS(
                "quote", text=_shortened(item.text), source=item.source, where=item.where,
                score=f"{item.score:.2f}", confidence=item.confidence,
            )  # fmt: skip
        case Metric():
            text = _metric(item)
        case Backtest():
            text = TEXTS(
                "backtest", model=item.model, horizon=item.horizon, windows=item.windows,
                mae=f"{item.mae:,.4g}", rmse=f"{item.rmse:,.4g}", mase=f"{item.mase:.2f}",
                naive_mae=f"{item.naive_mae:,.4g}", naive_rmse=f"{item.naive_rmse:,.4g}",
                naive_mase=f"{item.naive_mase:.2f}",
            )  # fmt: skip
        case Timing():
            return f"[{duration(item.start)} – {duration(item.end)}] {item.text}"
        case Skipped():
            key = "skipped" if item.row is None else "kept_row" if item.kept else "skipped_row"
            if item.row is None and item.file in item.reason:
                key = "skipped_named"
            text = TEXTS(key, file=item.file, row=item.row or 0, reason=item.reason)
        case Assumption():
            text = TEXTS("assumed", text=item.text)
    return text.to(language)


def _shortened(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _QUOTE_SHOWN else line[:_QUOTE_SHOWN].rstrip() + "…"


def _metric(item: Metric) -> Message:
    note = f" ({item.note})" if item.note else ""
    value = f"{item.value:.3f}"
    if item.low is not None and item.high is not None:
        value += f" [{item.low:.3f}, {item.high:.3f}]"
    if item.baseline is None:
        return TEXTS("metric", name=item.name, value=value, n=item.n, note=note)
    return TEXTS(
        "metric_beside", name=item.name, value=value, n=item.n, note=note,
        baseline=f"{item.baseline:.3f}", baseline_name=item.baseline_name,
    )  # fmt: skip
