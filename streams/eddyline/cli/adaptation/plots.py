"""The plots of a report. Each says in words what it shows; the tables beside them have the numbers."""

from collections.abc import Iterator, Sequence
from datetime import date
from xml.etree.ElementTree import Element

from eddyline.adaptation.eventstudy import EventStudy, Period
from eddyline.cli.adaptation.chart import BOTTOM, TOP, Frame, Span, bounds, drawing
from eddyline.cli.adaptation.words import interval, points, span
from eddyline.outputs.adaptation import Curve, Estimate, FeatureChange, Placebo, Terms

POINTS = "effect in points"
ROW = 30
"""Height of a row of a chart of rows."""
NAMES_WIDTH = 190
DATES = 6
"""Labels of the event study, about."""
PARTS = ("adaptation", "selection", "exogenous", "mix")


def event_study(study: EventStudy, change: int, placebo: Placebo | None) -> Element:
    """Return the plot of the effect around a deployment.

    Args:
        study: the effect by day and week.
        change: the local date of the deployment, as a proleptic ordinal.
        placebo: the band, which is drawn where there is no control.
    """
    days = [found for period in study.days for found in _spans(period)]
    weeks = [(period.first - 0.5, period.last + 0.5, found) for period in study.weeks for found in _spans(period)]
    ends = [end for each in (*days, *(week for _, _, week in weeks)) for end in (each.low, each.high)]
    half = 100 * placebo.half_width if placebo and placebo.half_width and not study.has_control else None
    frame = Frame.of(_first_last(study, change), bounds([*ends, *([half, -half] if half else [])]))
    drawn = [
        *([frame.band(-half, half, "placebo")] if half else []),
        *frame.values_up(POINTS),
        *frame.labels_across(_dates(study), "local day"),
        *frame.steps(weeks, "week"),
        *frame.intervals(days, "day"),
        *frame.mark(change - 0.5, "deployment"),
    ]
    against = "against the control" if study.has_control else "within users"
    title = f"{study.feature} around the deployment, {against}"
    return drawing("event-study", title, _told(study), drawn)


def _first_last(study: EventStudy, change: int) -> tuple[float, float]:
    dates = [change, *(day.first for day in study.days)]
    return min(dates) - 1, max(dates) + 1


def _spans(period: Period) -> Iterator[Span]:
    if period.effect:
        yield _span((period.first + period.last) / 2, period.effect)


def _span(at: float, estimate: Estimate) -> Span:
    return Span(at, 100 * estimate.value, 100 * estimate.low, 100 * estimate.high)


def _dates(study: EventStudy) -> list[tuple[float, str]]:
    every = max(1, len(study.days) // DATES)
    return [(day.first, f"{date.fromordinal(day.first):%d %b}") for day in study.days[::every]]


def _told(study: EventStudy) -> str:
    weeks = [
        f"{date.fromordinal(week.first)}: {points(week.effect.value)} points ({interval(week.effect)})"
        for week in study.weeks
        if week.effect
    ]
    return f"By week from {', '.join(weeks)}." if weeks else "No day has enough users."


def curve(found: Curve) -> Element:
    """Return the plot of the effect by exposure."""
    spans = [_span(at, point.effect) for at, point in enumerate(found.points)]
    ends = [end for each in spans for end in (each.low, each.high)]
    labels = [(at, span(point.first, point.last)) for at, point in enumerate(found.points)]
    frame = Frame.of((-0.6, len(spans) - 0.4), bounds(ends))
    drawn = [
        *frame.values_up(POINTS),
        *frame.labels_across(labels, "prompts to the deployment before"),
        *([frame.path(_fitted(found), "fit")] if found.plateau and found.half_life else []),
        *frame.intervals(spans, "day"),
    ]
    parts = [
        f"after {label} prompts {points(each.value / 100)} points"
        for (_, label), each in zip(labels, spans, strict=True)
    ]
    return drawing("curve", f"{found.feature} by exposure", f"{', '.join(parts)}.", drawn)


def _fitted(found: Curve) -> Iterator[tuple[float, float]]:
    """Yield the fitted curve at the middle of every point."""
    if found.plateau and found.half_life:
        for at, point in enumerate(found.points):
            seen = (point.first + point.last) / 2
            yield at, 100 * found.plateau.value * (1 - 2 ** (-seen / found.half_life.value))


def terms(found: Terms) -> Element:
    """Return the plot of what the change is made of: the four terms, or their two sums where they cannot be told."""
    names = ("total", *(PARTS if found.adaptation else ("within", "between")))
    estimates = [(name, each) for name in names if (each := getattr(found, name))]
    return _rows("terms", f"What the change of {found.feature} is made of", estimates)


def changed(found: Sequence[FeatureChange]) -> Element:
    """Return the plot of the features that changed the surest."""
    return _rows("features", "Style features", [(change.feature, change.effect) for change in found])


def _rows(name: str, title: str, estimates: Sequence[tuple[str, Estimate]]) -> Element:
    spans = [_span(-at, estimate) for at, (_, estimate) in enumerate(estimates)]
    ends = [end for each in spans for end in (each.low, each.high)]
    height = TOP + BOTTOM + ROW * len(spans)
    frame = Frame.of(bounds(ends), (0.5 - len(spans), 0.5), height=height, left=NAMES_WIDTH)
    drawn = [*frame.values_across(POINTS), *frame.rows(spans, [label for label, _ in estimates], "day")]
    parts = [f"{label} {points(estimate.value)} points ({interval(estimate)})" for label, estimate in estimates]
    return drawing(name, title, f"{', '.join(parts)}.", drawn, height=height)
