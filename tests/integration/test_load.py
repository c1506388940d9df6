"""Bursts, a hot user and oversized values through Kafka: lag drains, nothing is lost, memory is bounded."""

from collections.abc import Callable
from typing import NamedTuple

import psutil
import pytest
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource
from tests.integration import flow
from tests.integration.running import Installation, Line, Workers, event_time, headers, running

pytestmark = pytest.mark.integration
STEADY, BURST, SECONDS = 60, 20 * 60, 5
"""Prompts a second before, and while, and for how long each."""
USERS = 40
MEGABYTE = 1 << 20


def prompts(count: int, first: int, *, hot: float) -> list[Line]:
    """Return prompts with their responses, ten a second of event time; ``hot`` of them by one user."""
    return [
        (
            "prompts",
            {
                "id": f"p{number}",
                "ts": flow.START_MS + number * 100,
                "app": "support",
                "deployment": "v1",
                "user": "hot" if number % 100 < 100 * hot else f"u{number % USERS}",
                "prompt": f"where is order {number % 50}?",
                "response": "It is on its way.",
            },
        )
        for number in range(first, first + count)
    ]


def lag(ours: Installation) -> int:
    """Return how many prompts encode has not finished."""
    kafka = ours.settings.kafka
    consumer = Consumer({"bootstrap.servers": kafka.bootstrap, "group.id": f"{kafka.group_prefix}-encode"})
    try:
        topic = ours.settings.topics.prompts
        places = [TopicPartition(topic, at) for at in range(ours.settings.topics.input_partitions)]
        ends = sum(consumer.get_watermark_offsets(place, 10)[1] for place in places)
        return ends - sum(max(place.offset, 0) for place in consumer.committed(places, 10))
    finally:
        consumer.close()


def rss(workers: Workers) -> int:
    """Return the memory of all workers, in megabytes."""
    return sum(psutil.Process(child.pid).memory_info().rss for child in workers._processes) // MEGABYTE


class Seen(NamedTuple):
    """What was seen while and after a burst."""

    lag: int
    before_mb: int
    after_mb: int


def burst(ours: Installation, workers: Workers) -> tuple[list[Line], Seen]:
    """Produce steadily, then twenty times as much, then steadily; return what was produced and what was seen."""
    calm, wild = STEADY * SECONDS, BURST * SECONDS
    lines = prompts(calm, 0, hot=0.0) + prompts(wild, calm, hot=0.9) + prompts(calm, calm + wild, hot=0.0)
    ours.pace(lines[:calm], SECONDS, workers.supervise)
    workers.wait_until(lambda: lag(ours) == 0)
    before = rss(workers)
    ours.pace(lines[calm : calm + wild], SECONDS, workers.supervise)
    behind = lag(ours)
    ours.pace(lines[calm + wild :], SECONDS, workers.supervise)
    workers.wait_until_judged(event_time(lines[-1]))
    return lines, Seen(behind, before, rss(workers))


def test_a_burst_of_twenty_times_drains_and_loses_nothing(install: Callable[..., Installation]) -> None:
    ours = install(windows_idle_seconds=12)  # a pause on a busy machine is not the end of the input
    with running(ours) as workers:
        lines, seen = burst(ours, workers)
        assert lag(ours) == 0
        assert workers.crashes == 0
    found = ours.drift()
    counts = {name: sum(data[name] for data in found) for name in ("n", "gated_n", "late")}
    assert counts == {"n": len(lines), "gated_n": len({line[1]["user"] for line in lines}), "late": 0}
    assert not ours.read("dead_letters")
    assert len(ours.scores()) == 2 * len(lines)
    assert seen.after_mb - seen.before_mb < 150


@pytest.fixture
def roomy(install: Callable[..., Installation]) -> Installation:
    """Give an installation whose brokers take values of 60 MB."""
    ours = install()
    change = ConfigEntry("max.message.bytes", str(60 * MEGABYTE), incremental_operation=AlterConfigOpType.SET)
    topic = ConfigResource(ConfigResource.Type.TOPIC, ours.settings.topics.prompts, incremental_configs=[change])
    admin = AdminClient({"bootstrap.servers": ours.settings.kafka.bootstrap})
    for done in admin.incremental_alter_configs([topic]).values():
        done.result(30)
    return ours


def test_values_of_fifty_megabytes_become_dead_letters_and_leave_no_memory_behind(roomy: Installation) -> None:
    producer = Producer({"bootstrap.servers": roomy.settings.kafka.bootstrap, "message.max.bytes": 60 * MEGABYTE})
    huge = b'{"prompt": "' + b"a" * (50 * MEGABYTE) + b'"}'
    sizes = []
    with running(roomy) as workers:
        roomy.produce(prompts(50, 0, hot=0.0))
        workers.wait_until(lambda: lag(roomy) == 0)
        for _ in range(3):
            for _ in range(4):
                producer.produce(roomy.settings.topics.prompts, huge, b"one")
                producer.flush()
            workers.wait_until(lambda: lag(roomy) == 0)
            sizes.append(rss(workers))
        roomy.produce(prompts(50, 50, hot=0.0))
        workers.wait_until(lambda: lag(roomy) == 0)
        assert workers.crashes == 0
    letters = roomy.read("dead_letters")
    assert [headers(letter)["dlq.reason"] for letter in letters] == [b"too_large"] * 12
    assert {len(letter.value() or b"") for letter in letters} == {roomy.settings.events.dead_letter_bytes}
    assert len(roomy.scores()) == 2 * 100
    assert sizes[-1] - sizes[0] < 100
