"""What moved, from the state that judge keeps: days before, hours since."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray
from tests.detectors.simulated import whitening

from eddyline import cells, daysums, features, samples
from eddyline.cells import Cell
from eddyline.daysums import Breakdown, DaySums
from eddyline.detectors import baseline as baselines
from eddyline.detectors.sums import Counts
from eddyline.detectors.sums import DaySums as Seen
from eddyline.history import History
from eddyline.moved import what_moved
from eddyline.samples import Item
from eddyline.windows import DAY_MS, HOUR_MS

START = datetime(2026, 11, 2, tzinfo=UTC)
START_MS = int(START.timestamp() * 1000)
DAYS, USERS, SHARE = 28, 480, 5
JSON = 1 << features.NAMES.index("json")
ZONE = ZoneInfo("UTC")
Vectors = NDArray[np.int8]


def vectors(n: int, rng: np.random.Generator, topics: list[int]) -> Vectors:
    found = rng.normal(size=(n, cells.DIMENSION)) * 8
    found[np.arange(n), rng.choice(topics, n)] += 100
    rounded: Vectors = np.clip(np.rint(found), -127, 127).astype(np.int8)
    return rounded


def cell(prefix: str, rows: Vectors, flags: NDArray[np.uint32]) -> Cell:
    found = Cell()
    found.gated.add(rows, flags, np.zeros((len(rows), cells.NUMERIC), np.int64))
    ids = [f"{prefix}{number}" for number in range(len(rows))]
    items = [
        Item(samples.hash_of(id_), id_, row.tobytes(), flag)
        for id_, row, flag in zip(ids, rows, flags.tolist(), strict=True)
    ]
    found.sample = samples.bottom(items, cells.SAMPLE)
    return found


def windows(number: int, *, change: bool = False) -> list[tuple[int, Cell]]:
    """Return the hours of a day; with a change each fifth prompt is of a new topic and has JSON."""
    rng, found = np.random.default_rng(number), []
    for hour in range(24):
        rows, flags = vectors(USERS // 24, rng, list(range(8))), np.zeros(USERS // 24, np.uint32)
        if change:
            rows[::SHARE], flags[::SHARE] = vectors(len(rows[::SHARE]), rng, [20]), JSON
        prefix = f"{number}-{hour}-"
        found.append((START_MS + number * DAY_MS + hour * HOUR_MS, cell(prefix, rows, flags)))
    return found


def day(number: int) -> DaySums:
    groups, hours, sample = Breakdown.empty(cells.GROUPS), Breakdown.empty(daysums.HOURS), list[Item]()
    for hour, (_, found) in enumerate(windows(number)):
        hours.add_sums(hour, found.gated)
        groups.add_sums(hour % cells.GROUPS, found.gated)
        sample = samples.bottom(sample + found.sample, daysums.SAMPLE)
    name = (START + timedelta(days=number)).date().isoformat()
    return DaySums(name, groups, hours, USERS, 0, lost=False, sample=sample)


def seen(number: int, found: DaySums) -> Seen:
    hours, groups = (
        Counts(one.n, one.x, one.features[:, : len(features.NAMES)]) for one in (found.hours, found.groups)
    )
    return Seen(START.toordinal() + number, hours, groups)


DAYS_BEFORE = [day(number) for number in range(DAYS)]
BASELINE = baselines.fit([seen(number, found) for number, found in enumerate(DAYS_BEFORE)], whitening())


def history(*, change: bool) -> History:
    found = History("space")
    for start, one in [*windows(DAYS), *windows(DAYS + 1, change=change)]:
        found.add(start, one)
    return found


def test_what_came_in_the_last_day_is_told_in_style_and_in_place() -> None:
    hours = history(change=True).day_before(START_MS + (DAYS + 2) * DAY_MS)
    assert len(hours) == 24
    found = what_moved(BASELINE, DAYS_BEFORE, hours, ZONE)
    assert [str(move) for move in found.styles] == ["prompts that contain JSON: 0.0 % → 20.0 %"]
    assert found.region is not None
    assert 0.15 < found.region.now_share <= 0.21
    assert all(int(id_.split("-")[2]) % SHARE == 0 for id_ in found.region.examples)
    assert {id_.split("-")[0] for id_ in found.region.ids} == {str(DAYS + 1)}


def test_without_a_change_nothing_is_told() -> None:
    hours = history(change=False).day_before(START_MS + (DAYS + 2) * DAY_MS)
    assert what_moved(BASELINE, DAYS_BEFORE, hours, ZONE) == ([], None)


def test_where_nothing_is_known_nothing_is_told() -> None:
    assert what_moved(BASELINE, [], {}, ZONE) == ([], None)


def test_hours_with_many_prompts_are_not_outweighed_by_those_with_few() -> None:
    """At night a topic prevails; a sample of 64 from each hour would make it the half of the day."""
    before, hours = list[DaySums](), History("space")
    for number in range(DAYS + 1):
        rng, sample = np.random.default_rng(number), list[Item]()
        for hour in range(24):
            n, topic = (400, list(range(8))) if hour >= 12 else (64, [20])
            found = cell(f"{number}-{hour}-", vectors(n, rng, topic), np.zeros(n, np.uint32))
            sample = samples.bottom(sample + found.sample, daysums.SAMPLE)
            if number == DAYS:
                hours.add(START_MS + number * DAY_MS + hour * HOUR_MS, found)
        before.append(DAYS_BEFORE[0]._replace(sample=sample))
    since = hours.day_before(START_MS + (DAYS + 1) * DAY_MS)
    assert what_moved(BASELINE, before, since, ZONE).region is None
