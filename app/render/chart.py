"""Charts in the terminal: braille lines over shaded bands, with axes. Pure; knows no colours.

A cell is 2 x 4 braille dots. Cells that only a band covers show a shade; `Cell.kind` says what a cell
is, so that a widget can colour it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len

from skills.events import Band, Chart, Series

_DOTS = ((0x01, 0x02, 0x04, 0x40), (0x08, 0x10, 0x20, 0x80))
_SHADES = ("▒", "░")
_MIN_WIDTH = 24


@dataclass(slots=True)
class Cell:
    """One character of the drawing. `kind`: empty, axis, band0, band1 … or line0, line1 and so on."""

    text: str = " "
    kind: str = "empty"


@dataclass(frozen=True, slots=True)
class _Scale:
    """Maps values to dots: `width` x `height` of them."""

    x0: float
    x1: float
    y0: float
    y1: float
    width: int
    height: int

    def column(self, x: float) -> int:
        return round((x - self.x0) / ((self.x1 - self.x0) or 1) * (self.width - 1))

    def row(self, y: float) -> int:
        share = (y - self.y0) / ((self.y1 - self.y0) or 1)
        return round((1 - min(1.0, max(0.0, share))) * (self.height - 1))


def draw(chart: Chart, width: int, height: int) -> list[list[Cell]]:
    """Return the drawing as rows of cells: the plot, the x axis, and its labels."""
    values = _values(chart)
    if not values:
        return []
    ticks = nice_ticks(min(values), max(values), max(2, height // 3))
    low, high = min(*values, ticks[0]), max(*values, ticks[-1])
    labels = {tick: format_number(tick) for tick in ticks}
    margin = max(map(len, labels.values())) + 1
    columns = max(_MIN_WIDTH, width - margin)
    xs = [x for series in chart.series for x in series.x] + [x for b in chart.bands for x in b.x]
    scale = _Scale(min(xs), max(xs), low, high, columns * 2, height * 4)
    canvas = [[Cell() for _ in range(columns)] for _ in range(height)]
    for number in reversed(range(len(chart.bands))):
        _shade(canvas, chart.bands[number], scale, number)
    for number, series in enumerate(chart.series):
        _line(canvas, series, scale, number)
    rows = _with_y_axis(canvas, labels, scale, margin)
    return [*rows, *_x_axis(chart.ticks, scale, margin, columns)]


def text_lines(chart: Chart, width: int, height: int) -> list[str]:
    """Return the drawing as plain lines."""
    return ["".join(cell.text for cell in row).rstrip() for row in draw(chart, width, height)]


def _values(chart: Chart) -> list[float]:
    values = [y for series in chart.series for y in series.y if y is not None]
    for band in chart.bands:
        values += [*band.low, *band.high]
    return [value for value in values if math.isfinite(value)]


def nice_ticks(low: float, high: float, count: int) -> list[float]:
    """Return about `count` round numbers from at most `low` to at least `high`."""
    size = max(abs(low), abs(high))
    spread = high - low if high - low > 1e-9 * size else size
    spread = spread if spread > 1e-300 else 1.0
    raw = spread / max(1, count - 1)
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(power * m for m in (1, 2, 2.5, 5, 10) if power * m >= raw * 0.999)
    first = math.floor(low / step)
    last = math.ceil(high / step)
    return [round(i * step, 12) for i in range(first, last + 1)]


def format_number(value: float) -> str:
    """Return a short form of a number for an axis."""
    size = abs(value)
    for unit, suffix in ((1e9, "B"), (1e6, "M"), (1e4, "k")):
        if size >= unit:
            base = 1e3 if suffix == "k" else unit
            return f"{value / base:,.4g}{suffix}"
    return f"{value:,.4g}"


def _shade(canvas: list[list[Cell]], band: Band, scale: _Scale, number: int) -> None:
    for column in range(len(canvas[0])):
        x = scale.x0 + (scale.x1 - scale.x0) * (column + 0.5) / len(canvas[0])
        if not band.x or not band.x[0] <= x <= band.x[-1]:
            continue
        top = scale.row(interpolate(band.x, band.high, x)) // 4
        bottom = scale.row(interpolate(band.x, band.low, x)) // 4
        for row in range(top, bottom + 1):
            canvas[row][column] = Cell(_SHADES[min(number, 1)], f"band{number}")


def interpolate(xs: Sequence[float], ys: Sequence[float], x: float) -> float:
    """Return the value at `x` on straight lines between the points."""
    for left in range(len(xs) - 1):
        if xs[left] <= x <= xs[left + 1]:
            share = (x - xs[left]) / ((xs[left + 1] - xs[left]) or 1)
            return ys[left] + (ys[left + 1] - ys[left]) * share
    return ys[-1]


def _line(canvas: list[list[Cell]], series: Series, scale: _Scale, number: int) -> None:
    previous: tuple[int, int] | None = None
    for x, y in zip(series.x, series.y, strict=True):
        if y is None or not math.isfinite(y):
            previous = None
            continue
        point = (scale.column(x), scale.row(y))
        for dot in _between(previous or point, point):
            _dot(canvas, dot, number)
        previous = point


def _between(start: tuple[int, int], end: tuple[int, int]) -> list[tuple[int, int]]:
    """Return the dots of a straight line."""
    steps = max(abs(end[0] - start[0]), abs(end[1] - start[1]), 1)
    return [
        (
            round(start[0] + (end[0] - start[0]) * i / steps),
            round(start[1] + (end[1] - start[1]) * i / steps),
        )
        for i in range(steps + 1)
    ]


def _dot(canvas: list[list[Cell]], dot: tuple[int, int], number: int) -> None:
    column, row = dot[0] // 2, dot[1] // 4
    cell = canvas[row][column]
    bits = ord(cell.text) - 0x2800 if cell.kind.startswith("line") else 0
    bits |= _DOTS[dot[0] % 2][dot[1] % 4]
    canvas[row][column] = Cell(chr(0x2800 + bits), f"line{number}")


def _with_y_axis(
    canvas: list[list[Cell]], labels: dict[float, str], scale: _Scale, margin: int
) -> list[list[Cell]]:
    at = {scale.row(tick) // 4: text for tick, text in labels.items()}
    rows = []
    for number, row in enumerate(canvas):
        label = at.get(number, "").rjust(margin - 1) + ("┤" if number in at else "│")
        rows.append([*(Cell(c, "axis") for c in label), *row])
    return rows


def _x_axis(
    ticks: tuple[tuple[float, str], ...], scale: _Scale, margin: int, columns: int
) -> list[list[Cell]]:
    """Return the axis and its labels; labels that would touch are left out."""
    axis = list(" " * (margin - 1) + "└" + "─" * columns)
    names: list[Cell] = []
    for x, text in ticks:
        column = margin + min(columns - 1, scale.column(x) // 2)
        axis[column] = "┬"
        start = max(0, min(column - cell_len(text) // 2, margin + columns - cell_len(text)))
        taken = sum(cell_len(cell.text) for cell in names)
        if start >= taken + (1 if names else 0):
            names += [Cell() for _ in range(start - taken)]
            names += [Cell(c, "axis") for c in text]
    return [[Cell(c, "axis") for c in axis], names]
