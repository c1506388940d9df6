"""Eddyline as its users run it: worker processes on real servers, which many tests share.

An :class:`Installation` has topics, consumer groups and a Redis database of its own. Workers are child processes; a
test waits until judge has written that everything is judged, ends them, and reads the output topics from end to end.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Any

import msgspec
import redis
from confluent_kafka import Consumer, KafkaError, Message, Producer, TopicPartition
from tests.watched import WATCHED

from eddyline import keys
from eddyline.demo.servers import Broker, RedisServer
from eddyline.judge import Judge, JudgePolicy
from eddyline.kafka import topics
from eddyline.settings import Settings, Topics, load_settings

PEPPER = "a pepper for tests"
REDIS_DATABASES = 16
NAMED = [field.name for field in msgspec.structs.fields(Topics) if not field.name.endswith("_partitions")]
PATIENCE_SECONDS = 120.0
TERMINATION_SECONDS = 10.0
Line = tuple[str, Any]
"""An input topic by its setting's name, and a JSON value or raw bytes."""
_numbers = count()


class Installation:
    """Topics, groups and a Redis database of one test on shared servers."""

    def __init__(self, broker: Broker, server: RedisServer, home: Path, **changes: object) -> None:
        """Create the topics and empty the database; ``changes`` are settings: ``windows_idle_seconds=3``."""
        number = next(_numbers)
        database = number % REDIS_DATABASES
        self.name, self.home = f"t{number}", home
        self.environ = _environ(self.name, broker.bootstrap, server.url.removesuffix("/0") + f"/{database}", changes)
        self.settings: Settings = load_settings(None, self.environ)
        self.redis = redis.Redis(port=server.port, db=database)
        self.redis.flushdb()
        topics.create(self.settings)
        # Without idempotence a retried batch, as on topics made just now, would come after its successors.
        producer = {"bootstrap.servers": broker.bootstrap, "linger.ms": 5, "enable.idempotence": True, "log_level": 0}
        self._producer = Producer(producer)

    def topic(self, name: str) -> str:
        """Return the topic that the setting ``name`` names: ``shadow-responses`` is ``topics.shadow_responses``."""
        return str(getattr(self.settings.topics, name.replace("-", "_")))

    def produce(self, lines: Iterable[Line]) -> None:
        """Write lines in order; those of one user, or of one request, to one partition."""
        for name, value in lines:
            self._producer.produce(self.topic(name), _bytes(value), _key(value), on_delivery=_delivered)
            self._producer.poll(0)
        self._producer.flush()

    def produce_to(self, name: str, partition: int, values: Iterable[object]) -> None:
        """Write values, JSON or raw bytes, to one partition of a topic."""
        for value in values:
            self._producer.produce(self.topic(name), _bytes(value), partition=partition, on_delivery=_delivered)
            self._producer.poll(0)
        self._producer.flush()

    def pace(self, lines: Sequence[Line], seconds: float, meanwhile: Callable[[], None] = lambda: None) -> None:
        """Write lines evenly over ``seconds``; ``meanwhile`` is called again and again and may look after workers."""
        start = time.monotonic()
        for number, (name, value) in enumerate(lines):
            self._producer.produce(self.topic(name), _bytes(value), _key(value), on_delivery=_delivered)
            while (ahead := number / len(lines) * seconds - (time.monotonic() - start)) > 0:
                self._producer.poll(min(ahead, 0.1))
                meanwhile()
        self._producer.flush()

    def read(self, name: str) -> list[Message]:
        """Return every record of an output topic as it is now."""
        return read_to_end(self.settings.kafka.bootstrap, self.topic(name))

    def events(self, name: str) -> dict[str, bytes]:
        """Return an output topic after upsert by id; fails when two records with one id differ."""
        found: dict[str, bytes] = {}
        for message in self.read(name):
            id_ = headers(message)["ce_id"].decode()
            assert found.setdefault(id_, message.value() or b"") == message.value(), f"{name}: two values of {id_}"
        return found

    def drift(self) -> list[dict[str, Any]]:
        """Return the data of all drift events, by window and deployment."""
        found = [json.loads(value)["data"] for value in self.events("drift").values()]
        return sorted(found, key=lambda data: (data["window"]["start"], data["app"], data["deployment"] or ""))

    def scores(self) -> list[dict[str, Any]]:
        """Return the data of all score events."""
        return [json.loads(value)["data"] for value in self.events("scores").values()]

    def judged_until(self) -> int:
        """Return how far all partitions of judge say that they have judged, in milliseconds."""
        policy = JudgePolicy.of(self.settings, WATCHED)
        until = []
        for partition in range(self.settings.topics.partials_partitions):
            found: dict[bytes, bytes] = self.redis.hgetall(keys.state("judge", partition))  # type: ignore[assignment]
            fields = {name.decode(): value for name, value in found.items() if name not in (b"epoch", b"applied")}
            summary = Judge.restore(policy, partition, fields).summary() if fields else {"folds": 0}
            until.append(summary["judged_until_ms"] if summary["folds"] else 0)
        return min(int(str(at)) for at in until)


