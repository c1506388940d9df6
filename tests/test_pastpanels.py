"""The panels of judge's apps: complete when the day is over, once, and gone when they are old."""

from datetime import date
from zoneinfo import ZoneInfo

import pytest
from tests.test_paneldays import row

from eddyline.changes import Journal
from eddyline.partials import PanelPartial
from eddyline.pastpanels import PanelPolicy, PastPanels
from eddyline.windows import DAY_MS, HOUR_MS

APP = "chat/production"
ZONE = ZoneInfo("Europe/Berlin")
DAY = "2026-11-02"
ORDINAL = date.fromisoformat(DAY).toordinal()
START_MS = 1_793_574_000_000
"""Its midnight in Berlin."""


def part(fold: int, *users: int, day: str = DAY, number: int = 0, deployment: str = "v1") -> PanelPartial:
    return PanelPartial(fold, APP, day, number, 1, [row(user, deployment) for user in users])


class Kept:
    """Panels, and the fields that a store has of them."""

    def __init__(self, users: int = 10, keep_days: int = 90) -> None:
        self.journal, self.fields = Journal(), dict[str, bytes]()
        self.policy = PanelPolicy(users, keep_days, ZONE)
        self.panels = PastPanels(self.policy, self.journal)
        self.panels.resume(START_MS)

    def save(self, *, drops: bool = True) -> None:
        changes = self.journal.take()
        self.fields |= changes.fields
        for name in changes.drops if drops else ():
            self.fields.pop(name, None)

    def restart(self, as_of_ms: int) -> "Kept":
        other = Kept(self.policy.users, self.policy.keep_days)
        other.fields = dict(self.fields)
        other.panels.resume(as_of_ms)
        for name, value in sorted(self.fields.items()):
            kind, _, rest = name.partition(":")
            other.panels.restore(kind, rest.split("\x1f"), value)
        return other

    def close(self, as_of_ms: int, *, lost_before_ms: int = 0) -> None:
        self.panels.close(as_of_ms, lambda start_ms: start_ms < lost_before_ms)

    def users(self, ordinal: int = ORDINAL) -> list[int] | None:
        day = self.panels.of(APP).day(ordinal)
        return None if day is None else day.user.tolist()


def test_a_day_is_complete_when_it_is_over_in_local_time() -> None:
    kept = Kept()
    kept.panels.add(part(0, 3, 1))
    kept.close(START_MS + 23 * HOUR_MS)
    assert kept.users() is None
    assert list(kept.panels.of(APP).known()) == []
    kept.close(START_MS + DAY_MS)
    assert kept.users() == [1, 3]
    assert kept.panels.of(APP).known() == range(ORDINAL, ORDINAL + 1)


def test_a_day_is_cut_to_the_smallest_ranks_of_all_fold_partitions() -> None:
    kept = Kept(users=3)
    kept.panels.add(part(0, 8, 1))
    kept.panels.add(part(1, 7, 2))
    kept.close(START_MS + DAY_MS)
    assert kept.users() == [1, 2, 7]


def test_a_repetition_changes_nothing_and_a_later_word_counts() -> None:
    kept = Kept()
    kept.panels.add(part(0, 1))
    kept.panels.add(part(0, 1, 4))
    kept.panels.add(part(0, 1, 4))
    kept.close(START_MS + DAY_MS)
    kept.panels.add(part(0, 9))
    kept.close(START_MS + 2 * DAY_MS)
    assert kept.users() == [1, 4]


@pytest.mark.parametrize(("lost_before_ms", "lost"), [(START_MS, False), (START_MS + 1, True)])
def test_a_day_says_whether_its_records_are_gone(lost_before_ms: int, *, lost: bool) -> None:
    kept = Kept()
    kept.panels.add(part(0, 1))
    kept.close(START_MS + DAY_MS, lost_before_ms=lost_before_ms)
    found = kept.panels.of(APP).day(ORDINAL)
    assert found is not None
    assert found.lost == lost


def test_a_restart_between_any_two_steps_changes_nothing() -> None:
    kept = Kept()
    kept.panels.add(part(0, 5))
    kept.save()
    kept = kept.restart(START_MS)
    kept.panels.add(part(1, 2))
    kept.save()
    kept = kept.restart(START_MS)
    kept.close(START_MS + DAY_MS)
    kept.save()
    kept = kept.restart(START_MS + DAY_MS)
    assert kept.users() == [2, 5]
    assert [name[0] for name in kept.fields] == ["p"]


def test_parts_that_a_crash_kept_from_being_deleted_are_dropped() -> None:
    kept = Kept()
    kept.panels.add(part(0, 5))
    kept.save()
    kept.close(START_MS + DAY_MS)
    kept.save(drops=False)
    kept = kept.restart(START_MS + DAY_MS)
    kept.save()
    assert [name[0] for name in kept.fields] == ["p"]
    assert kept.users() == [5]


def test_old_days_are_forgotten_and_the_app_with_the_last_one() -> None:
    kept = Kept(keep_days=2)
    kept.panels.add(part(0, 5))
    kept.close(START_MS + 2 * DAY_MS)
    assert kept.users() == [5]
    kept.save()
    kept.close(START_MS + 3 * DAY_MS)
    kept.save()
    assert kept.users() is None
    assert not kept.fields
    assert not kept.panels


def test_days_without_a_row_are_known_from_the_first_stored_one_on() -> None:
    kept = Kept()
    kept.panels.add(part(0, 5))
    kept.close(START_MS + 5 * DAY_MS)
    assert kept.panels.of(APP).known() == range(ORDINAL, ORDINAL + 5)
    assert kept.users(ORDINAL + 2) is None
