"""Where faults happen: servers behind proxies, workers, and traffic that flows while a test breaks something."""

import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from confluent_kafka.admin import AdminClient
from tests.chaos.proxy import Proxy
from tests.chaos.workers import FaultyWorkers
from tests.integration import flow
from tests.integration.exact import HOURS, SETTINGS, assert_exact
from tests.integration.running import Installation, Line, event_time

from eddyline.demo.servers import Broker, RedisServer
from eddyline.encoders import OnnxEncoder
from eddyline.kafka import topics


class Plan(NamedTuple):
    """What flows while something is broken."""

    seed: int
    prompts: int = 2400
    """Just less than two events a prompt."""
    seconds: float = 35.0
    """How long the events take to be written."""
    workers: int = 2
    faults: Sequence[str] = ()
    """Fault points (see :mod:`tests.chaos.worker`), one for each start of a worker."""
    patience_seconds: float = 150.0
    """How long the workers may take to judge everything once it is written."""


class Ended(Exception):
    """The test is over: nothing more has to be written."""


class Traffic:
    """Lines on their way into the input topics, written by a thread of its own."""

    def __init__(self, kafka: Installation, lines: Sequence[Line], seconds: float) -> None:
        self._kafka, self._lines, self._seconds = kafka, lines, seconds
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._write, name="traffic", daemon=True)
        self._thread.start()

    @property
    def written(self) -> bool:
        """Whether everything is in the topics."""
        return not self._thread.is_alive()

    def end(self) -> None:
        """Write no more."""
        self._over.set()

    def _write(self) -> None:
        try:
            self._kafka.pace(self._lines, self._seconds, self._go_on)
        except Ended:
            return

    def _go_on(self) -> None:
        if self._over.is_set():
            raise Ended


class Arena:
    """The servers of one test, and a record of what it did to them."""

    def __init__(
        self, broker: Broker, kafka_proxy: Proxy, server: RedisServer, encoder: OnnxEncoder, home: Path
    ) -> None:
        self.broker, self.kafka_proxy, self.server, self.encoder, self.home = broker, kafka_proxy, server, encoder, home
        self.faults: Counter[str] = Counter()
        """What was done, by kind."""
        self.events = self.restarts = 0
        self._installations: list[Installation] = []

    def install(self, *, through: Proxy | None = None, **changes: object) -> Installation:
        """Make an installation whose workers, not the test, reach Kafka, or Redis, ``through`` a proxy."""
        kafka = Installation(self.broker, self.server, self.home, **{**SETTINGS, **changes})
        self._installations.append(kafka)
        if through is self.kafka_proxy:
            kafka.environ["EDDYLINE_KAFKA_BOOTSTRAP"] = f"127.0.0.1:{through.port}"
        elif through is not None:
            url = kafka.environ["EDDYLINE_REDIS_URL"]
            kafka.environ["EDDYLINE_REDIS_URL"] = url.replace(f":{self.server.port}/", f":{through.port}/")
        return kafka

    def strike(self, fault: str) -> None:
        """Note that something was broken."""
        self.faults[fault] += 1

    @contextmanager
    def flowing(self, kafka: Installation, plan: Plan) -> Iterator[FaultyWorkers]:
        """Run workers while events flow; afterwards everything must be judged, and exact."""
        lines = flow_of(plan)
        with self.judged(kafka, plan, lines) as workers:
            yield workers
        assert_exact(kafka, lines, self.encoder)

    @contextmanager
    def judged(self, kafka: Installation, plan: Plan, lines: Sequence[Line]) -> Iterator[FaultyWorkers]:
        """Run workers while ``lines`` flow; afterwards everything must be judged, whatever it came to."""
        ahead = len(lines) // 20
        self.events += len(lines)
        # Every source has something before a worker looks: else those that have nothing yet would count as idle.
        kafka.produce(lines[:ahead])
        with self.running(kafka, plan) as workers:
            workers.wait_until(lambda: workers.said("Worker ready") >= plan.workers, 90)
            traffic = Traffic(kafka, lines[ahead:], plan.seconds)
            try:
                yield workers
                workers.wait_until(lambda: traffic.written, plan.seconds + 120)
                workers.wait_until_judged(max(map(event_time, lines)), plan.patience_seconds)
            finally:
                traffic.end()

    @contextmanager
    def running(self, kafka: Installation, plan: Plan) -> Iterator[FaultyWorkers]:
        """Run workers; at the end they end in order, or, after an error, at once."""
        workers = FaultyWorkers(kafka, plan.workers, plan.faults)
        try:
            yield workers
            workers.end()
        finally:
            self.restarts += workers.crashes
            workers.abandon()

    def clear(self) -> None:
        """Delete the topics: a broker that comes back has to open every one that there ever was."""
        for kafka in self._installations:
            client = AdminClient({"bootstrap.servers": self.broker.bootstrap, "log_level": 0})
            present = client.list_topics(timeout=30).topics
            names = [spec.name for spec in topics.wanted(kafka.settings) if spec.name in present]
            for future in client.delete_topics(names).values():
                future.result()


def flow_of(plan: Plan) -> list[Line]:
    """Return the lines of a plan."""
    return flow.flow(prompts=plan.prompts, hours=HOURS, users=max(1, plan.prompts // 12), seed=plan.seed)
