"""What fold says of a day: once, when the local day is over, the gated prompts by group of users."""

from zoneinfo import ZoneInfo

import msgspec
import numpy as np
import pytest
from tests import observed

from eddyline import cells, observations, partials
from eddyline.cells import GROUPS
from eddyline.daysums import Breakdown
from eddyline.fold import Fold, FoldPolicy
from eddyline.observations import ObservationRecord, PromptObservation, Source
from eddyline.outputs.cloudevent import Output
from eddyline.partials import Closed, DayPartial
from eddyline.settings import Settings, Windows
from eddyline.windows import HOUR_MS, day_end

DAY, ZONE = "2026-11-02", "Europe/Berlin"
END_MS = day_end(DAY, ZoneInfo(ZONE))
START_MS = END_MS - 24 * HOUR_MS
GRACE_MS = 120_000
SETTINGS = Settings(windows=Windows(timezone=ZONE))


class Kept:
    """A fold of one source, and its fields; without dropping them it is as if a crash had come first."""

    def __init__(self) -> None:
        self.fold, self.fields = Fold(FoldPolicy.of(SETTINGS), 3), dict[str, bytes]()
        self.outputs = list[Output]()
        self._offset = 0

    def apply(
        self, *found: PromptObservation, until_ms: int, space: str = "space", drop: bool = True, idle: bool = False
    ) -> None:
        self._offset += 1
        source = Source("prompts", 0, self._offset, until_ms + GRACE_MS, idle=idle)
        record = ObservationRecord(1, space, "build", {"prompts": 1}, [source], list(found))
        self.outputs += self.fold.apply(observations.pack(record))
        changes = self.fold.take_changes()
        self.fields |= changes.fields
        for name in changes.drops if drop else ():
            self.fields.pop(name, None)

    def restart(self) -> None:
        self.fold = Fold.restore(FoldPolicy.of(SETTINGS), 3, self.fields)

    def days(self) -> list[DayPartial]:
        found = [partials.unpack(output.value) for output in self.outputs]
        return [one for one in found if isinstance(one, DayPartial)]

    def stored(self) -> list[str]:
        """Return the names of the fields that hold sums of a day."""
        return [name for name in self.fields if name.startswith("s:")]


def prompt(number: int, hour: float, *, app: str = "chat/production", user: int | None = None) -> PromptObservation:
    """Return a prompt whose user is in the group of his number."""
    who = user if user is not None else number
    vector = observed.unit_vectors(1, np.random.default_rng(number))[0]
    time_ms = START_MS + int(hour * HOUR_MS)
    return observed.prompt(f"e{number}", time_ms=time_ms, app=app, user=bytes([who] * 16), vector=vector, flags=number)


def sums(partial: DayPartial) -> Breakdown:
    return Breakdown.of(partial.groups, GROUPS)


@pytest.fixture
def kept() -> Kept:
    return Kept()


def test_a_day_is_said_when_it_is_over_and_before_the_mark_that_vouches_for_it(kept: Kept) -> None:
    kept.apply(prompt(1, 0), prompt(2, 23.99), until_ms=END_MS - 1)
    assert kept.days() == []
    kept.apply(until_ms=END_MS)
    (day,) = kept.days()
    assert (day.fold, day.app, day.day, day.space_id) == (3, "chat/production", DAY, "space")
    kinds = [type(partials.unpack(output.value)) for output in kept.outputs]
    assert kinds.index(DayPartial) < len(kinds) - 1 - kinds[::-1].index(Closed)
    assert kept.outputs[kinds.index(DayPartial)].partition == partials.partition_of(day.app, 4)
    assert not kept.stored()


def test_the_sums_are_of_gated_prompts_by_group_of_users(kept: Kept) -> None:
    first, again = prompt(1, 1), prompt(4, 5, user=1)
    nobody = msgspec.structs.replace(prompt(7, 1), user=b"")
    kept.apply(first, prompt(17, 1), prompt(2, 1), nobody, until_ms=START_MS + 2 * HOUR_MS)
    kept.apply(again, until_ms=END_MS)
    found = sums(kept.days()[0])
    assert {group: n for group, n in enumerate(found.n.tolist()) if n} == {1: 2, 2: 1}
    both = sum(np.frombuffer(one.vector, np.int8).astype(np.int64) for one in (first, prompt(17, 1)))
    assert np.array_equal(found.x[1], both)
    assert found.features[1].tolist()[:5] == [2, 0, 0, 0, 1]
    assert cells.group_of(bytes([17] * 16)) == 1


def test_apps_and_embedding_spaces_are_told_apart_and_deployments_added_up(kept: Kept) -> None:
    kept.apply(prompt(1, 1), prompt(2, 1, app="mail/production"), until_ms=START_MS)
    other = prompt(3, 1)
    kept.apply(other, until_ms=START_MS, space="other")
    kept.apply(observed.prompt("v2", time_ms=START_MS, deployment="v2", user=bytes([9] * 16)), until_ms=END_MS)
    found = {(day.app, day.space_id): sums(day).n.sum() for day in kept.days()}
    assert found == {("chat/production", "space"): 2, ("chat/production", "other"): 1, ("mail/production", "space"): 1}


def test_a_day_that_is_not_over_at_the_end_of_the_input_is_said_when_it_is_over(kept: Kept) -> None:
    kept.apply(prompt(1, 1), until_ms=START_MS + 2 * HOUR_MS, idle=True)
    assert (kept.days(), len(kept.stored())) == ([], 1)
    kept.apply(prompt(2, 5), until_ms=END_MS)
    assert [int(sums(day).n.sum()) for day in kept.days()] == [2]


def test_a_restored_fold_says_the_same(kept: Kept) -> None:
    other = Kept()
    for hour in range(0, 26, 2):
        for each in (kept, other):
            each.apply(prompt(hour, hour), prompt(hour + 1, hour, user=3), until_ms=START_MS + (hour + 1) * HOUR_MS)
        other.restart()
    assert other.days() == kept.days()
    assert len(kept.days()) == 1


def test_sums_that_a_crash_kept_from_being_dropped_are_not_said_again(kept: Kept) -> None:
    kept.apply(prompt(1, 1), until_ms=END_MS - HOUR_MS)
    kept.apply(until_ms=END_MS, drop=False)
    assert len(kept.stored()) == 1
    kept.restart()
    kept.apply(prompt(2, 25), until_ms=END_MS + 24 * HOUR_MS)
    assert [day.day for day in kept.days()] == [DAY, "2026-11-03"]
    assert not kept.stored()


def test_sums_are_written_when_windows_close_and_not_at_every_event(kept: Kept) -> None:
    kept.apply(prompt(1, 1), until_ms=START_MS + 2 * HOUR_MS)
    (name,) = kept.stored()
    del kept.fields[name]
    kept.apply(prompt(2, 3), until_ms=START_MS + 2 * HOUR_MS)
    assert not kept.stored()
    kept.apply(until_ms=START_MS + 4 * HOUR_MS)
    assert kept.stored() == [name]
    assert len(kept.fields[name]) < 16 * (384 + 32 + 1) + 100
