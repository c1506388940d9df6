"""What state takes in Redis is what docs/operations.md says, for several sizes of every load."""

import asyncio
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
import pytest
import redis.asyncio
from benchmarks.load import SETTINGS, START_MS, Load, records
from tests import observed
from tests.watched import WATCHED

from eddyline import cells, join, keys, paneldays, samples
from eddyline.cells import Cell
from eddyline.changes import Journal
from eddyline.daysums import Breakdown
from eddyline.demo import servers
from eddyline.fold import Fold, FoldPolicy
from eddyline.join import Half, PromptHalf, ResponseHalf
from eddyline.judge import Judge, JudgePolicy
from eddyline.panel import Row
from eddyline.partials import DayPartial
from eddyline.pastdays import KEPT_DAYS, PastDays
from eddyline.samples import Item
from eddyline.store.redis import RedisStore
from eddyline.windows import DAY_MS, HOUR_MS, local_day

PAGE = (Path(__file__).parents[2] / "docs" / "operations.md").read_text("utf-8")
ROWS = re.findall(r"^\| ([a-z ]+) \| (\d+) \|", PAGE, re.MULTILINE)
BYTES = {item: int(size) for item, size in ROWS}
TOLERANCE = 0.3
APP, SPACE = "chat/production", "space"


class Measured(NamedTuple):
    """Bytes of the two states, and of finished results by the name of their keys."""

    fold: int
    judge: int
    results: Counter[str]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[servers.RedisServer]:
    """Run a Redis."""
    with servers.redis_server(tmp_path_factory.mktemp("redis")) as found:
        yield found


def measure(server: servers.RedisServer, load: Load, *, closed: bool) -> Measured:
    """Run a load through fold and judge into an empty Redis; without ``closed`` its windows stay open."""

    async def measured() -> Measured:
        async with redis.asyncio.Redis.from_url(server.url) as client:
            await client.flushdb()
            store = RedisStore(client, join_ttl_seconds=3600)
            await _fill(store, list(records(load, 1))[: None if closed else -1])
            sizes = {key: await _size(client, key) async for key in client.scan_iter()}
        fold, judge = (sizes.pop(keys.state(stage, 0).encode()) for stage in ("fold", "judge"))
        results = Counter[str]()
        for key, size in sizes.items():
            results[key.decode().split(":")[1]] += size
        return Measured(fold, judge, results)

    return asyncio.run(measured())


async def _size(client: redis.asyncio.Redis, key: bytes) -> int:
    return int(await client.memory_usage(key, samples=0) or 0)


async def _fill(store: RedisStore, values: list[bytes]) -> None:
    fold, judge = Fold(FoldPolicy.of(SETTINGS), 0), Judge(JudgePolicy.of(SETTINGS, WATCHED), 0)
    stages: dict[str, Fold | Judge] = {keys.state("fold", 0): fold, keys.state("judge", 0): judge}
    owned = {key: await store.load(key) for key in stages}
    for offset, value in enumerate(values):
        for output in fold.apply(value):
            judge.apply(output.value)
        if offset % 10 == 0 or offset == len(values) - 1:
            for key, stage in stages.items():
                owned[key] = await store.save(key, owned[key], offset, stage.take_changes())


def formula(counts: Mapping[str, int]) -> int:
    """Return the bytes that the page gives for so many of each item."""
    return sum(BYTES[item] * count for item, count in counts.items())


@pytest.mark.parametrize("events", [4_000, 20_000])
@pytest.mark.parametrize("users_in_ten", [1, 10])
@pytest.mark.parametrize("deployments", [1, 50])
def test_open_windows_take_what_the_page_says(
    server: servers.RedisServer, events: int, users_in_ten: int, deployments: int
) -> None:
    users = events * users_in_ten // 10
    load = Load(events=events, users=users, windows=1, deployments=deployments)
    found = measure(server, load, closed=False)
    counts = {"event id": events, "user in an open window": users, "cell": deployments}
    assert found.fold == pytest.approx(formula(counts), rel=TOLERANCE)


