"""Asks that lean on the one before."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from agents.followups import follow, follows
from skills import registry
from skills.contract import Said
from skills.readers.files import find_files


@pytest.fixture
def sales(tmp_path: Path) -> Path:
    (tmp_path / "sales.csv").write_text(
        "date,revenue,customers\n2024-01-01,10.5,3\n2024-01-02,11,5\n"
    )
    (tmp_path / "other.csv").write_text(
        "date,revenue,customers\n2024-01-01,10.5,3\n2024-01-02,11,5\n"
    )
    return tmp_path / "sales.csv"


def _follow(skill: str, values: dict[str, Any], text: str, here: Path) -> dict[str, Any] | None:
    files, bare = find_files(text, here)
    said = Said(text, bare, files, "en")
    return follow(registry.get(skill), values, said) if follows(said) else None


def test_a_forecast_is_changed_step_by_step(sales: Path) -> None:
    values = {"file": str(sales), "horizon": 28, "unit": "day", "value": "revenue"}
    here = sales.parent
    longer = _follow("forecast", values, "now 24 weeks", here)
    assert longer == {**values, "horizon": 24, "unit": "week"}
    chinese = _follow("forecast", values, "改成未来六个月", here)
    assert chinese == {**values, "horizon": 6, "unit": "month"}
    column = _follow("forecast", values, "and the customers", here)
    assert column == {**values, "value": "customers"}
    other = _follow("forecast", values, "same for other.csv", here)
    assert other == {**values, "file": str(here / "other.csv")}


def test_groups_are_changed(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("text\nI love it\nIt broke\n")
    values = {"file": str(tmp_path / "a.csv"), "labels": ["praise", "complaint"]}
    changed = _follow("classify", values, "now into happy, angry and neutral", tmp_path)
    assert changed == {**values, "labels": ["happy", "angry", "neutral"]}


def test_what_is_no_follow_up(sales: Path) -> None:
    values = {"file": str(sales), "horizon": 28, "unit": "day"}
    for text in ("thank you", "what is a forecast?", "and who are you?", "now tell me a joke"):
        assert _follow("forecast", values, text, sales.parent) is None
    faq = {"file": str(sales), "question": "when?"}
    continued = _follow("faq", faq, "and do you ship to Norway?", sales.parent)
    assert continued == {**faq, "question": "and do you ship to Norway?", "before": "when?"}


def test_rows_are_narrowed_further(tmp_path: Path) -> None:
    rows = "\n".join(
        f"2025-01-{day:02},{item},{city},{day}"
        for day in range(1, 29)
        for item, city in (("Apron", "Graz"), ("Scarf", "Linz"))
    )
    (tmp_path / "orders.csv").write_text(f"date,item,city,total\n{rows}\n")
    values = {"file": str(tmp_path / "orders.csv"), "only": {"item": "Apron"}}
    assert _follow("figures", values, "and on weekends", tmp_path) == {
        **values,
        "only": {"item": "Apron", "weekday": "saturday|sunday"},
    }
    assert _follow("figures", values, "and only in Linz", tmp_path) == {
        **values,
        "only": {"item": "Apron", "city": "Linz"},
    }
    assert _follow("figures", values, "and scarves", tmp_path) == {
        **values,
        "only": {"item": "Scarf"},
    }
