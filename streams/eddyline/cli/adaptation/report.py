"""What a report on a deployment holds, whoever reads it: a person at a terminal, in a browser, or a program."""

from collections.abc import Mapping
from datetime import date
from typing import Any, NamedTuple

import msgspec

from eddyline.adaptation.eventstudy import EventStudy, Period
from eddyline.adaptation.replayed import Split
from eddyline.outputs.adaptation import Adaptation, Verdict


class Said(NamedTuple):
    """What was said as of a day."""

    day: str
    verdict: Verdict


class Report(NamedTuple):
    """Everything that is told of a deployment."""

    found: Adaptation
    """As of the last look."""
    course: list[Said]
    """The first look, and every one at which the verdict became another."""
    study: EventStudy | None
    """Of the surest feature; None where nothing could be estimated."""
    splits: Mapping[str, Split]
    """By scorer, where scores of replayed prompts were given."""


def course(looks: list[Adaptation]) -> list[Said]:
    """Return the first look, and every one with another verdict than the one before."""
    said: list[Said] = []
    for look in looks:
        if not said or said[-1].verdict != look.verdict:
            said.append(Said(look.day, look.verdict))
    return said


def as_json(report: Report) -> dict[str, Any]:
    """Return a report as what JSON can hold; ``adaptation`` is the data of the event."""
    return {
        "adaptation": msgspec.to_builtins(report.found),
        "course": [said._asdict() for said in report.course],
        "event_study": report.study and _study(report.study),
        "replayed": {scorer: _split(split) for scorer, split in report.splits.items()},
    }


def _study(study: EventStudy) -> dict[str, Any]:
    return {
        "feature": study.feature,
        "has_control": study.has_control,
        "days": [_period(period) for period in study.days],
        "weeks": [_period(period) for period in study.weeks],
    }


def _period(period: Period) -> dict[str, Any]:
    dates = {name: date.fromordinal(day).isoformat() for name, day in (("first", period.first), ("last", period.last))}
    return period._asdict() | dates | {"effect": msgspec.to_builtins(period.effect)}


def _split(split: Split) -> dict[str, Any]:
    parts = {name: getattr(split, name)._asdict() for name in ("total", "model", "adaptation")}
    return split._asdict() | parts
