"""Real servers, started once for all integration tests: choose topic names, groups and keys of your own."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from eddyline.demo import servers


@pytest.fixture(scope="session")
def kafka(
    apache_kafka: Callable[[Path], AbstractContextManager[servers.Broker]],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[servers.Broker]:
    """Run Apache Kafka."""
    with apache_kafka(tmp_path_factory.mktemp("kafka")) as broker:
        yield broker


@pytest.fixture(scope="session")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[servers.Broker]:
    """Run the embedded broker."""
    with servers.embedded_broker(tmp_path_factory.mktemp("embedded")) as broker:
        yield broker


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[servers.RedisServer]:
    """Run a Redis."""
    with servers.redis_server(tmp_path_factory.mktemp("redis")) as server:
        yield server
