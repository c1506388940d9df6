"""The same three stages over a history: what a backtest, a demonstration of exactness and a newcomer without Kafka run.

The outputs are those that a worker with ``clock = "log"`` writes for the same events, in the order of (time, id).
"""

import asyncio
import base64
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import orjson

from eddyline import partials
from eddyline.changes import Changes
from eddyline.encode import Encode, Reading
from eddyline.encoders.configured import read_space
from eddyline.events import Record
from eddyline.fold import Fold, FoldPolicy
from eddyline.join import field_of, key_of, pack
from eddyline.judge import Judge, JudgePolicy
from eddyline.outputs.cloudevent import Output
from eddyline.partials import ReferenceImported
from eddyline.privacy import Pseudonyms
from eddyline.progress import Progress
from eddyline.protocols import Encoder
from eddyline.recorded.history import History, Source
from eddyline.settings import Settings
from eddyline.store.memory import MemoryStore


class Pipeline:
    """encode, fold and judge in memory, wired as Kafka wires them."""

    def __init__(self, settings: Settings, encoder: Encoder, now_ms: int) -> None:
        """Take the settings as a worker does; ``now_ms`` is the clock that times in the future are held against."""
        self.settings, self.now_ms = settings, now_ms
        self._encode = Encode(settings, encoder, Pseudonyms(settings.privacy.pepper))
        self._joins = MemoryStore()
        fold_policy, judge_policy = FoldPolicy.of(settings), JudgePolicy.of(settings, read_space(settings))
        self._folds = [Fold(fold_policy, at) for at in range(settings.topics.observations_partitions)]
        self._judges = [Judge(judge_policy, at) for at in range(settings.topics.partials_partitions)]
        self._progress = Progress("log", 0)
        self.outputs: dict[str, dict[tuple[str, str], bytes]] = defaultdict(dict)
        """By topic, the line of every output by its place in the order: what is written twice is kept once."""
        self._inputs: dict[str, int] = {}

    def start(self, starts: Mapping[Source, int]) -> None:
        """Say which sources the input has, all partitions of its topics, and at which offset each begins."""
        self._inputs = Counter(topic for topic, _ in starts)
        self._progress.assign(starts, self.now_ms, {})

    def import_reference(self, imported: ReferenceImported) -> None:
        """Make an eval set the reference of its app."""
        at = partials.partition_of(imported.app, len(self._judges))
        self._deliver(Output(self.settings.topics.partials, partials.pack(imported), partition=at))

    def feed(self, records: Sequence[Record]) -> None:
        """Run a batch of records through the stages."""
        self._send(self._encode.read(records, self.now_ms))

    def _send(self, reading: Reading) -> None:
        halves = [(key_of(half.request_id), field_of(half), pack(half)) for half in reading.halves]
        present = asyncio.run(self._joins.exchange(halves, []))
        for place in reading.places:
            self._progress.read(place.source, place.offset, place.time_ms, self.now_ms)
        sources = self._progress.sources({place.source for place in reading.places})
        for output in self._encode.outputs(reading, present, sources, self._inputs):
            self._deliver(output)

    def tick(self, ends: Mapping[Source, int]) -> None:
        """Tell every fold how far the sources are; those that have come to their end are idle from now on."""
        for output in self._encode.tick(self._progress.tick(dict(ends), self.now_ms), self._inputs):
            self._deliver(output)

    def _deliver(self, output: Output) -> None:
        topics = self.settings.topics
        stages: dict[str, Sequence[Fold | Judge]] = {topics.observations: self._folds, topics.partials: self._judges}
        if output.partition is None or output.topic not in stages:
            self._keep(output)
            return
        state = stages[output.topic][output.partition]
        for further in state.apply(output.value):
            self._deliver(further)
        self._checkpoint(output.topic, output.partition, state.take_changes())

    def _keep(self, output: Output) -> None:
        """Take what leaves the stages."""
        self.outputs[output.topic][_order(output)] = _line(output)

    def _checkpoint(self, topic: str, partition: int, changes: Changes) -> None:
        """Take what a state would have stored; a replay starts anew instead of going on, so it stores nothing."""


def replay(pipeline: Pipeline, history: History, progress: Callable[[int], None]) -> None:
    """Run a history through the stages, until all of its windows are closed.

    Args:
        pipeline: a fresh one, with its references imported.
        history: what to read.
        progress: called with the number of records done.

    Raises:
        RefusedToStart: the history cannot be read, or a line names no known topic.
        Unavailable: the brokers that hold it do not answer.
    """
    spans = history.spans
    ends = {source: span.stop for source, span in spans.items()}
    pipeline.start({source: span.start for source, span in spans.items()})
    done = 0
    for batch in _batches(history, ends, pipeline.settings.worker.batch_records):
        pipeline.feed(batch)
        pipeline.tick(ends)
        done += len(batch)
        progress(done)
    # The last offsets of a topic may hold no record: those of transactions do not.
    pipeline.tick(dict.fromkeys(ends, 0))


def _batches(history: History, ends: Mapping[Source, int], size: int) -> Iterator[list[Record]]:
    """Cut a history into batches; one ends with the last record of a source, so that its end is noticed there."""
    batch: list[Record] = []
    for record in history:
        batch.append(record)
        if len(batch) == size or record.offset + 1 == ends[record.topic, record.partition]:
            yield batch
            batch = []
    if batch:
        yield batch


def write(outputs: Mapping[str, Mapping[tuple[str, str], bytes]], out: Path) -> dict[str, int]:
    """Write the outputs of a pipeline to ``out/<topic>.jsonl``; return how many records each topic got.

    ``out`` is made if it is missing.
    """
    out.mkdir(parents=True, exist_ok=True)
    for topic, records in outputs.items():
        with (out / f"{topic}.jsonl").open("wb") as file:
            file.writelines(records[order] + b"\n" for order in sorted(records))
    return {topic: len(records) for topic, records in sorted(outputs.items())}


def _order(output: Output) -> tuple[str, str]:
    """Return what an output is sorted by and kept once by: time and id; of a dead letter where it was."""
    headers = dict(output.headers)
    if time := headers.get("ce_time"):
        return time.decode(), (headers["ce_id"] or b"").decode()
    return (headers["dlq.topic"] or b"").decode(), (headers["dlq.offset"] or b"").decode().rjust(20)


def _line(output: Output) -> bytes:
    """Return an output as a line: an event as it is; a dead letter, which may hold any bytes, inside JSON."""
    headers = {name: (value or b"").decode() for name, value in output.headers}
    if "ce_id" in headers:
        return output.value
    return orjson.dumps({"headers": headers, "value_base64": base64.b64encode(output.value).decode()})