@pytest.mark.parametrize("events", [4_000, 10_000, 40_000])
def test_what_stays_of_closed_windows_is_what_the_page_says(server: servers.RedisServer, events: int) -> None:
    users = min(events // 4, 10_000)
    found = measure(server, Load(events=events, users=users, windows=10), closed=True)
    counts = {"event id": events, "user of the day": users, "row of the day": users, "sums of the open day": 1}
    assert found.fold == pytest.approx(formula(counts), rel=TOLERANCE)


@pytest.mark.parametrize("events", [200_000])
def test_an_event_costs_eight_bytes_within_the_horizon_of_duplicates(server: servers.RedisServer, events: int) -> None:
    found = measure(server, Load(events=events, users=10, windows=10), closed=True)
    assert found.fold / events == pytest.approx(BYTES["event id"], rel=TOLERANCE)


@pytest.mark.parametrize(("windows", "deployments"), [(12, 1), (24, 10), (48, 40)])
def test_judge_and_its_results_take_what_the_page_says(
    server: servers.RedisServer, windows: int, deployments: int
) -> None:
    each, parts, hours = 20, windows * deployments, windows // 12
    events = parts * each
    found = measure(server, Load(events=events, users=events, windows=windows, deployments=deployments), closed=True)
    judge = {
        "window of the day": parts,
        "hour of history": hours,
        "hour that fills": deployments,
        "hour of the open day": hours,
        "sampled prompt": 64 * (hours + deployments) + 40,
    }
    results = {
        "closed window": parts + hours * deployments,
        "sampled prompt": each * parts + 64 * hours * deployments,
        "rolling sums": deployments,
    }
    assert found.judge == pytest.approx(formula(judge), rel=TOLERANCE)
    assert found.results.total() == pytest.approx(formula(results), rel=TOLERANCE)


@pytest.mark.parametrize("users", [800, 2_500])
def test_a_day_leaves_panel_rows_and_a_reference_as_the_page_says(server: servers.RedisServer, users: int) -> None:
    found = measure(server, Load(events=2 * users, users=users, windows=300), closed=True)
    gated_windows = 12 * 12  # the first half of the prompts, every user's first one
    sampled = min(users, 64 * gated_windows // 12) + 256 + 40
    judge = {"window of the day": 288, "hour of history": 26, "hour that fills": 1, "reference": 1}
    judge["panel row"] = users
    assert found.judge == pytest.approx(formula(judge | {"sampled prompt": sampled}), rel=TOLERANCE)


@pytest.mark.parametrize("users", [1_000, 10_000])
def test_a_day_of_the_panel_takes_what_the_page_says(users: int) -> None:
    rng = np.random.default_rng(2)
    rows = []
    for number in range(users):
        row = Row(rng.bytes(16), "v1", START_MS + int(rng.integers(DAY_MS)), bucket=number % 1000)
        row.n = row.openers = 1
        row.first = int(rng.integers(2**20))
        row.features = [row.first >> place & 1 for place in range(32)]
        row.numeric = [int(rng.integers(400)), int(rng.integers(80)), 1, 0, 0, 0, 0, 0]
        row.projected = rng.normal(0, 330, 64).astype(int).tolist()
        rows.append(row)
    packed = paneldays.pack(paneldays.of_rows(1, rows, users, lost=False))
    assert len(packed) == pytest.approx(formula({"panel row": users}), rel=TOLERANCE)


@pytest.mark.parametrize("users", [500, 3_000])
@pytest.mark.parametrize("days", [1, KEPT_DAYS])
def test_days_take_what_the_page_says(server: servers.RedisServer, users: int, days: int) -> None:
    journal = Journal()
    past = PastDays(ZoneInfo("UTC"), 86_400, journal)
    rng = np.random.default_rng(1)
    for number in range(days + 1):
        start_ms, whole = START_MS + number * DAY_MS, number < days
        past.close(start_ms)
        for hour in range(24):
            past.add_window(APP, SPACE, start_ms + hour * HOUR_MS, _cell(users // 24, rng), lost=False)
        past.add_groups(_groups(start_ms, users, rng))
        if whole:
            past.close(start_ms + DAY_MS)

    async def measured() -> tuple[int, int]:
        async with redis.asyncio.Redis.from_url(server.url) as client:
            await client.flushdb()
            store, key = RedisStore(client, join_ttl_seconds=3600), keys.state("judge", 0)
            await store.save(key, await store.load(key), 0, journal.take())
            sizes = {key: await _size(client, key) async for key in client.scan_iter()}
        return sizes.pop(key.encode()), sum(sizes.values())

    state, results = asyncio.run(measured())
    counts = {"sums of the open day": 1, "hour of the open day": 24, "day": days, "sampled prompt": 40 * (days + 1)}
    assert state == pytest.approx(formula(counts), rel=TOLERANCE)
    assert results == pytest.approx(formula({"day": days, "sampled prompt": 40 * days}), rel=TOLERANCE)


def _cell(n: int, rng: np.random.Generator) -> Cell:
    cell, vectors = Cell(), observed.unit_vectors(n, rng)
    for sums in (cell.volume, cell.gated):
        sums.add(vectors, np.full(n, 0xFFFFF, np.uint32), np.zeros((n, 8), np.int64))
    hashes = rng.integers(2**63, 2**64, n, np.uint64).tolist()
    items = [
        Item(hashed, f"event-{hashed:032d}", row.tobytes(), 0xFFFFF)
        for hashed, row in zip(hashes, vectors, strict=True)
    ]
    cell.sample = samples.bottom(items, cells.SAMPLE)
    return cell


def _groups(start_ms: int, users: int, rng: np.random.Generator) -> DayPartial:
    groups, day = Breakdown.empty(16), local_day(start_ms, ZoneInfo("UTC"))
    vectors, flags = observed.unit_vectors(users, rng), np.full(users, 0xFFFFF, np.uint32)
    groups.add([number % 16 for number in range(users)], vectors, flags)
    return DayPartial(0, APP, day, SPACE, groups.wire())


@pytest.mark.parametrize("requests", [500, 5_000])
def test_halves_take_what_the_page_says(server: servers.RedisServer, requests: int) -> None:
    async def measured() -> int:
        async with redis.asyncio.Redis.from_url(server.url) as client:
            await client.flushdb()
            store = RedisStore(client, join_ttl_seconds=3600)
            for number in range(requests):
                id_ = f"event-{number:032d}"
                await store.exchange(
                    [(join.key_of(id_), join.field_of(half), join.pack(half)) for half in _halves(id_)],
                    [],
                )
            return sum([await _size(client, key) async for key in client.scan_iter()])

    assert asyncio.run(measured()) == pytest.approx(formula({"half": 2 * requests}), rel=TOLERANCE)


def _halves(id_: str) -> list[Half]:
    prompt = PromptHalf(id_, "chat/production", "v1", bytes(16), bytes(384), "space", answered=False)
    scores = [("refusal", "1", 0), ("relevance", "1", 5000)]
    return [prompt, ResponseHalf(id_, 1_728_000_000_000, None, bytes(384), "space", scores)]
