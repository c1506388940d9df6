"""Judge watches apps: alarms are events and alerts, whatever crashes or comes late, and only in the watched space."""

import itertools
import json
import math
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Any

import msgspec
import numpy as np
import pytest
from tests.detectors import simulated
from tests.detectors.simulated import MONDAY, Ints, Shift, Town

from eddyline import cells, features, partials
from eddyline.cells import FEATURES, NUMERIC, Cell, Sums
from eddyline.daysums import Breakdown
from eddyline.detectors.sums import Counts, WindowSums
from eddyline.detectors.whitening import Space
from eddyline.judge import Judge, JudgePolicy
from eddyline.outputs.cloudevent import Output, rfc3339
from eddyline.partials import Closed, DayPartial, Partial, ReferenceImported, WindowPartial
from eddyline.settings import Drift, Settings, Windows
from eddyline.windows import DAY_MS, HOUR_MS

APP = "chat/production"
SPACE = Space("space", simulated.whitening())
SETTINGS = Settings(windows=Windows(size_seconds=3600), drift=Drift(false_alarms_a_year=1.0, apps=1))
POLICY = JudgePolicy.of(SETTINGS, SPACE)
START_MS = (MONDAY - date(1970, 1, 1).toordinal()) * DAY_MS
NOTHING = WindowSums(0, np.zeros(384, np.int64), np.zeros(3, np.int64))
Day = list[Partial]


def styles(counts: Ints) -> Ints:
    """Return the counts of the simulated features in the room for all."""
    return np.pad(counts, [(0, 0)] * (counts.ndim - 1) + [(0, FEATURES - counts.shape[-1])])


def window(start_ms: int, sums: WindowSums, *, unnamed: int = 0) -> WindowPartial:
    cell = Cell()
    for part in (cell.volume, cell.gated):
        part.merge(Sums(sums.n, sums.x, styles(sums.styles), np.zeros(NUMERIC, np.int64)))
    cell.volume.n += unnamed
    cell.unnamed += unnamed
    return WindowPartial(0, APP, start_ms, "v1", SPACE.id, cells.pack(cell))


def groups(day: int, counts: Counts) -> DayPartial:
    rows = Breakdown(counts.n, counts.x, styles(counts.styles))
    return DayPartial(0, APP, date.fromordinal(MONDAY + day).isoformat(), SPACE.id, rows.wire())


def days_of(town: Town, shifts: Sequence[Shift]) -> Iterator[Day]:
    """Return the partials of days: windows, sums by group, and a mark after every window."""
    for day, shift in enumerate(shifts):
        sums, windows = town.day(MONDAY + day, shift)
        starts = [START_MS + day * DAY_MS + hour * HOUR_MS for hour in range(24)]
        hours = [window(start, one) for start, one in zip(starts, windows, strict=True)]
        marks = [Closed(0, 1, start + HOUR_MS, 0) for start in starts]
        found: Day = list(itertools.chain.from_iterable(zip(hours, marks, strict=True)))
        yield [*found[:-1], groups(day, sums.groups), found[-1]]


class Watched:
    """A judge, what it let out, and the fields that it stored."""

    def __init__(self, policy: JudgePolicy = POLICY) -> None:
        self.policy = policy
        self.judge, self.outputs, self.fields = Judge(policy, 0), list[Output](), dict[str, bytes]()

    def apply(self, found: Iterable[Partial]) -> None:
        for partial in found:
            self.outputs += self.judge.apply(partials.pack(partial))
        changes = self.judge.take_changes()
        self.fields |= changes.fields
        for name in changes.drops:
            self.fields.pop(name, None)

    def restart(self) -> None:
        self.judge = Judge.restore(self.policy, 0, self.fields)

    def watches(self) -> list[dict[str, Any]]:
        """Return what the drift events say of the watch, in their order."""
        return [data["watch"] for data in self.data("drift")]

    def alerts(self) -> list[tuple[str, str, str | None]]:
        """Return (status, begin, end) of the alerts."""
        return [(data["status"], data["startsAt"], data["endsAt"]) for data in self.data("alerts")]

    def data(self, name: str) -> list[dict[str, Any]]:
        """Return the data of the events on a topic."""
        topic = getattr(SETTINGS.topics, name)
        return [json.loads(output.value)["data"] for output in self.outputs if output.topic == topic]


NONE = Shift()
STORY = [NONE] * 16 + [Shift(share=0.8)] * 2 + [NONE] * 12
"""A young app, two days of something new, and back."""


@pytest.fixture(scope="module")
def days() -> list[Day]:
    return list(days_of(Town(5), STORY))


@pytest.fixture(scope="module")
def story(days: list[Day]) -> Watched:
    watched = Watched()
    for day in days:
        watched.apply(day)
    return watched


