"""The state of an ask, and its drawing as text. No terminal."""

from __future__ import annotations

import io
from functools import reduce as fold
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from agents.protocol import Ask
from app.context import Options
from app.render.blocks import duration, evidence_lines, progress_text, table_lines
from app.render.chart import draw, format_number, nice_ticks, text_lines
from app.render.plain import PlainRenderer
from app.view import View, reduce
from models.texts import Language
from skills.events import (
    Answer,
    Artifact,
    Assumption,
    Backtest,
    Band,
    Chart,
    Failure,
    Metric,
    Notice,
    Progress,
    Quote,
    Series,
    Skipped,
    Step,
    Table,
    Text,
)  # fmt: skip


def test_an_ask_from_start_to_end() -> None:
    events = [
        Step("forecast", {"horizon": 4}), Progress(1, 4), Text("a"), Text("b"),
        Table("t", ("x",), (("1",),)), Artifact("/a.csv"), Answer("Done."),
    ]  # fmt: skip
    view = fold(reduce, events, View("ask"))
    assert not view.running
    assert view.progress is None
    assert (view.headline, view.detail) == ("Done.", "ab")
    assert len(view.blocks) == len(view.artifacts) == 1


def test_streamed_chat_is_not_said_twice() -> None:
    view = fold(reduce, [Text("Hello"), Text(" there"), Answer("Hello there")], View())
    assert view.detail == ""


@given(
    st.lists(st.lists(st.text(max_size=40), min_size=3, max_size=3), min_size=1, max_size=5),
    st.integers(20, 100),
)
def test_a_table_fits_any_width(rows: list[list[str]], width: int) -> None:
    table = Table("", ("名称", "label", "n"), tuple(tuple(row) for row in rows))  # type: ignore[arg-type]
    lines = table_lines(table, width, "en")
    assert len(lines) == len(rows) + 2
    assert max(map(cell_len, lines)) <= max(width, 3 * 6 + 4)


def test_hidden_rows_are_counted() -> None:
    lines = table_lines(Table("", ("a",), (("1",),), total_rows=2001), 40, "en")
    assert lines[-1] == "… and 2,000 more rows"


def test_time_left() -> None:
    text = progress_text(Progress(25, 100, "rows"), 60.0, "en")
    assert text == "25% · 25/100 rows · 3:00 left"
    assert duration(3723) == "1:02:03"


def test_evidence_in_both_languages() -> None:
    items = (
        Quote("We open at 9.", "faq.md", 0.91, "Opening hours", "sure"),
        Metric("accuracy", 0.9, 50, 0.6, "always the largest class"),
        Backtest("median", 28, 3, 1, 2, 0.8, 2, 3, 1.1),
        Skipped("a.csv", "empty", 7),
    )
    named = Skipped("/p/a.jpg", "/p/a.jpg can't be read as a picture.")
    assert evidence_lines((named,), "en") == ["Left out: /p/a.jpg can't be read as a picture."]
    english, chinese = evidence_lines(items, "en"), evidence_lines(items, "zh")
    assert "We open at 9." in english[0]
    assert "0.900 on 50" in english[1]
    assert "seasonal naive" in english[2]
    assert "row 7" in english[3]
    assert "第 7 行" in chinese[3]


@given(st.floats(-1e6, 1e6), st.floats(0, 1e6), st.integers(2, 10))
def test_ticks_cover_the_values(low: float, spread: float, count: int) -> None:
    ticks = nice_ticks(low, low + spread, count)
    tolerance = 1e-6 * max(abs(low), spread, 1)
    assert ticks[0] <= low + tolerance
    assert ticks[-1] >= low + spread - tolerance
    assert len(ticks) <= 2 * count + 3


def _chart() -> Chart:
    xs = tuple(float(i) for i in range(20))
    return Chart(
        "Sales",
        (Series("history", xs[:15], tuple(x**1.5 for x in xs[:15])),
         Series("forecast", xs[15:], tuple(x**1.5 for x in xs[15:]))),
        (Band("80 %", xs[15:], tuple(x * 2 for x in xs[15:]), tuple(x * 6 for x in xs[15:])),),
        ((0.0, "Jan"), (10.0, "Nov"), (19.0, "Aug")),
    )  # fmt: skip


@pytest.mark.parametrize(("width", "height"), [(60, 10), (110, 20), (30, 6)])
def test_a_chart_keeps_its_size(width: int, height: int) -> None:
    rows = draw(_chart(), width, height)
    assert len(rows) == height + 2
    assert max(sum(cell_len(c.text) for c in row) for row in rows) <= width
    kinds = {cell.kind for row in rows for cell in row}
    assert {"line0", "line1", "band0", "axis"} <= kinds


def test_a_chart_reads_as_text() -> None:
    lines = text_lines(_chart(), 60, 10)
    assert "Jan" in lines[-1]
    assert any("▒" in line for line in lines)
    assert text_lines(Chart("", ()), 60, 10) == []


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.5, "0.5"), (1200, "1,200"), (25000, "25k"), (3.2e6, "3.2M"), (-2e9, "-2B")],
)
def test_short_numbers(value: float, text: str) -> None:
    assert format_number(value) == text


def test_plain_text_reads_top_down() -> None:
    out = io.StringIO()
    renderer = PlainRenderer("en", out)
    for event in (
        Table("Counts", ("label", "n"), (("praise", "3"),)), Artifact("/tmp/out.csv"),
        Notice("slow"), Answer("Three are praise.", evidence=(Skipped("a.csv", "empty", 2),)),
    ):  # fmt: skip
        renderer.show(event)
    text = out.getvalue()
    order = [text.index(part) for part in ("Three are", "praise  ", "/tmp/out.csv", "row 2")]
    assert order == sorted(order)


def test_a_command_has_no_words_and_is_answered_as_the_interface() -> None:
    assert Ask(skill="tag", language="zh").answered_in == "zh"


@pytest.mark.parametrize(
    ("chosen", "asked", "language"),
    [
        ("", "把评论分成好评和差评", "zh"),
        ("", "Sort the reviews", "en"),
        ("en", "把评论分成好评和差评", "en"),
    ],
)
def test_evidence_is_named_in_the_language_of_the_answer(
    chosen: Literal["", "en"], asked: str, language: Language
) -> None:
    options = Options("zh", chosen=chosen)
    assert options.answering(asked) == language
    out = io.StringIO()
    renderer = PlainRenderer(options.language, out)
    renderer.begin(asked, options.answering(asked))
    renderer.show(Answer("…", evidence=(Assumption("…"),)))
    assert ("Assumed" in out.getvalue()) == (language == "en")
    assert ("假定" in out.getvalue()) == (language == "zh")


def test_a_failure_goes_to_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    out = io.StringIO()
    PlainRenderer("en", out).show(Failure("No file.", "Name one."))
    assert out.getvalue() == ""
    assert "No file.\nName one.\n" in capsys.readouterr().err
