"""Daily looks computed anew: each is given what was known on its day, and nothing of what came later."""

import pytest
from tests.adaptation.made import panel_day
from tests.adaptation.rolled import CHANGE, NEW, UTC_ZONE, at_ms, rollout

from eddyline.adaptation.analysis import Analysis
from eddyline.adaptation.course import Course
from eddyline.adaptation.panel import Days, Panel
from eddyline.cli.adaptation import recomputing
from eddyline.cli.adaptation.recomputing import recompute
from eddyline.cli.adaptation.source import Source
from eddyline.recorded.panel import About
from eddyline.rollouts import Rollout

SPAN = range(CHANGE - 7, CHANGE + 4)
ROLLED_BACK = rollout()._replace(end_ms=at_ms(CHANGE + 3), ended_by="rollback")
SOURCE = Source(
    About("support/production", "UTC", [ROLLED_BACK]), Days({day: panel_day(day, [1, 2, 3]) for day in SPAN})
)


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, range, bool, list[Rollout]]]:
    """Give what every look is given: its day, the days it knows, whether it sees the next one, and the rollouts."""
    found: list[tuple[int, range, bool, list[Rollout]]] = []

    class Watched(Course):
        def step(self, panel: Panel, rollouts: list[Rollout], day: int) -> list[Analysis]:
            found.append((day, panel.known(), panel.day(day + 1) is not None, rollouts))
            return super().step(panel, rollouts, day)

    monkeypatch.setattr(recomputing, "Course", Watched)
    return found


def test_a_look_sees_no_later_day_and_no_later_end(given: list[tuple[int, range, bool, list[Rollout]]]) -> None:
    done: list[int] = []
    report, found = recompute(SOURCE, NEW, None, done.append)
    assert [day for day, *_ in given] == list(SPAN)
    assert all((known, later) == (range(SPAN.start, day + 1), False) for day, known, later, _ in given)
    rollouts = {day: known for day, _, _, known in given}
    assert rollouts[CHANGE - 1] == []
    assert [each.end_ms for each in rollouts[CHANGE + 2]] == [None]
    assert [each.end_ms for each in rollouts[CHANGE + 3]] == [ROLLED_BACK.end_ms]
    assert done == list(range(1, len(SPAN) + 1))
    assert found.effective_ms == ROLLED_BACK.effective_ms
    assert report.found.verdict == "insufficient data"


def test_of_two_rollouts_of_one_name_the_last_is_told() -> None:
    again = rollout()._replace(waves=(rollout().waves[0]._replace(effective_ms=at_ms(CHANGE + 2)),))
    first = rollout()._replace(end_ms=at_ms(CHANGE + 1), ended_by="rollback")
    source = SOURCE._replace(about=SOURCE.about._replace(rollouts=[first, again]))
    report, found = recompute(source, NEW, None, lambda _: None)
    assert found.effective_ms == at_ms(CHANGE + 2)
    assert (report.found.days, len(report.course)) == (2, 1)
    early, before = recompute(source, NEW, CHANGE + 1, lambda _: None)
    assert before.effective_ms == first.effective_ms
    assert early.found.days == 1
    assert source.zone == UTC_ZONE
