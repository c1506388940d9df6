"""Real servers, started once for all integration tests: choose topic names, groups and keys of your own."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from tests.integration.running import Installation

from eddyline.demo import servers
from eddyline.encoders import OnnxEncoder, open_encoder
from eddyline.encoders.configured import bundle_dir
from eddyline.settings import Settings


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


@pytest.fixture(scope="session")
def encoder() -> OnnxEncoder:
    """Give the encoder that the workers use, to compute what they must come to."""
    return open_encoder(bundle_dir(Settings()), threads=1, cache_size=100_000)


@pytest.fixture
def install(kafka: servers.Broker, redis_server: servers.RedisServer, tmp_path: Path) -> Callable[..., Installation]:
    """Give the function that makes an installation on Apache Kafka and Redis, with settings of its own."""

    def make(**changes: object) -> Installation:
        return Installation(kafka, redis_server, tmp_path, **changes)

    return make
