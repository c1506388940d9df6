"""Days of the past: complete when all fold partitions are past them, counted once, kept for 35 days."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from tests import observed
from tests.watched import WATCHED

from eddyline import cells, daysums, keys, partials, samples
from eddyline.cells import GROUPS
from eddyline.changes import Result
from eddyline.daysums import Breakdown
from eddyline.judge import Judge, JudgePolicy
from eddyline.outputs.cloudevent import Output
from eddyline.partials import Closed, DayPartial, Partial, WindowPartial
from eddyline.pastdays import KEPT_DAYS
from eddyline.samples import Item
from eddyline.settings import Judge as JudgeSettings
from eddyline.settings import Settings, Windows
from eddyline.windows import DAY_MS, HOUR_MS, day_end

APP, SPACE = "chat/production", "space"
WINDOW_MS = 300_000
DAY = "2026-11-02"
KEEP_DAYS = 40


def policy(zone: str = "UTC") -> JudgePolicy:
    return JudgePolicy.of(Settings(windows=Windows(timezone=zone), judge=JudgeSettings(keep_days=KEEP_DAYS)), WATCHED)


class Kept:
    """A judge and all that it stored; fields are dropped late, as after a crash, if one asks for it."""

    def __init__(self, zone: str = "UTC") -> None:
        self.policy = policy(zone)
        self.judge, self.fields, self.results = Judge(self.policy, 0), dict[str, bytes](), list[Result]()

    def apply(self, *found: Partial, drop: bool = True) -> None:
        """Apply partials and store what changed; without ``drop`` a crash comes before the deletion."""
        for partial in found:
            self.judge.apply(partials.pack(partial))
        changes = self.judge.take_changes()
        self.fields |= changes.fields
        self.results += [result for result in changes.results if result.key.startswith("eddyline:day:")]
        for name in changes.drops if drop else ():
            self.fields.pop(name, None)

    def restart(self) -> None:
        """Put the judge together again from its fields, and store what it drops."""
        self.judge = Judge.restore(self.policy, 0, self.fields)
        self.apply()

    def kinds(self) -> dict[str, int]:
        """Return how many fields of days there are of each kind."""
        return {kind: sum(name.startswith(f"{kind}:") for name in self.fields) for kind in "btkd"}

    def days(self) -> list[str]:
        """Return the days of the results."""
        return [result.key.split(":")[-1] for result in self.results]

    def complete(self) -> int:
        """Return how many complete days the app has."""
        found = self.judge.summary()["apps_with_complete_days"]
        assert isinstance(found, dict)
        return int(found.get(APP, 0))


def at(day: str, hour: float, zone: str = "UTC") -> int:
    """Return a local time in milliseconds."""
    midnight = datetime.fromisoformat(day).replace(tzinfo=ZoneInfo(zone))
    return int((midnight + timedelta(hours=hour)).timestamp() * 1000)


def later(day: str, days: int) -> str:
    return (datetime.fromisoformat(day) + timedelta(days=days)).date().isoformat()


def window(start_ms: int, n: int = 3, *, fold: int = 0, deployment: str = "v1", space: str = SPACE) -> WindowPartial:
    vectors = observed.unit_vectors(n, np.random.default_rng([start_ms // WINDOW_MS, fold]))
    return WindowPartial(fold, APP, start_ms, deployment, space, cells.pack(observed.cell(vectors)))


def groups(day: str, fold: int = 0, n: int = 5) -> DayPartial:
    """Return what a fold partition says of a day: ``n`` users of group 1 + ``fold``."""
    sums = Breakdown.empty(GROUPS)
    sums.add([1 + fold] * n, observed.unit_vectors(n, np.random.default_rng(fold)), np.full(n, 5, np.uint32))
    return DayPartial(fold, APP, day, SPACE, sums.wire())


def marks(until_ms: int, folds: int = 1) -> list[Partial]:
    return [Closed(fold, folds, until_ms, 0) for fold in range(folds)]


@pytest.fixture
def kept() -> Kept:
    return Kept()


def test_a_day_is_complete_when_every_fold_partition_is_past_it(kept: Kept) -> None:
    kept.apply(window(at(DAY, 1)), groups(DAY, 0), groups(DAY, 1))
    end = at(DAY, 24)
    kept.apply(Closed(0, 2, end, 0), Closed(1, 2, end - WINDOW_MS, 0))
    assert (kept.days(), kept.complete()) == ([], 0)
    kept.apply(Closed(1, 2, end, 0))
    assert (kept.days(), kept.complete()) == ([DAY], 1)
    (result,) = kept.results
    assert (result.key, result.field, result.ttl_seconds) == (keys.day(APP, DAY), SPACE, KEEP_DAYS * 86_400)
    found = daysums.unpack(DAY, result.value)
    assert {group: n for group, n in enumerate(found.groups.n) if n} == {1: 5, 2: 5}
    assert found.groups.features[1].tolist() == [5, 0, 5] + [0] * 29
    assert kept.kinds() == {"b": 0, "t": 0, "k": 0, "d": 1}


def test_windows_count_in_the_hour_in_which_they_start_whatever_their_deployment(kept: Kept) -> None:
    for hour, n, deployment in ((0, 2, "v1"), (9, 3, "v1"), (9, 4, "v2"), (9.95, 1, ""), (10, 1, "v1")):
        kept.apply(window(at(DAY, hour) // WINDOW_MS * WINDOW_MS, n, deployment=deployment))
    kept.apply(*marks(at(DAY, 24)))
    (day,) = [daysums.unpack(DAY, result.value) for result in kept.results]
    assert {hour: n for hour, n in enumerate(day.hours.n.tolist()) if n} == {0: 2, 9: 8, 10: 1}


def test_hours_are_those_of_the_local_clock_on_days_of_23_and_of_25_hours() -> None:
    zone = "Europe/Berlin"
    for day, hours, per_hour in (("2026-10-25", 25, {2: 2}), ("2026-03-29", 23, {2: 0})):
        kept = Kept(zone)
        start = at(day, 0, zone)
        assert day_end(day, ZoneInfo(zone)) == start + hours * HOUR_MS
        for hour in range(hours):
            kept.apply(window(start + hour * HOUR_MS, 1))
        kept.apply(*marks(start + hours * HOUR_MS))
        (found,) = kept.results
        expected = dict.fromkeys(range(24), 1) | per_hour
        assert dict(enumerate(daysums.unpack(day, found.value).hours.n.tolist())) == expected


def test_embedding_spaces_have_days_of_their_own(kept: Kept) -> None:
    kept.apply(window(at(DAY, 1), 2), window(at(DAY, 1), 7, space="other"), groups(DAY), *marks(at(DAY, 24)))
    sizes = {result.field: daysums.unpack(DAY, result.value).hours.n.sum() for result in kept.results}
    assert sizes == {SPACE: 2, "other": 7}
    assert kept.complete() == 1


def test_what_fold_says_again_counts_once(kept: Kept) -> None:
    once = Kept()
    both = [groups(DAY, fold) for fold in (0, 1)]
    for each, again in ((once, list[DayPartial]()), (kept, both)):
        each.apply(*both, *again, window(at(DAY, 1)))
        each.restart()
        each.apply(*again, *marks(at(DAY, 24), 2), *again)
        each.restart()
        each.apply(*again, *marks(at(DAY, 48), 2))
    assert kept.results == once.results
    assert kept.fields == once.fields
    assert kept.days() == [DAY]


def test_the_order_of_fold_partitions_changes_no_byte(kept: Kept) -> None:
    other = Kept()
    found: list[Partial] = [window(at(DAY, 1), fold=fold) for fold in range(4)]
    found += [groups(DAY, fold) for fold in range(4)]
    kept.apply(*found, *marks(at(DAY, 24), 4))
    other.apply(*reversed(found), *reversed(marks(at(DAY, 24), 4)))
    assert kept.results == other.results


def stream(days: int) -> list[Partial]:
    """Return so many days of a window every four hours, and what fold says of them."""
    found: list[Partial] = []
    for number in range(days):
        day = later(DAY, number)
        for hour in range(0, 24, 4):
            found += [window(at(day, hour), number % 4 + 1), *marks(at(day, hour + 4) - WINDOW_MS)]
        found += [groups(day), *marks(at(day, 24))]
    return found


@pytest.mark.parametrize("drop", [True, False])
def test_a_restored_judge_goes_on_as_if_nothing_had_happened(kept: Kept, drop: bool) -> None:  # noqa: FBT001
    """Also when every crash came before the deletion of what was over."""
    other = Kept()
    for partial in stream(KEPT_DAYS + 4):
        kept.apply(partial)
        other.apply(partial, drop=drop)
        other.restart()
    assert len(kept.results) == KEPT_DAYS + 4
    assert other.results == kept.results
    assert other.fields == kept.fields


def test_fields_of_a_complete_day_that_a_crash_kept_are_dropped_and_not_counted_again(kept: Kept) -> None:
    kept.apply(window(at(DAY, 1)), groups(DAY), *marks(at(DAY, 23)))
    kept.apply(*marks(at(DAY, 24)), drop=False)
    assert kept.kinds() == {"b": 1, "t": 1, "k": 1, "d": 1}
    kept.restart()
    kept.apply(*marks(at(DAY, 48)))
    assert kept.kinds() == {"b": 0, "t": 0, "k": 0, "d": 1}
    assert kept.days() == [DAY]


def test_a_day_is_kept_for_35_days_and_then_dropped(kept: Kept) -> None:
    for partial in stream(KEPT_DAYS + 5):
        kept.apply(partial)
    assert kept.complete() == KEPT_DAYS
    assert kept.kinds() == {"b": 0, "t": 0, "k": 0, "d": KEPT_DAYS}
    kept.apply(*marks(at(DAY, 24 * (2 * KEPT_DAYS + 5))))
    assert (kept.complete(), kept.kinds()["d"]) == (0, 0)


@pytest.mark.parametrize("drop", [True, False])
def test_an_expired_day_that_a_crash_kept_is_dropped(kept: Kept, drop: bool) -> None:  # noqa: FBT001
    for partial in stream(2):
        kept.apply(partial)
    kept.apply(*marks(at(DAY, 24 * (KEPT_DAYS + 1))), drop=drop)
    kept.restart()
    assert (kept.complete(), kept.kinds()["d"]) == (1, 1)


def test_a_window_is_held_against_the_days_from_35_to_7_before_it(kept: Kept) -> None:
    for partial in stream(KEPT_DAYS + 3):
        kept.apply(partial)
    today = later(DAY, KEPT_DAYS + 3)
    for hour in (0, 23.9):
        found = kept.judge.past.complete(APP, SPACE, at(today, hour), until=7)
        assert [day.day for day in found] == [later(today, -number) for number in range(KEPT_DAYS, 7, -1)]
    assert [day.day for day in kept.judge.past.complete(APP, SPACE, at(today, 5), since=2)] == [
        later(today, -2),
        later(today, -1),
    ]
    assert kept.judge.past.complete(APP, "other", at(today, 5)) == []
    assert kept.judge.past.complete("mail/production", SPACE, at(today, 5)) == []


class Watching(Judge):
    """A judge that notes which days are complete when it judges a window."""

    def __init__(self) -> None:
        super().__init__(policy(), 0)
        self.seen: dict[int, list[str]] = {}

    def _judge(self, name: str, start: int, found: dict[tuple[int, str, str], WindowPartial]) -> list[Output]:
        self.seen[start] = [day.day for day in self.past.complete(name, SPACE, start)]
        return super()._judge(name, start, found)


def test_the_days_before_a_window_are_complete_however_rarely_marks_come() -> None:
    often, rarely = Watching(), Watching()
    found = stream(4)
    for partial in found:
        often.apply(partials.pack(partial))
    for partial in [*(one for one in found if not isinstance(one, Closed)), *marks(at(DAY, 4 * 24))]:
        rarely.apply(partials.pack(partial))
    assert rarely.seen == often.seen
    assert rarely.seen[at(later(DAY, 3), 0)] == [DAY, later(DAY, 1), later(DAY, 2)]


def test_the_clock_of_the_tests_is_right() -> None:
    assert datetime.fromtimestamp(at(DAY, 24) / 1000, UTC).isoformat() == "2026-11-03T00:00:00+00:00"
    assert at(DAY, 24) - at(DAY, 0) == DAY_MS


# The sample


def items_of(*found: WindowPartial) -> list[Item]:
    return [item for partial in found for item in cells.unpack(partial.cell).sample]


def varied(start_ms: int, n: int, *, fold: int = 0, deployment: str = "v1") -> WindowPartial:
    """Return a window whose prompts have ids of their own, more than a cell samples if ``n`` is above 64."""
    cell = observed.cell(
        observed.unit_vectors(n, np.random.default_rng([start_ms // WINDOW_MS, fold])), prefix=f"{start_ms}-{fold}-"
    )
    return WindowPartial(fold, APP, start_ms, deployment, SPACE, cells.pack(cell))


@pytest.mark.parametrize("n", [1, 9, 200])
def test_the_sample_of_a_day_is_that_of_all_its_prompts(kept: Kept, n: int) -> None:
    """Whatever window, fold partition or deployment they belong to."""
    found = [varied(at(DAY, hour), n, fold=fold, deployment=f"v{hour % 2}") for hour in (1, 2, 9) for fold in (0, 1)]
    kept.apply(*found, *marks(at(DAY, 24), 2))
    (day,) = [daysums.unpack(DAY, result.value) for result in kept.results]
    assert day.sample == samples.bottom(items_of(*found), daysums.SAMPLE)
    assert len(day.sample) == min(daysums.SAMPLE, 6 * n)


def test_a_prompt_of_the_day_before_is_not_in_the_sample(kept: Kept) -> None:
    first, second = varied(at(DAY, 23.5), 5), varied(at(DAY, 24), 5)
    kept.apply(first, second, *marks(at(DAY, 48)))
    found = [daysums.unpack(result.key[-10:], result.value) for result in kept.results]
    assert [day.sample for day in found] == [sorted(items_of(first)), sorted(items_of(second))]


def test_the_sample_of_an_open_day_survives_a_restart(kept: Kept) -> None:
    found = [varied(at(DAY, hour), 30) for hour in (1, 2, 3)]
    for partial in found:
        kept.apply(partial, *marks(partial.start_ms + WINDOW_MS))
        kept.restart()
    kept.apply(*marks(at(DAY, 24)))
    (day,) = [daysums.unpack(DAY, result.value) for result in kept.results]
    assert day.sample == samples.bottom(items_of(*found), daysums.SAMPLE)


def test_the_sample_is_written_only_when_it_changes(kept: Kept) -> None:
    """It takes more than all other fields of an open day, and after its first hours it hardly changes."""
    writes = 0
    for number in range(200):
        kept.judge.apply(partials.pack(varied(at(DAY, 0) + number * WINDOW_MS, 20)))
        kept.judge.apply(partials.pack(marks(at(DAY, 0) + (number + 1) * WINDOW_MS)[0]))
        writes += sum(name.startswith("k:") for name in kept.judge.take_changes().fields)
    assert 20 < writes < 140
