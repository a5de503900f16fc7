# SPDX-License-Identifier: GPL-2.0
"""Plots as SVG: bars side by side, and lines."""
import math
from html import escape

COLOURS = ("#1f6fb2", "#e08a1e", "#3a9a5b", "#8a5fb0", "#b84a4a", "#5b6b78", "#222222")
OURS = "#123f66"
WIDTH = 910
LEFT = 280
RIGHT = 90


def number(value):
    """Returns 1,234 or 3.4."""
    return f"{value:,.1f}" if value < 10 and value != int(value) else f"{value:,.0f}"


class Drawing:
    def __init__(self, title, subtitle):
        self.parts = []
        self.text(16, 28, title, size=17, weight="bold")
        self.text(16, 48, subtitle, colour="#555555")

    def text(self, x, y, text, size=12, anchor="start", colour="#222222",
             weight="normal"):
        self.parts.append(
            f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}"'
            f' fill="{colour}" font-weight="{weight}">{escape(text)}</text>')

    def line(self, x1, y1, x2, y2, colour="#dddddd", width=1):
        self.parts.append(
            f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"'
            f' stroke="{colour}" stroke-width="{width}"/>')

    def box(self, x, y, width, height, colour):
        self.parts.append(
            f'<rect x="{x:.1f}" y="{y:.1f}" width="{max(width, 1):.1f}"'
            f' height="{height:.1f}" fill="{colour}"/>')

    def path(self, points, colour):
        self.parts.append(
            '<polyline fill="none" stroke-width="2" stroke="%s" points="%s"/>' %
            (colour, " ".join(f"{x:.1f},{y:.1f}" for x, y in points)))

    def dot(self, x, y, colour):
        self.parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{colour}"/>')

    def legend(self, names, y):
        x = LEFT
        for name, colour in zip(names, COLOURS):
            self.box(x, y - 10, 12, 12, colour)
            self.text(x + 18, y, name)
            x += 40 + 7 * len(name)

    def write(self, path, height):
        with open(path, "w") as file:
            file.write(
                "<!-- SPDX-License-Identifier: GPL-2.0 -->\n"
                f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}"'
                f' height="{height}" viewBox="0 0 {WIDTH} {height}"'
                ' font-family="Helvetica, Arial, DejaVu Sans, sans-serif">\n'
                f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>\n')
            file.write("\n".join(self.parts))
            file.write("\n</svg>\n")


class Axis:
    """Values to positions between start and end."""

    def __init__(self, start, end, low, high, log=False):
        self.start, self.end, self.log = start, end, log
        self.low, self.high = self.scaled(low), self.scaled(high)

    def scaled(self, value):
        return math.log10(value) if self.log else value

    def at(self, value):
        part = (self.scaled(value) - self.low) / (self.high - self.low)
        return self.start + part * (self.end - self.start)

    def ticks(self):
        if self.log:
            return [10 ** n for n in range(math.ceil(self.low), math.floor(self.high) + 1)]
        step = 10 ** math.floor(math.log10(self.high))
        while self.high / step < 4:
            step /= 2
        return [n * step for n in range(int(self.high / step) + 1)]


def bars(path, title, subtitle, names, rows, log=False, limit=None):
    """A group of bars for each row (label, [values]); None is no bar.

    What is above limit is cut there and says so.
    """
    values = [v for _, row in rows for v in row if v]
    high = min(limit or max(values), max(values))
    low = 10 ** math.floor(math.log10(min(values))) if log else 0
    axis = Axis(LEFT, WIDTH - RIGHT, low, 10 ** math.ceil(math.log10(high)) if log
                else high * 1.02, log)
    drawing = Drawing(title, subtitle)
    drawing.legend(names, 74)
    top = 92
    height = 14 * len(names) + 12
    bottom = top + height * len(rows)
    for tick in axis.ticks():
        drawing.line(axis.at(tick), top, axis.at(tick), bottom)
        drawing.text(axis.at(tick), bottom + 16, number(tick),
                     anchor="middle", colour="#555555")
    for i, (label, row) in enumerate(rows):
        y = top + height * i + 6
        ours = label.startswith("slot")
        drawing.text(LEFT - 10, y + height / 2 - 2, label, anchor="end",
                     colour=OURS if ours else "#222222",
                     weight="bold" if ours else "normal")
        for j, value in enumerate(row):
            if value:
                end = axis.at(min(value, high))
                drawing.box(LEFT, y + 14 * j, end - LEFT, 12, COLOURS[j])
                more = " (cut off)" if value > high else ""
                drawing.text(end + 5, y + 14 * j + 10, number(value) + more, size=11)
    drawing.write(path, bottom + 30)


def lines(path, title, subtitle, unit, rows):
    """A line for each row (label, [(x, y)]); x is logarithmic, y begins at 0."""
    points = [p for _, row in rows for p in row]
    x_axis = Axis(80, WIDTH - 200, min(x for x, _ in points), max(x for x, _ in points), True)
    y_axis = Axis(380, 80, 0, max(y for _, y in points) * 1.1)
    drawing = Drawing(title, subtitle)
    for tick in y_axis.ticks():
        drawing.line(80, y_axis.at(tick), WIDTH - 200, y_axis.at(tick))
        drawing.text(72, y_axis.at(tick) + 4, number(tick), anchor="end",
                     colour="#555555")
    for tick in x_axis.ticks():
        drawing.text(x_axis.at(tick), 400, number(tick), anchor="middle", colour="#555555")
    drawing.text((80 + WIDTH - 200) / 2, 422, unit, anchor="middle", colour="#555555")
    label_y = []
    for (label, row), colour in zip(sorted(rows, key=lambda r: -r[1][-1][1]), COLOURS):
        drawing.path([(x_axis.at(x), y_axis.at(y)) for x, y in row], colour)
        for x, y in row:
            drawing.dot(x_axis.at(x), y_axis.at(y), colour)
        y = y_axis.at(row[-1][1]) + 4
        # Labels of lines close together would cover one another.
        if label_y and y < label_y[-1] + 15:
            y = label_y[-1] + 15
        label_y.append(y)
        drawing.text(WIDTH - 190, y, label, colour=colour)
    drawing.write(path, 436)