def test_an_app_learns_is_watched_alarms_and_is_watched_again(story: Watched) -> None:
    states = [found["state"] for found in story.watches()]
    assert [state for state, _ in itertools.groupby(states)] == [
        "learning",
        "provisional",
        "watching",
        "alarm",
        "watching",
    ]
    assert (states.index("provisional"), states.index("watching")) == (7 * 24, 14 * 24)
    assert 16 * 24 <= states.index("alarm") < 17 * 24


def test_an_alarm_is_an_alert_when_it_begins_and_when_it_is_over(story: Watched) -> None:
    states = [found["state"] for found in story.watches()]
    first, last = states.index("alarm"), len(states) - 1 - states[::-1].index("alarm")
    begin, end = rfc3339(START_MS + (first + 1) * HOUR_MS), rfc3339(START_MS + (last + 1) * HOUR_MS)
    assert story.alerts() == [("firing", begin, None), ("resolved", begin, end)]


def test_events_say_what_is_bet_against_which_limit(story: Watched) -> None:
    at = 15 * 24 + 12
    learning, watching, n = story.watches()[0], story.watches()[at], story.data("drift")[at]["gated_n"]
    assert learning["reason"] == "0 of 7 complete days have been seen."
    assert (learning["log_wealth"], learning["baseline"], learning["effective_n"]) == (None, None, None)
    assert watching["log_limit"] == pytest.approx(math.log(365))
    assert watching["log_wealth"] < watching["log_limit"]
    assert watching["false_alarms_a_year"] == 1.0
    assert watching["baseline"]["first_day"] == date.fromordinal(MONDAY + 1).isoformat()
    assert watching["baseline"]["last_day"] == date.fromordinal(MONDAY + 7).isoformat()
    assert 200 < watching["baseline"]["users_a_day"] < 600
    assert 0 < watching["effective_n"] < n


def test_restarts_within_days_and_between_them_change_no_byte(days: list[Day], story: Watched) -> None:
    watched = Watched()
    for day in days:
        for part in (day[:17], day[17:]):
            watched.apply(part)
            watched.restart()
    assert watched.outputs == story.outputs


def test_a_mark_that_comes_days_late_changes_no_byte(days: list[Day], story: Watched) -> None:
    watched = Watched()
    for at in range(0, len(days), 5):
        found = [partial for day in days[at : at + 5] for partial in day]
        watched.apply([partial for partial in found if not isinstance(partial, Closed)])
        watched.apply(found[-1:])
    assert watched.outputs == story.outputs


def test_prompts_that_name_no_user_make_an_app_blind() -> None:
    watched = Watched()
    for day in range(8):
        for hour in range(24):
            start = START_MS + day * DAY_MS + hour * HOUR_MS
            watched.apply([window(start, NOTHING, unnamed=30), Closed(0, 1, start + HOUR_MS, 0)])
    assert [found["state"] for found in watched.watches()] == ["learning"] * 24 + ["blind"] * 7 * 24
    assert watched.watches()[-1]["reason"].startswith("No stable user ids")


def test_a_day_with_lost_records_is_no_part_of_a_baseline(days: list[Day]) -> None:
    watched = Watched()
    for number, day in enumerate(days[:10]):
        # Up to its second hour events are gone; its later windows are whole.
        lost = START_MS + number * DAY_MS + 2 * HOUR_MS if number == 2 else 0
        watched.apply([msgspec.structs.replace(p, gap_ms=lost) if isinstance(p, Closed) else p for p in day])
    states = [found["state"] for found in watched.watches()]
    assert states.index("provisional") == 8 * 24, "one of the first seven days does not count"


def test_a_day_of_which_only_the_sums_by_group_came_does_no_harm(days: list[Day]) -> None:
    watched = Watched()
    for number, day in enumerate(days[:9]):
        watched.apply([p for p in day if number != 4 or not isinstance(p, WindowPartial)])
    states = [found["state"] for found in watched.watches()]
    assert states.index("provisional") == 7 * 24, "eight days less one without windows"


def test_prompts_in_another_space_are_not_watched(days: list[Day]) -> None:
    watched = Watched(JudgePolicy.of(SETTINGS, SPACE._replace(id="another")))
    watched.apply(days[0])
    assert watched.watches() == [None] * 24
    assert not any(name.startswith(("v:", "y:")) for name in watched.fields)


def test_an_app_that_falls_silent_is_forgotten_and_its_alarm_over(days: list[Day]) -> None:
    watched = Watched()
    for day in days[:17]:
        watched.apply(day)
    watched.apply([Closed(0, 1, START_MS + 17 * DAY_MS + 50 * DAY_MS, 0)])
    assert [status for status, _, _ in watched.alerts()] == ["firing", "resolved"]
    assert not any(name.startswith(("v:", "y:", "d:")) for name in watched.fields)


