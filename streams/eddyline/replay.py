"""The same three stages over a file: what a backtest, a demonstration of exactness and a newcomer without Kafka run.

Lines are ``{"topic": ..., "value": {...}}``, or bare events where one topic is given for all. Every topic of the input
is a source of its own, read to its end at its last line; the outputs are those that a worker with ``clock = "log"``
writes for the same events, in the order of (time, id).
"""

import asyncio
import base64
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import orjson

from eddyline import partials
from eddyline.changes import Changes
from eddyline.encode import Encode, Reading, kinds
from eddyline.encoders.configured import read_space
from eddyline.errors import RefusedToStart
from eddyline.events import Record
from eddyline.fold import Fold, FoldPolicy
from eddyline.join import field_of, key_of, pack
from eddyline.judge import Judge, JudgePolicy
from eddyline.outputs.cloudevent import Output
from eddyline.partials import ReferenceImported
from eddyline.privacy import Pseudonyms
from eddyline.progress import Progress
from eddyline.protocols import Encoder
from eddyline.settings import Settings
from eddyline.store.memory import MemoryStore


class Pipeline:
    """encode, fold and judge in memory, wired as Kafka wires them."""

    def __init__(self, settings: Settings, encoder: Encoder, now_ms: int) -> None:
        """Take the settings as a worker does; ``now_ms`` is the clock that times in the future are held against."""
        self.settings, self._now_ms = settings, now_ms
        self._encode = Encode(settings, encoder, Pseudonyms(settings.privacy.pepper))
        self._joins = MemoryStore()
        fold_policy, judge_policy = FoldPolicy.of(settings), JudgePolicy.of(settings, read_space(settings))
        self._folds = [Fold(fold_policy, at) for at in range(settings.topics.observations_partitions)]
        self._judges = [Judge(judge_policy, at) for at in range(settings.topics.partials_partitions)]
        self._progress = Progress("log", 0)
        self.outputs: dict[str, dict[tuple[str, str], bytes]] = defaultdict(dict)
        """By topic, the line of every output by its place in the order: what is written twice is kept once."""
        self._inputs: dict[str, int] = {}

    def start(self, topics: Sequence[str]) -> None:
        """Say which topics the input has, each a source of one partition."""
        self._inputs = dict.fromkeys(topics, 1)
        self._progress.assign(dict.fromkeys(((topic, 0) for topic in topics), 0), self._now_ms, {})

    def import_reference(self, imported: ReferenceImported) -> None:
        """Make an eval set the reference of its app."""
        at = partials.partition_of(imported.app, len(self._judges))
        self._deliver(Output(self.settings.topics.partials, partials.pack(imported), partition=at))

    def feed(self, records: Sequence[Record]) -> None:
        """Run a batch of records through the stages."""
        self._send(self._encode.read(records, self._now_ms))

    def _send(self, reading: Reading) -> None:
        halves = [(key_of(half.request_id), field_of(half), pack(half)) for half in reading.halves]
        present = asyncio.run(self._joins.exchange(halves, []))
        for place in reading.places:
            self._progress.read(place.source, place.offset, place.time_ms, self._now_ms)
        sources = self._progress.sources({place.source for place in reading.places})
        for output in self._encode.outputs(reading, present, sources, self._inputs):
            self._deliver(output)

    def tick(self, ends: Mapping[tuple[str, int], int]) -> None:
        """Tell every fold how far the sources are; those that have come to their end are idle from now on."""
        for output in self._encode.tick(self._progress.tick(dict(ends), self._now_ms), self._inputs):
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


def replay(
    pipeline: Pipeline, files: Sequence[Path], out: Path, *, topic: str | None, progress: Callable[[int], None]
) -> dict[str, int]:
    """Run files of JSON lines through the stages and write what comes out to ``out/<topic>.jsonl``.

    Args:
        pipeline: a fresh one, with its references imported.
        files: JSON lines, read one after the other.
        out: folder for the outputs, made if it is missing.
        topic: the topic of bare events; None when every line names its own.
        progress: called with the number of lines done.

    Returns:
        How many records each output topic got.

    Raises:
        RefusedToStart: a file cannot be read, or a line names no known topic.
    """
    lines = _Lines(files, topic, kinds(pipeline.settings))
    ends = Counter(name for name, _ in lines)
    pipeline.start(sorted(ends))
    done = 0
    for batch in _batches(lines, ends, pipeline.settings.worker.batch_records):
        pipeline.feed(batch)
        pipeline.tick({(name, 0): end for name, end in ends.items()})
        done += len(batch)
        progress(done)
    return _write(pipeline.outputs, out)


@dataclass(frozen=True)
class _Lines:
    """The lines of the input files as (topic, value); iterated twice, to know where each topic ends."""

    files: Sequence[Path]
    topic: str | None
    known: Mapping[str, object]

    def __iter__(self) -> Iterator[tuple[str, bytes]]:
        for path in self.files:
            try:
                with path.open("rb") as file:
                    for number, line in enumerate(file, 1):
                        if line.strip():
                            yield self._split(line.rstrip(b"\r\n"), f"{path}:{number}")
            except OSError as error:
                raise RefusedToStart(f"{path}: {error.strerror}") from None

    def _split(self, line: bytes, where: str) -> tuple[str, bytes]:
        """Return topic and value of a line. Of a bare event even what is no JSON: it becomes a dead letter."""
        if self.topic is not None:
            return self.topic, line
        try:
            fields = orjson.loads(line)
            name, value = fields["topic"], fields["value"]
        except (orjson.JSONDecodeError, KeyError, TypeError):
            raise RefusedToStart(
                f'{where}: a line must be {{"topic": ..., "value": ...}}; name the topic of bare events with --topic'
            ) from None
        if name not in self.known:
            raise RefusedToStart(f"{where}: {name!r} is none of the input topics {', '.join(self.known)}")
        return name, orjson.dumps(value)


def _batches(lines: Iterable[tuple[str, bytes]], ends: Mapping[str, int], size: int) -> Iterator[list[Record]]:
    """Cut the input into batches; one ends with the last line of a topic, so that its end is noticed there."""
    offsets: Counter[str] = Counter()
    batch: list[Record] = []
    for name, value in lines:
        batch.append(Record(name, 0, offsets[name], value))
        offsets[name] += 1
        if len(batch) == size or offsets[name] == ends[name]:
            yield batch
            batch = []


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


def _write(outputs: Mapping[str, Mapping[tuple[str, str], bytes]], out: Path) -> dict[str, int]:
    out.mkdir(parents=True, exist_ok=True)
    for topic, records in outputs.items():
        with (out / f"{topic}.jsonl").open("wb") as file:
            file.writelines(records[order] + b"\n" for order in sorted(records))
    return {topic: len(records) for topic, records in sorted(outputs.items())}