class Workers:
    """Worker processes under a supervisor: who ends with an error is started again."""

    program: Sequence[str] = ("eddyline", "worker")
    in_order: Collection[int] = (0,)
    """Exit codes of a worker that was asked to end."""

    def __init__(self, installation: Installation, size: int) -> None:
        self._installation = installation
        self._processes: list[subprocess.Popen[bytes]] = []
        self._logs: list[Path] = []
        self.crashes = 0
        for slot in range(size):
            self._processes.append(self._start(slot))

    def _start(self, slot: int) -> subprocess.Popen[bytes]:
        log = self._installation.home / f"{self._installation.name}-worker-{slot}.log"
        self._logs = [*dict.fromkeys([*self._logs, log])]
        with log.open("ab") as out:
            command = [sys.executable, "-m", *self.program]
            return subprocess.Popen(command, env=self.environ(), stdout=out, stderr=out, cwd=log.parent)

    def environ(self) -> Mapping[str, str]:
        """Return the environment of the worker that is started next."""
        return self._installation.environ

    def supervise(self) -> None:
        """Start every worker again that has ended; fails for one that refused to start or ended unasked with 0."""
        for slot, process in enumerate(self._processes):
            code = process.poll()
            if code is not None:
                assert code == 1, f"a worker ended with {code}:\n{self.tail()}"
                self.crashes += 1
                self._processes[slot] = self._start(slot)

    def kill(self, slot: int) -> None:
        """End a worker with SIGKILL and start it again at once."""
        self._processes[slot].kill()
        self._processes[slot].wait()
        self._processes[slot] = self._start(slot)

    def terminate(self, slot: int) -> float:
        """Ask a worker to end; return the seconds it took. Fails when it does not end in order and in time."""
        process, start = self._processes[slot], time.monotonic()
        process.send_signal(signal.SIGTERM)
        code = process.wait(4 * TERMINATION_SECONDS)
        assert code in self.in_order, f"a worker ended with {code} after SIGTERM:\n{self.tail()}"
        return time.monotonic() - start

    def restart(self, slot: int) -> None:
        """Start a worker that was terminated."""
        self._processes[slot] = self._start(slot)

    def wait_until(self, done: Callable[[], bool], seconds: float = PATIENCE_SECONDS) -> None:
        """Supervise until ``done``; fails with the workers' last words when it takes too long."""
        deadline = time.monotonic() + seconds
        while not done():
            assert time.monotonic() < deadline, f"not done after {seconds:.0f} s:\n{self.tail()}"
            self.supervise()
            time.sleep(0.1)

    def wait_until_judged(self, last_ms: int, seconds: float = PATIENCE_SECONDS) -> None:
        """Wait until every window up to an event time is judged, and that is written."""
        self.wait_until(lambda: self._installation.judged_until() > last_ms, seconds)

    def said(self, words: str) -> int:
        """Return how many lines of the logs hold ``words``."""
        return sum(line.count(words) for line in self._lines())

    def tail(self) -> str:
        """Return the ends of the logs."""
        return "\n".join(self._lines()[-40:])

    def _lines(self) -> list[str]:
        return [line for log in self._logs for line in log.read_text(errors="replace").splitlines()]

    def end(self) -> None:
        """Ask all that run to end, and wait; fails when one does not end in order."""
        for process in self._processes:
            process.send_signal(signal.SIGTERM)
        codes = [process.wait(4 * TERMINATION_SECONDS) for process in self._processes]
        assert set(codes) <= set(self.in_order), f"workers ended with {codes} after SIGTERM:\n{self.tail()}"

    def abandon(self) -> None:
        """Leave nothing behind."""
        for process in self._processes:
            process.kill()
            process.wait()