def test_an_alarm_tells_which_style_moved_at_once_and_of_each_day_while_it_is_open() -> None:
    watched = Watched()
    for day in days_of(Town(7), [NONE] * 16 + [Shift(json=0.5)] * 3):
        watched.apply(day)
    told = [found["moved"] for found in watched.watches()]
    first = next(at for at, moved in enumerate(told) if moved)
    assert watched.watches()[first]["state"] == "alarm"
    assert told[:first] == [None] * first
    assert all(told[first:])
    (move,) = told[17 * 24]["styles"]
    assert move["feature"] == features.NAMES[1]
    assert move["before"] < 0.06
    assert 0.4 < move["now"] < 0.7
    (alert,) = watched.data("alerts")
    assert f"Prompts that {features.PHRASES[features.NAMES[1]]}: " in alert["annotations"]["description"]


# The eval set

RENEWED = 15
AWAY = [NONE] * (RENEWED + 2) + [Shift(share=0.5)] * 3
"""An eval set is imported on the sixteenth day; two days later users ask for something else."""


def eval_set(days: list[Day]) -> ReferenceImported:
    """Return an eval set that is like all prompts of some days."""
    whole = Sums.empty()
    for partial in (partial for day in days for partial in day if isinstance(partial, WindowPartial)):
        whole.merge(cells.unpack(partial.cell).gated)
    effective = START_MS + RENEWED * DAY_MS
    x, counts = whole.x.astype("<i8").tobytes(), whole.features.astype("<i8").tobytes()
    return ReferenceImported("set-1", APP, SPACE.id, "build", effective, whole.n, x, [], counts)


@pytest.fixture(scope="module")
def away() -> list[Day]:
    return list(days_of(Town(6, users=2_000), AWAY))


@pytest.fixture(scope="module")
def renewed(away: list[Day]) -> Watched:
    watched = Watched()
    watched.apply([eval_set(away[7:RENEWED])])
    for day in away:
        watched.apply(day)
    return watched


def test_before_there_is_an_eval_set_in_effect_nothing_is_said_of_it(renewed: Watched) -> None:
    found = [data["eval_set"] for data in renewed.data("drift")]
    assert found[: RENEWED * 24] == [None] * RENEWED * 24
    assert None not in found[RENEWED * 24 :]


def test_a_renewal_raises_nothing_and_what_moves_away_from_the_set_alarms_within_two_days(renewed: Watched) -> None:
    found = [data["eval_set"] for data in renewed.data("drift")]
    states = [facts["state"] for facts in found[RENEWED * 24 :: 24]]
    assert states[:3] == ["watching"] * 3, "the first day of the change is known when it is over"
    assert "alarm" in states[3:5]
    last = found[-1]
    assert last["distance"] > last["unchanged"] > 0
    assert last["z"] > 3
    assert (last["id"], last["since"]) == ("set-1", date.fromordinal(MONDAY + RENEWED).isoformat())
    assert last["log_limit"] == pytest.approx(math.log(5 * 365)), "a fifth of the budget"


def test_an_alarm_of_the_eval_set_is_an_alert_of_its_own(renewed: Watched) -> None:
    (found,) = [data for data in renewed.data("alerts") if data["labels"]["alertname"] == "EvalProductionDrift"]
    assert found["status"] == "firing"
    assert found["labels"] == {"alertname": "EvalProductionDrift", "severity": "warning", "app": APP}
    assert found["startsAt"].endswith("T00:00:00.000Z")


def test_restarts_change_no_byte_of_what_is_said_of_the_eval_set(away: list[Day], renewed: Watched) -> None:
    watched = Watched()
    watched.apply([eval_set(away[7:RENEWED])])
    for day in away:
        for part in (day[:17], day[17:]):
            watched.apply(part)
            watched.restart()
    assert watched.outputs == renewed.outputs


def test_an_app_that_falls_silent_ends_the_alarm_of_its_eval_set(away: list[Day]) -> None:
    watched = Watched()
    watched.apply([eval_set(away[7:RENEWED])])
    for day in away:
        watched.apply(day)
    watched.apply([Closed(0, 1, START_MS + (len(AWAY) + 50) * DAY_MS, 0)])
    found = [data for data in watched.data("alerts") if data["labels"]["alertname"] == "EvalProductionDrift"]
    assert [data["status"] for data in found] == ["firing", "resolved"]


def test_another_eval_set_ends_the_alarm_of_the_last_one(away: list[Day]) -> None:
    watched = Watched()
    watched.apply([eval_set(away[7:RENEWED])])
    for day in away:
        watched.apply(day)
    later = START_MS + (len(AWAY) - 1) * DAY_MS + 1
    watched.apply([msgspec.structs.replace(eval_set(away[:7]), id="set-2", effective_ms=later)])
    watched.apply([Closed(0, 1, START_MS + (len(AWAY) + 1) * DAY_MS, 0)])
    found = [data for data in watched.data("alerts") if data["labels"]["alertname"] == "EvalProductionDrift"]
    assert [data["status"] for data in found] == ["firing", "resolved"]
