"""A chart in colours."""

from __future__ import annotations

from itertools import groupby

from textual.content import Content

from app.render.chart import Cell, draw
from app.tui.widgets.lines import Lines
from skills.events import Chart

_STYLES = {
    "axis": "$text-muted",
    "line0": "$foreground",
    "line1": "bold $accent",
    "band0": "$primary",
    "band1": "$primary-darken-3",
}
_HEIGHTS = (8, 14)


class ChartView(Lines):
    """Draws a chart; shorter on narrow screens."""

    def __init__(self, chart: Chart) -> None:
        super().__init__(lambda width: coloured(chart, width), classes="chart")


def coloured(chart: Chart, width: int) -> Content:
    """Return a chart as styled text."""
    height = _HEIGHTS[width >= 70]
    title = Content.styled(chart.title, "$text-muted")
    rows = [title, *(_row(cells) for cells in draw(chart, width, height))]
    return Content("\n").join(rows)


def _row(cells: list[Cell]) -> Content:
    runs = groupby(cells, key=lambda cell: cell.kind)
    parts = [("".join(cell.text for cell in run), _STYLES.get(kind, "")) for kind, run in runs]
    return Content.assemble(*parts)
