"""One session of the fuzzer: a stream of mutated records through all three stages, and what must hold of it.

The total contract: every record is an event, a tombstone or a dead letter with a stable reason; no stage raises; every
output can be written and read; nothing takes long. A session depends on its seed alone, so it can be run again.
"""

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from random import Random

import msgspec
import orjson
from tests.fuzz.mutation import mutate
from tests.fuzz.seeds import INPUTS, NOW_MS, TOPICS, events, junk, largest
from tests.watched import WATCHED

from eddyline.changes import Changes
from eddyline.encode import kinds
from eddyline.errors import DeadLetter
from eddyline.events import Record
from eddyline.fold import Fold, FoldPolicy
from eddyline.inputs import Defaults, decode
from eddyline.judge import Judge, JudgePolicy
from eddyline.outputs.cloudevent import Output
from eddyline.protocols import Encoder
from eddyline.replay import Pipeline
from eddyline.settings import Events, Privacy, Settings
from eddyline.settings import Judge as JudgeSettings

SETTINGS = Settings(
    topics=TOPICS,
    privacy=Privacy(pepper="a pepper for fuzzing"),
    judge=JudgeSettings(min_window=1, min_reference=1),
    events=Events(max_bytes=1_000_000),
)
KINDS = kinds(SETTINGS)
DEFAULTS = Defaults.of(SETTINGS.events)
RECORDS = 96
FLOODS = 0.05
MOST_SECONDS = 2.0
"""Of CPU time for a batch of up to 96 records; the slowest single one takes a fifth of it."""
BROKER_LIMIT = 1_000_000
"""``message.max.bytes`` of librdkafka and, nearly, of a broker: a larger output could never be written."""
REASONS = ("bad_json", "bad_encoding", "bad_timestamp", "future_timestamp", "too_large", "unknown_version")
MORE_REASONS = ("unknown_envelope", "invalid_field")


class Stages(Pipeline):
    """The stages in memory; counts what leaves them, checks it, and can be put together again from their fields."""

    def __init__(self, settings: Settings, encoder: Encoder) -> None:
        super().__init__(settings, encoder, NOW_MS)
        self.written: Counter[str] = Counter()
        self._fields: dict[tuple[str, int], dict[str, bytes]] = defaultdict(dict)
        self.start(dict.fromkeys(((topic, 0) for topic in INPUTS), 0))

    def restart(self) -> None:
        """Throw the memory of fold and judge away and restore it from what they stored."""
        fold, judge = FoldPolicy.of(self.settings), JudgePolicy.of(self.settings, WATCHED)
        for at in range(len(self._folds)):
            if fields := self._fields[TOPICS.observations, at]:
                self._folds[at] = Fold.restore(fold, at, fields)
        for at in range(len(self._judges)):
            if fields := self._fields[TOPICS.partials, at]:
                self._judges[at] = Judge.restore(judge, at, fields)

    def _deliver(self, output: Output) -> None:
        check_size(output)
        super()._deliver(output)

    def _keep(self, output: Output) -> None:
        self.written[check(output)] += 1

    def _checkpoint(self, topic: str, partition: int, changes: Changes) -> None:
        fields = self._fields[topic, partition]
        fields.update(changes.fields)
        for name in changes.drops:
            fields.pop(name, None)


def records(random: Random, count: int = RECORDS) -> Iterator[Record]:
    """Give mutated records; offsets rise by topic.

    Most come of a few events. One in ten comes as it was; one stream in twenty is a flood of long names instead.
    """
    good, bad, offsets = events(), junk(), Counter[str]()
    few, flood = random.sample(good, random.choice((1, 3, len(good)))), random.random() < FLOODS
    for number in range(count):
        seed = random.choice(few if random.random() < 0.8 else bad)
        made = seed if random.random() < 0.1 else mutate(seed, good, random)
        made = Record(random.choice(INPUTS[:3]), 0, 0, orjson.dumps(largest(number))) if flood else made
        yield msgspec.structs.replace(made, offset=offsets[made.topic])
        offsets[made.topic] += 1


def run(seed: str, encoder: Encoder, feed: Callable[[Stages, Sequence[Record]], None] = Stages.feed) -> Counter[str]:
    """Run a session to the end of its input; return how often each kind of output was written, dead letters by reason.

    Raises:
        AssertionError: the contract is broken.
        Exception: whatever a stage let out, which breaks it too.
    """
    random = Random(seed)
    stages, left = Stages(SETTINGS, encoder), list(records(random))
    refused = sum(map(is_refused, left))
    while left:
        size = random.choice((1, 4, 16, RECORDS))
        batch, left = left[:size], left[size:]
        began = time.process_time()
        feed(stages, batch)
        took = time.process_time() - began
        assert took < MOST_SECONDS, f"{took:.1f} s for {len(batch)} records"
        if random.random() < 0.1:
            stages.restart()
    stages.tick({(topic, 0): 0 for topic in INPUTS})
    dead = sum(n for kind, n in stages.written.items() if kind.startswith("dlq:"))
    assert dead == refused, f"{dead} dead letters of {refused} records that are refused"
    return stages.written


def is_refused(record: Record) -> bool:
    """Decode a record by itself; return whether it is one for the dead letters. Nothing else may be raised."""
    try:
        event = decode(
            record, KINDS[record.topic], max_bytes=SETTINGS.events.max_bytes, defaults=DEFAULTS, now_ms=NOW_MS
        )
    except DeadLetter:
        return True
    assert (event is None) == (not record.value), "a tombstone is an empty value"
    return False


def check(output: Output) -> str:
    """Return what kind of output it is; fails for one that a reader could not read."""
    headers = dict(output.headers)
    assert all(isinstance(name, str) and isinstance(value, bytes | None) for name, value in output.headers)
    if output.topic == TOPICS.dead_letters:
        return f"dlq:{_reason(headers)}"
    event = orjson.loads(output.value)
    assert (event["id"], event["specversion"]) == ((headers["ce_id"] or b"").decode(), "1.0")
    return str(event["type"])


def check_size(output: Output) -> None:
    """Fail for an output that the broker would refuse."""
    headers = sum(len(name.encode()) + len(value or b"") for name, value in output.headers)
    size = len(output.value) + len(output.key or b"") + headers
    assert size < BROKER_LIMIT, f"an output of {size} bytes for {output.topic}"


def _reason(headers: Mapping[str, bytes | None]) -> str:
    reason = (headers["dlq.reason"] or b"").decode()
    assert reason.partition(":")[0] in REASONS + MORE_REASONS, reason
    assert len(reason) < 60, reason
    return reason
