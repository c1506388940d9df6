"""Reports made by hand, for tests of how they are told."""

import msgspec
from tests.outputs.examples import changed_users, few_users

from eddyline.adaptation.eventstudy import EventStudy, Period
from eddyline.adaptation.replayed import Score, split
from eddyline.cli.adaptation.report import Report, Said
from eddyline.outputs.adaptation import Adaptation, Estimate

CHANGE = 740_000
HOSTILE = "v2</title><script>alert(1)</script>\"'><img src=x onerror=alert(2)>&lt;\x1b[2J"
"""A deployment whose name would run, load, close tags, and steer a terminal."""


def _period(first: int, last: int, value: float | None) -> Period:
    effect = None if value is None else Estimate(value, value - 0.02, value + 0.02)
    return Period(first, last, 300, 100, effect)


def study(*, has_control: bool = True) -> EventStudy:
    days = [_period(day, day, 0.0) for day in range(CHANGE - 14, CHANGE)]
    days += [_period(CHANGE + 1, CHANGE + 1, None), *(_period(day, day, 0.1) for day in range(CHANGE + 2, CHANGE + 9))]
    weeks = [
        _period(CHANGE - 14, CHANGE - 8, 0.001),
        _period(CHANGE - 7, CHANGE - 1, 0.0),
        _period(CHANGE + 1, CHANGE + 8, 0.1),
    ]
    return EventStudy("format_instruction", has_control, days, weeks)


def splits() -> list[Score]:
    found = [Score("before", str(at), f"u{at}", 0.1 * at) for at in range(4)]
    found += [Score("replayed", str(at), None, 0.1 * at + 0.2) for at in range(3)]
    return found + [Score("after", str(at), f"u{at}", 0.9) for at in range(3)]


def whole(found: Adaptation | None = None) -> Report:
    """Return a report that has everything."""
    course = [Said("2026-11-08", "insufficient data"), Said("2026-11-12", "adapting"), Said("2026-11-20", "adapted")]
    return Report(found or changed_users(), course, study(), {"relevance": split(splits())})


def bare() -> Report:
    """Return a report that has nothing."""
    return Report(few_users(), [Said("2026-11-20", "insufficient data")], None, {})


def hostile() -> Report:
    """Return a report in which every text is hostile."""
    found = msgspec.structs.replace(
        changed_users(),
        app=HOSTILE,
        deployment=HOSTILE,
        previous=HOSTILE,
        sentence=HOSTILE,
        flags=[HOSTILE],
        not_identified=[HOSTILE],
        examples=[HOSTILE],
    )
    report = whole(found)
    return report._replace(splits={HOSTILE: report.splits["relevance"]})


def without_control() -> Report:
    """Return a report on users that nobody can be compared with."""
    found = changed_users()
    assert found.terms is not None
    parts = dict.fromkeys(("adaptation", "selection", "exogenous", "mix"))
    terms = msgspec.structs.replace(found.terms, **parts)
    found = msgspec.structs.replace(found, control="none", arms="none", terms=terms, shares=None, curve=None)
    return Report(found, [Said("2026-11-20", "not identified")], study(has_control=False), {})