@contextmanager
def running(installation: Installation, size: int = 1) -> Iterator[Workers]:
    """Run workers; at the end of the context they end in order, or, after an error, at once."""
    workers = Workers(installation, size)
    try:
        yield workers
        workers.end()
    finally:
        workers.abandon()


def read_to_end(bootstrap: str, topic: str) -> list[Message]:
    """Return every record that a topic holds now."""
    consumer = Consumer(
        {"bootstrap.servers": bootstrap, "group.id": "eddyline-test-reader", "enable.auto.commit": False}
    )
    try:
        places = [TopicPartition(topic, at, 0) for at in consumer.list_topics(topic, 30).topics[topic].partitions]
        missing = sum(consumer.get_watermark_offsets(place, 30)[1] for place in places)
        consumer.assign(places)
        found: list[Message] = []
        deadline = time.monotonic() + PATIENCE_SECONDS
        while len(found) < missing:
            assert time.monotonic() < deadline, f"{topic}: {len(found)} of {missing} records"
            batch = consumer.consume(1000, 0.5)
            assert not [message.error() for message in batch if message.error()]
            found += batch
    finally:
        consumer.close()
    return found


def headers(message: Message) -> dict[str, bytes]:
    """Return the headers of a record."""
    found = message.headers() or []
    items = found.items() if isinstance(found, Mapping) else found
    return {name: value if isinstance(value, bytes) else str(value or "").encode() for name, value in items}


def event_time(line: Line) -> int:
    """Return the event time of a well-formed line in milliseconds."""
    time = line[1].get("ts") or line[1]["effective_at"]
    return int(datetime.fromisoformat(time).timestamp() * 1000) if isinstance(time, str) else int(time)


def _environ(name: str, bootstrap: str, redis_url: str, changes: Mapping[str, object]) -> dict[str, str]:
    ours: dict[str, object] = {
        "kafka_bootstrap": bootstrap,
        "kafka_group_prefix": name,
        "kafka_session_timeout_seconds": 6,
        "redis_url": redis_url,
        "privacy_pepper": PEPPER,
        "windows_clock": "log",
        "windows_idle_seconds": 3,
        "worker_tick_seconds": 0.3,
        "encoder_threads": 1,
        **{f"topics_{field}": f"{name}.{field.replace('_', '-')}" for field in NAMED},
        "topics_observations_partitions": 4,
        "topics_partials_partitions": 2,
        **changes,
    }
    inherited = {key: value for key, value in os.environ.items() if not key.startswith("EDDYLINE_")}
    return inherited | {f"EDDYLINE_{key.upper()}": str(value) for key, value in ours.items()}


def _delivered(error: KafkaError | None, message: Message) -> None:
    assert error is None, f"{message.topic()}: {error}"


def _bytes(value: object) -> bytes | None:
    return value if isinstance(value, bytes | None) else json.dumps(value).encode()


def _key(value: object) -> bytes | None:
    if not isinstance(value, dict):
        return None
    key = value.get("user") or value.get("request_id") or value.get("app")
    return key.encode() if isinstance(key, str) else None
