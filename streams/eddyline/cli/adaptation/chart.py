"""Charts as SVG: a frame with scales, and what is drawn in it. Lengths are in the units of the view box."""

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple
from xml.etree.ElementTree import Element

from eddyline.cli.adaptation.markup import tag

WIDTH, HEIGHT = 720, 300
LEFT, RIGHT, TOP, BOTTOM = 64, 16, 16, 48
TICKS = 6
"""At most about so many on a scale."""


class Scale(NamedTuple):
    """From values to places."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """Return the place of a value.

        >>> Scale(0, 10, 100, 200)(5)
        150.0
        """
        return round(self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start), 2)


class Span(NamedTuple):
    """A value with its interval, at a place of the other scale."""

    at: float
    value: float
    low: float
    high: float


def bounds(values: Iterable[float]) -> tuple[float, float]:
    """Return ends of a scale that holds 0 and all values, with some room.

    >>> bounds([2.0, 9.0])
    (-0.45, 9.45)
    >>> bounds([])
    (-1.1, 1.1)
    """
    found = [0.0, *values]
    low, high = (min(found), max(found)) if len(set(found)) > 1 else (-1.0, 1.0)
    room = (high - low) * 0.05
    return round(low - room, 6), round(high + room, 6)


def ticks(low: float, high: float, most: int = TICKS) -> list[float]:
    """Return round values within a range: multiples of 1, 2 or 5 times a power of ten.

    >>> ticks(-3.0, 11.0)
    [-2.0, 0.0, 2.0, 4.0, 6.0, 8.0, 10.0]
    """
    rough = (high - low) / most
    power = 10.0 ** math.floor(math.log10(rough))
    step = min((factor * power for factor in (1, 2, 5, 10)), key=lambda step: abs(step - rough))
    return [round(count * step, 10) for count in range(math.ceil(low / step), math.floor(high / step) + 1)]


class Frame(NamedTuple):
    """The scales of a chart."""

    across: Scale
    up: Scale

    @classmethod
    def of(
        cls, across: tuple[float, float], up: tuple[float, float], *, height: float = HEIGHT, left: int = LEFT
    ) -> "Frame":
        """Return a frame for values between the given ends."""
        return cls(Scale(*across, left, WIDTH - RIGHT), Scale(*up, height - BOTTOM, TOP))

    def values_up(self, label: str) -> Iterable[Element]:
        """Draw a scale of values at the left, a line for each, and what they are."""
        for value in ticks(self.up.low, self.up.high):
            y = self.up(value)
            yield tag(
                "line", x1=self.across.start, x2=self.across.end, y1=y, y2=y, class_="zero" if value == 0 else "grid"
            )
            yield tag("text", f"{value:g}", x=self.across.start - 8, y=y + 4, class_="right")
        middle = (self.up.start + self.up.end) / 2
        yield tag("text", label, x=0, y=0, class_="middle", transform=f"translate(14 {middle}) rotate(-90)")

    def values_across(self, label: str) -> Iterable[Element]:
        """Draw a scale of values at the bottom."""
        for value in ticks(self.across.low, self.across.high):
            x = self.across(value)
            yield tag("line", x1=x, x2=x, y1=self.up.start, y2=self.up.end, class_="zero" if value == 0 else "grid")
        yield from self.labels_across(
            [(value, f"{value:g}") for value in ticks(self.across.low, self.across.high)], label
        )

    def labels_across(self, labels: Iterable[tuple[float, str]], label: str) -> Iterable[Element]:
        """Draw labels at the bottom, and what they are."""
        for value, text in labels:
            yield tag("text", text, x=self.across(value), y=self.up.start + 18, class_="middle")
        middle = (self.across.start + self.across.end) / 2
        yield tag("text", label, x=middle, y=self.up.start + 40, class_="middle")

    def intervals(self, spans: Iterable[Span], class_: str) -> Iterable[Element]:
        """Draw values with upright intervals."""
        for span in spans:
            x = self.across(span.at)
            yield tag("line", x1=x, x2=x, y1=self.up(span.low), y2=self.up(span.high), class_=class_)
            yield tag("circle", cx=x, cy=self.up(span.value), r=3, class_=class_)

    def rows(self, spans: Iterable[Span], labels: Sequence[str], class_: str) -> Iterable[Element]:
        """Draw values with intervals that lie, a labelled row each."""
        for span, label in zip(spans, labels, strict=True):
            y = self.up(span.at)
            yield tag("text", label, x=self.across.start - 8, y=y + 4, class_="right")
            yield tag("line", x1=self.across(span.low), x2=self.across(span.high), y1=y, y2=y, class_=class_)
            yield tag("circle", cx=self.across(span.value), cy=y, r=4, class_=class_)

    def steps(self, pieces: Iterable[tuple[float, float, Span]], class_: str) -> Iterable[Element]:
        """Draw boxes from one place to another, as high as an interval, with their values as lines."""
        for first, last, span in pieces:
            x, width = self.across(first), round(self.across(last) - self.across(first), 2)
            height = round(self.up(span.low) - self.up(span.high), 2)
            yield tag("rect", x=x, y=self.up(span.high), width=width, height=height, class_=class_)
            y = self.up(span.value)
            yield tag("line", x1=x, x2=x + width, y1=y, y2=y, class_=class_)

    def band(self, low: float, high: float, class_: str) -> Element:
        """Shade all between two values."""
        top, height = self.up(high), round(self.up(low) - self.up(high), 2)
        x, width = self.across.start, self.across.end - self.across.start
        return tag("rect", x=x, y=top, width=width, height=height, class_=class_)

    def mark(self, at: float, label: str) -> Iterable[Element]:
        """Draw a dashed upright line, and what it is."""
        x = self.across(at)
        yield tag("line", x1=x, x2=x, y1=self.up.start, y2=self.up.end, class_="mark")
        yield tag("text", label, x=x + 6, y=self.up.end + 12)

    def path(self, places: Iterable[tuple[float, float]], class_: str) -> Element:
        """Draw a line through places."""
        points = " ".join(f"{self.across(x)},{self.up(y)}" for x, y in places)
        return tag("polyline", points=points, class_=class_)


def drawing(name: str, title: str, description: str, drawn: Iterable[Element], *, height: float = HEIGHT) -> Element:
    """Return a chart; who cannot see it gets ``title`` and ``description``."""
    names = (f"{name}-title", f"{name}-description")
    told = (tag("title", title, id=names[0]), tag("desc", description, id=names[1]))
    labelled = " ".join(names)
    return tag("svg", *told, *drawn, viewBox=f"0 0 {WIDTH} {height:g}", role="img", aria_labelledby=labelled)
