"""A replay takes any history: its sources, its gaps, where it begins and where it ends."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import orjson
from tests.stages import TiledEncoder

from eddyline.events import Record
from eddyline.inputs.times import parse_time
from eddyline.recorded.history import Source
from eddyline.replay import Pipeline, replay
from eddyline.settings import Privacy, Settings, Worker

SETTINGS = Settings(privacy=Privacy(pepper="a pepper for tests"), worker=Worker(batch_records=4))
START_MS = 1_788_739_200_000
NOW_MS = START_MS + 10**9
MINUTE_MS = 60_000


@dataclass
class Told:
    """A history as a test tells it."""

    spans: Mapping[Source, range]
    records: Sequence[Record]

    def __iter__(self) -> Iterator[Record]:
        return iter(self.records)


def prompt(minute: int, partition: int, offset: int) -> Record:
    event = {"ts": START_MS + minute * MINUTE_MS, "app": "shop", "user": f"u{minute}", "prompt": f"Question {minute}?"}
    return Record("prompts", partition, offset, orjson.dumps(event))


def prompts_in_windows(history: Told) -> dict[int, int]:
    """Return how many prompts there are in each closed window, by its minute."""
    pipeline = Pipeline(SETTINGS, TiledEncoder(), NOW_MS)
    replay(pipeline, history, lambda _: None)
    found: Counter[int] = Counter()
    for line in pipeline.outputs[SETTINGS.topics.drift].values():
        data = orjson.loads(line)["data"]
        start_ms = parse_time(data["window"]["start"], latest_ms=NOW_MS)
        found[(start_ms - START_MS) // MINUTE_MS] += data["n"]
    return found


PROMPTS = [prompt(minute, 0, minute) for minute in range(12)]
WHOLE = {0: 5, 5: 5, 10: 2}
FULL = {("prompts", 0): range(12)}


def test_all_windows_are_closed_at_the_end() -> None:
    assert prompts_in_windows(Told(FULL, PROMPTS)) == WHOLE


def test_sources_without_a_record_hold_no_window_open() -> None:
    spans = FULL | {("prompts", 1): range(0), ("feedback", 0): range(7, 7)}
    assert prompts_in_windows(Told(spans, PROMPTS)) == WHOLE


def test_last_offsets_without_a_record_hold_no_window_open() -> None:
    assert prompts_in_windows(Told({("prompts", 0): range(14)}, PROMPTS)) == WHOLE


def test_a_partition_that_is_read_after_another_is_not_late() -> None:
    first, second = ([prompt(minute, minute % 2, minute // 2) for minute in range(at, 12, 2)] for at in (0, 1))
    spans = {("prompts", 0): range(6), ("prompts", 1): range(6)}
    assert prompts_in_windows(Told(spans, [*first, *second])) == WHOLE


def test_a_history_that_begins_in_the_middle_of_a_topic_is_whole_from_there_on() -> None:
    assert prompts_in_windows(Told({("prompts", 0): range(6, 12)}, PROMPTS[6:])) == {5: 4, 10: 2}


def test_a_history_without_a_record_comes_to_nothing() -> None:
    assert prompts_in_windows(Told({}, [])) == {}
