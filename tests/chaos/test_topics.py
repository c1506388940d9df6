"""Topics change under the workers: records are gone before their time, partitions are added, outputs are refused."""

import json
import random
from collections.abc import Mapping, Sequence

import pytest
from confluent_kafka import TopicPartition
from confluent_kafka.admin import (
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewPartitions,
    NewTopic,
    ResourceType,
)
from tests.chaos.arena import Arena, Plan, Traffic, flow_of
from tests.chaos.workers import FAILED, REFUSED
from tests.integration.exact import assert_exact
from tests.integration.running import Installation, Line, event_time
from tests.oracle.oracle import truth
from tests.oracle.rules import Rules

from eddyline import keys

pytestmark = [pytest.mark.integration, pytest.mark.chaos, pytest.mark.timeout(900)]


@pytest.fixture
def admin(arena: Arena) -> AdminClient:
    """Give a client that outlives its questions: with it their answers would go."""
    return AdminClient({"bootstrap.servers": arena.broker.bootstrap, "log_level": 0})


def delete_records(admin: AdminClient, topic: str) -> list[int]:
    """Delete everything that a topic holds; return where each partition begins now."""
    count = len(admin.list_topics(topic, 30).topics[topic].partitions)
    places = [TopicPartition(topic, at, -1) for at in range(count)]
    answers = admin.delete_records(places).values()
    return [answer.result().low_watermark for answer in answers]


def applied(kafka: Installation, partition: int) -> int:
    """Return the last offset that fold has stored."""
    return int(kafka.redis.hget(keys.state("fold", partition), "applied") or -1)


@pytest.mark.parametrize("seed", [1, 2])
def test_records_gone_before_they_were_applied_are_said_to_be_missing(
    arena: Arena, admin: AdminClient, seed: int
) -> None:
    """Guards against the silent zero: the worker goes on, its windows are incomplete, and StateGap is announced."""
    plan = Plan(seed, prompts=3000, seconds=45.0)
    lines = flow_of(plan)
    # So seldom that at any moment there is something that was written and not applied.
    kafka = arena.install(worker_checkpoint_seconds=4, windows_idle_seconds=20)
    with arena.judged(kafka, plan, lines) as workers:
        workers.wait(random.Random(seed).uniform(12.0, 18.0))
        workers.crash_all()
        starts = delete_records(admin, kafka.topic("observations"))
        arena.strike("retention passed")
        assert any(applied(kafka, at) + 1 < start for at, start in enumerate(starts))
        workers.restart_all()
        workers.wait(20.0)
        assert workers.crashes == 0, f"{workers.crashes} ends by an error:\n{workers.tail()}"
    assert_says_what_is_missing(arena, kafka, lines)


def assert_says_what_is_missing(arena: Arena, kafka: Installation, lines: Sequence[Line]) -> None:
    """Check that every window that says to be complete is, that no window has too much, and that subscribers know."""
    assert any(b"StateGap" in (message.value() or b"") for message in kafka.read("alerts"))
    wanted = counts(truth(lines, Rules.of(kafka.settings), arena.encoder).drift)
    found = counts(kafka.events("drift"))
    complete = {id_ for id_, (_, completeness) in found.items() if completeness == 1.0}
    assert {id_: found[id_][0] for id_ in complete} == {id_: wanted[id_][0] for id_ in complete}
    assert all(n <= wanted[id_][0] for id_, (n, _) in found.items())
    assert complete
    assert any(found[id_][0] < wanted[id_][0] for id_ in found.keys() - complete)


def counts(events: Mapping[str, bytes]) -> dict[str, tuple[int, float]]:
    """Return prompts and completeness of drift events by id."""
    data = {id_: json.loads(value)["data"] for id_, value in events.items()}
    return {id_: (each["n"], each["completeness"]) for id_, each in data.items()}


@pytest.mark.parametrize("seed", [1])
def test_partitions_that_are_added_to_an_input_are_read(arena: Arena, admin: AdminClient, seed: int) -> None:
    """Guards the recount of partitions: windows wait for the new ones, and what they hold is not late."""
    lines = flow_of(Plan(seed))
    half = len(lines) // 2
    kafka = arena.install(windows_idle_seconds=60)
    arena.events += len(lines)
    kafka.produce(lines[:half])
    with arena.running(kafka, Plan(seed)) as workers:
        workers.wait_until(lambda: workers.said("Worker ready") >= 2, 90)
        workers.wait(5.0)
        for future in admin.create_partitions([NewPartitions(kafka.topic("prompts"), 8)]).values():
            future.result()
        arena.strike("4 to 8 partitions")
        # Workers count partitions every half minute.
        workers.wait(35.0)
        kafka.pace(lines[half:], 20.0, workers.supervise)
        workers.wait_until_judged(max(map(event_time, lines)), 420)
    assert_exact(kafka, lines, arena.encoder)


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("output", ["observations", "partials", "scores", "drift"])
def test_an_output_that_the_broker_refuses_holds_its_input(
    arena: Arena, admin: AdminClient, output: str, seed: int
) -> None:
    """Guards that a failed send is an error, not a warning: nothing is acknowledged beyond it."""
    kafka = arena.install(windows_idle_seconds=60)
    plan = Plan(seed, prompts=3000, seconds=50.0, patience_seconds=240.0)
    with arena.flowing(kafka, plan) as workers:
        workers.wait(random.Random(seed).uniform(5.0, 10.0))
        limit(admin, kafka.topic(output), "100")
        arena.strike("outputs too large for 25 s")
        workers.wait(25.0)
        limit(admin, kafka.topic(output), None)
    assert workers.said("was not written") + workers.said("cannot be written") > 0


def limit(admin: AdminClient, topic: str, size: str | None) -> None:
    """Set the largest batch that a topic takes, or remove the limit."""
    change = AlterConfigOpType.DELETE if size is None else AlterConfigOpType.SET
    entry = ConfigEntry("max.message.bytes", size, incremental_operation=change)
    resource = ConfigResource(ResourceType.TOPIC, topic, incremental_configs=[entry])
    admin.incremental_alter_configs([resource])[resource].result()


@pytest.mark.parametrize("seed", [1])
def test_an_output_topic_that_is_missing_holds_its_input(arena: Arena, admin: AdminClient, seed: int) -> None:
    """Guards the same when the topic was deleted: workers end or refuse to start until it is there again."""
    plan = Plan(seed)
    lines = flow_of(plan)
    kafka = arena.install(windows_idle_seconds=60)
    topic = kafka.topic("scores")
    with arena.running(kafka, plan) as workers:
        workers.wait_until(lambda: workers.said("Worker ready") >= 2, 90)
        admin.delete_topics([topic])[topic].result()
        arena.strike("output topic deleted for 40 s")
        arena.events += len(lines)
        traffic = Traffic(kafka, lines, plan.seconds)
        workers.expected = {FAILED, REFUSED}
        workers.wait(40.0)
        admin.create_topics([NewTopic(topic, 4, 1)])[topic].result()
        workers.wait(10.0)
        workers.expected = {FAILED}
        workers.wait_until(lambda: traffic.written)
        workers.wait_until_judged(max(map(event_time, lines)), 240)
    assert_exact(kafka, lines, arena.encoder)
