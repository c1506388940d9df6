"""Servers for faults: a broker behind a proxy for all tests, a Redis for each; and the record of what came of it.

With ``EDDYLINE_TEST_CHAOS_RESULTS=FILE`` in the environment every scenario adds its row to that file.
"""

import os
from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from tests.chaos import record
from tests.chaos.arena import Arena
from tests.chaos.proxy import Proxy

from eddyline.demo import servers
from eddyline.demo.servers.ports import free_port
from eddyline.encoders import OnnxEncoder, open_encoder
from eddyline.encoders.configured import bundle_dir
from eddyline.settings import Settings

RESULTS = "EDDYLINE_TEST_CHAOS_RESULTS"
_ARENA = pytest.StashKey[Arena]()


@pytest.fixture(scope="session")
def encoder() -> OnnxEncoder:
    """Give the encoder that the workers use, to compute what they must come to."""
    return open_encoder(bundle_dir(Settings()), threads=1, cache_size=100_000)


@pytest.fixture(scope="session")
def broker_proxy() -> Iterator[Proxy]:
    """Give a proxy before a second port of the broker."""
    with Proxy(free_port(), port=free_port()) as proxy:
        yield proxy


@pytest.fixture(scope="session")
def session_broker(
    apache_kafka: Callable[..., AbstractContextManager[servers.Broker]],
    broker_proxy: Proxy,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[servers.Broker]:
    """Run Apache Kafka for all tests. Who comes through the proxy is told its port: a broker says where to connect."""
    with apache_kafka(
        tmp_path_factory.mktemp("kafka"),
        listeners=[f"PROXIED://127.0.0.1:{broker_proxy.target}"],
        advertised=[f"PROXIED://127.0.0.1:{broker_proxy.port}"],
        properties="listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,PROXIED:PLAINTEXT",
    ) as broker:
        yield broker


@pytest.fixture
def broker(session_broker: servers.Broker) -> servers.Broker:
    """Give a broker that runs, whatever the test before did to it."""
    session_broker.resume()
    session_broker.start()
    return session_broker


@pytest.fixture
def kafka_proxy(broker_proxy: Proxy) -> Iterator[Proxy]:
    """Give the proxy before the broker."""
    yield broker_proxy
    broker_proxy.mend()


@pytest.fixture
def redis_server(tmp_path: Path) -> Iterator[servers.RedisServer]:
    """Run a Redis for one test."""
    with servers.redis_server(tmp_path / "redis") as server:
        yield server


@pytest.fixture
def redis_proxy(redis_server: servers.RedisServer) -> Iterator[Proxy]:
    """Give a proxy before Redis."""
    with Proxy(redis_server.port) as proxy:
        yield proxy


@pytest.fixture
def arena(
    request: pytest.FixtureRequest,
    broker: servers.Broker,
    kafka_proxy: Proxy,
    redis_server: servers.RedisServer,
    encoder: OnnxEncoder,
    tmp_path: Path,
) -> Iterator[Arena]:
    """Give the place where a scenario happens."""
    found = request.node.stash[_ARENA] = Arena(broker, kafka_proxy, redis_server, encoder, tmp_path)
    yield found
    broker.resume()
    broker.start()
    found.clear()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Write the row of a scenario as soon as it is over."""
    report = yield
    if call.when == "call" and RESULTS in os.environ and isinstance(item, pytest.Function) and _ARENA in item.stash:
        record.add(Path(os.environ[RESULTS]), _row(item, report), record.this_machine())
    return report


def _row(item: pytest.Function, report: pytest.TestReport) -> record.Row:
    arena, parameters = item.stash[_ARENA], item.callspec.params
    others = [str(value) for name, value in parameters.items() if name != "seed"]
    name = item.originalname.removeprefix("test_").replace("_", " ")
    return record.Row(
        scenario=f"{name} ({', '.join(others)})" if others else name,
        seed=int(str(parameters["seed"])),
        faults=arena.faults,
        events=arena.events,
        restarts=arena.restarts,
        result="passed" if report.passed else "failed",
        seconds=round(report.duration, 1),
        commit=record.this_commit(),
    )
