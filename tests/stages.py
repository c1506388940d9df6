"""The three stages in memory, as tests drive them: sources of several partitions, a clock, states that are restored."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

import numpy as np
import orjson
from tests.watched import WATCHED

from eddyline.changes import Changes
from eddyline.clock import Now
from eddyline.events import Record
from eddyline.fold import Fold, FoldPolicy
from eddyline.judge import Judge, JudgePolicy
from eddyline.progress import Progress
from eddyline.protocols import Encoded, Encoder
from eddyline.replay import Pipeline
from eddyline.settings import Settings

Outputs = dict[str, dict[tuple[str, str], bytes]]
Place = tuple[str, int]


class TiledEncoder:
    """Encodes a text as its digest over and over: different texts are apart, and it costs nothing."""

    space_id, build_id = "tiles", "build"

    def encode(self, texts: Sequence[str]) -> Encoded:
        """Return rows of about the norm of real ones."""
        digests = b"".join(hashlib.blake2b(text.encode(), digest_size=16).digest() for text in texts)
        vectors = np.tile(np.frombuffer(digests, np.int8).reshape(len(texts), 16) // 4, 24)
        return Encoded(vectors, vectors[:, :64].astype(np.int16), np.zeros(len(texts), np.bool_))


class Stages(Pipeline):
    """A pipeline that keeps the fields of its states, and whose clock is the test's."""

    def __init__(
        self,
        settings: Settings,
        encoder: Encoder,
        now_ms: int,
        *,
        clock: Literal["live", "log"] = "log",
        idle_ms: int = 0,
    ) -> None:
        super().__init__(settings, encoder, now_ms)
        self._latest_ms = now_ms
        self._progress = Progress(clock, idle_ms)
        self.fields: dict[Place, dict[str, bytes]] = defaultdict(dict)
        self.results: dict[str, dict[str, bytes]] = defaultdict(dict)

    def open(self, partitions: Mapping[str, int]) -> None:
        """Say how many partitions every input topic has."""
        self._inputs = dict(partitions)
        self._progress.assign(dict.fromkeys(places(partitions), 0), self.now_ms, {})

    def set_clock(self, now: Now) -> None:
        """Set the worker's clock."""
        self.now_ms, self._latest_ms = now

    def feed(self, records: Sequence[Record]) -> None:
        """Run a batch of records through the stages, as a worker does."""
        self._send(self._encode.read(records, self._latest_ms))

    def restart(self) -> None:
        """Throw the memory of fold and judge away and restore it from the stored fields."""
        topics = self.settings.topics
        fold_policy, judge_policy = FoldPolicy.of(self.settings), JudgePolicy.of(self.settings, WATCHED)
        self._folds = [
            Fold.restore(fold_policy, at, self.fields[topics.observations, at]) for at in range(len(self._folds))
        ]
        self._judges = [
            Judge.restore(judge_policy, at, self.fields[topics.partials, at]) for at in range(len(self._judges))
        ]

    def _checkpoint(self, topic: str, partition: int, changes: Changes) -> None:
        fields = self.fields[topic, partition]
        fields.update(changes.fields)
        for name in changes.drops:
            fields.pop(name, None)
        for result in changes.results:
            self.results[result.key][result.field] = result.value


def records_of(lines: Iterable[tuple[str, dict[str, Any] | bytes]], partitions: Mapping[str, int]) -> list[Record]:
    """Return lines as records; those of one user, or of one request, in one partition."""
    offsets: Counter[Place] = Counter()
    found = []
    for topic, event in lines:
        place = topic, _partition(event, partitions[topic])
        found.append(Record(*place, offsets[place], event if isinstance(event, bytes) else orjson.dumps(event)))
        offsets[place] += 1
    return found


def _partition(event: dict[str, Any] | bytes, partitions: int) -> int:
    key = b"" if isinstance(event, bytes) else str(event.get("user") or event.get("request_id")).encode()
    return int.from_bytes(hashlib.blake2b(key, digest_size=2).digest()) % partitions


def ends_of(records: Iterable[Record]) -> dict[Place, int]:
    """Return where every partition ends once all ``records`` are in it."""
    ends: dict[Place, int] = {}
    for record in records:
        place = record.topic, record.partition
        ends[place] = max(record.offset + 1, ends.get(place, 0))
    return ends


def run(records: Sequence[Record], stages: Stages, partitions: Mapping[str, int], *, batch: int, ticks: int) -> Outputs:
    """Run records through the stages to their end, a tick after every ``ticks`` batches."""
    ends = dict.fromkeys(places(partitions), 0) | ends_of(records)
    stages.open(partitions)
    for number, at in enumerate(range(0, len(records), batch)):
        stages.feed(records[at : at + batch])
        if number % ticks == 0:
            stages.tick(ends)
    stages.tick(ends)
    return {topic: dict(found) for topic, found in stages.outputs.items()}


def places(partitions: Mapping[str, int]) -> list[Place]:
    """Return every partition of every topic."""
    return [(topic, at) for topic, count in partitions.items() for at in range(count)]
