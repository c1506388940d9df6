"""Connections as people secure them: the whole job over TLS as a user who may do only what the documentation lists."""

import asyncio
import json
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from pathlib import Path

import aiokafka
import pytest
import redis
from faust.transport.drivers.aiokafka import credentials_to_aiokafka_auth
from tests import traffic
from tests.certificates import KEY_PASSWORD, Authority
from tests.integration import expected
from tests.integration.running import PEPPER, Installation, event_time, running
from tests.integration.secured import (
    PASSWORD,
    SecuredKafka,
    SecuredRedis,
    documented_topics,
    secured_kafka,
    secured_redis,
)

from eddyline.changes import Changes
from eddyline.circuit import OpenCircuit
from eddyline.demo import servers
from eddyline.demo.servers.ports import free_port
from eddyline.encoders import OnnxEncoder
from eddyline.errors import Fenced
from eddyline.kafka import topics
from eddyline.kafka.credentials import credentials
from eddyline.settings import Settings, load_settings
from eddyline.store.circuits import RedisCircuits
from eddyline.store.redis import RedisStore
from eddyline.store.redis import connect as connect_redis

pytestmark = pytest.mark.integration
SECRETS = (PASSWORD, KEY_PASSWORD, PEPPER)
Ways = Callable[[SecuredKafka], dict[str, object]]
WAYS: Mapping[str, Ways] = {
    "SCRAM-SHA-512": lambda kafka: kafka.sasl("SCRAM-SHA-512"),
    "SCRAM-SHA-256": lambda kafka: kafka.sasl("SCRAM-SHA-256"),
    "PLAIN": lambda kafka: kafka.sasl("PLAIN"),
    "a client certificate": lambda kafka: kafka.client_certificate(),
    "lower case": lambda kafka: kafka.sasl("PLAIN") | {"kafka_security_protocol": "sasl_ssl"},
    "SASL without TLS, allowed": lambda kafka: {
        "kafka_bootstrap": kafka.addresses["OPEN"],
        "kafka_security_protocol": "SASL_PLAINTEXT",
        "kafka_allow_plaintext_sasl": True,
        **{name: value for name, value in kafka.sasl("SCRAM-SHA-256").items() if name.startswith("kafka_sasl")},
    },
    "a certificate of another name, allowed": lambda kafka: (
        kafka.sasl("PLAIN")
        | {
            "kafka_bootstrap": kafka.addresses["SASL"].replace("127.0.0.1", "localhost"),
            "kafka_ssl_endpoint_identification_algorithm": "none",
        }
    ),
}


@pytest.fixture(scope="module")
def kafka(
    apache_kafka: Callable[[Path], AbstractContextManager[servers.Broker]],  # noqa: ARG001 - skips where there is none
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[SecuredKafka]:
    """Run a Kafka that asks who is there."""
    with secured_kafka(tmp_path_factory.mktemp("secured-kafka")) as found:
        yield found


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecuredRedis]:
    """Run a Redis that asks who is there."""
    with secured_redis(tmp_path_factory.mktemp("secured-redis")) as found:
        yield found


@pytest.fixture
def installation(kafka: SecuredKafka, store: SecuredRedis, tmp_path: Path) -> Installation:
    """Make topics and a database as the administrator; a worker's own rights are the documented ones."""
    made = Installation(kafka.broker, store.server, tmp_path, judge_min_reference=30, judge_min_window=5)
    kafka.allow_documented(made)
    return made


def connect(installation: Installation, *changes: Mapping[str, object]) -> None:
    """Give the workers of ``installation`` other connections; secrets come from files."""
    for name, value in {name: value for change in changes for name, value in change.items()}.items():
        key = f"EDDYLINE_{name.upper()}"
        installation.environ.pop(key, None)
        if name.endswith("password"):
            file = installation.home / name
            file.write_text(f"{value}\n")
            key, value = f"{key}_FILE", file  # noqa: PLW2901 - the same setting in other words
        installation.environ[key] = str(value)


def settings_of(installation: Installation) -> Settings:
    """Return the settings that its workers read."""
    return load_settings(None, installation.environ)


def run(installation: Installation, *words: str) -> subprocess.CompletedProcess[str]:
    """Run a verb with the environment of the workers."""
    return subprocess.run(
        [sys.executable, "-m", "eddyline", *words],
        env=installation.environ,
        cwd=installation.home,
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )


def refusal(installation: Installation, code: int = 2) -> str:
    """Start a worker that must not start; return its one line, which tells no secret."""
    ended = run(installation, "worker")
    assert ended.returncode == code, ended.stderr
    assert ended.stderr.count("\n") == 1, ended.stderr
    assert not [secret for secret in SECRETS if secret in ended.stderr]
    return ended.stderr


def command_lines() -> str:
    """Return the command lines of all processes that may be read."""
    lines = []
    for process in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            lines.append(process.read_bytes().decode(errors="replace"))
        except OSError:  # it has ended
            continue
    return "\n".join(lines)


@pytest.mark.parametrize("way", ["SCRAM-SHA-512", "a client certificate"])
def test_the_documented_users_suffice_for_the_whole_job(
    way: str, installation: Installation, kafka: SecuredKafka, store: SecuredRedis, encoder: OnnxEncoder, tmp_path: Path
) -> None:
    port = free_port()
    connect(installation, WAYS[way](kafka), store.settings(installation), {"worker_http_port": port})
    lines = traffic.stream(prompts=400, users=60, hours=20, seed=5)
    installation.produce(lines)
    with running(installation) as workers:
        workers.wait_until_judged(max(map(event_time, lines)))
        told = urllib.request.urlopen(f"http://127.0.0.1:{port}/version", timeout=5).read().decode()
        lag = run(installation, "lag", "--json")
        told += command_lines()
        assert workers.crashes == 0
    told += (tmp_path / f"{installation.name}-worker-0.log").read_text() + lag.stdout + lag.stderr
    assert lag.returncode == 0, lag.stderr
    assert {row["stage"] for row in json.loads(lag.stdout)} == {"encode", "fold", "judge"}
    found, wanted = expected.read(installation), expected.replayed(installation, lines, encoder, tmp_path)
    assert found["drift"] == wanted["drift"]
    assert found["scores"] == wanted["scores"]
    assert len(wanted["drift"]) > 100
    assert not [secret for secret in SECRETS if secret in told]
    assert "worker" in told  # command lines, log and answers were really read
    asyncio.run(_lose_a_state(settings_of(installation)))
    asyncio.run(_pause_and_read_on(settings_of(installation)))
    assert run(installation, "state", "rebuild", "judge", "--yes").returncode == 0
    assert store.refusals() == []
    assert store.unused_rights() <= {"select"}  # which database 0 does not need


async def _pause_and_read_on(settings: Settings) -> None:
    """Open and close a circuit, as an owner does."""
    circuit = OpenCircuit(offset=7, since_ms=0, reason="tried", run=1, dead=1, of=1)
    async with connect_redis(settings) as client:
        circuits = RedisCircuits(client)
        await circuits.open(("prompts", 0), circuit)
        await circuits.close(("prompts", 0))


async def _lose_a_state(settings: Settings) -> None:
    """Take a state as another worker, and write as the one that lost it."""
    async with connect_redis(settings) as client:
        store = RedisStore(client, join_ttl_seconds=60)
        lost = await store.load("eddyline:state:test:0")
        await store.load("eddyline:state:test:0")
        with pytest.raises(Fenced):
            await store.save("eddyline:state:test:0", lost, 1, Changes(fields={"a": b"1"}, drops=["b"]))


def test_the_documented_rights_name_every_topic() -> None:
    assert sorted(documented_topics()) == sorted(spec.name for spec in topics.wanted(Settings()))


@pytest.mark.parametrize("way", WAYS)
def test_both_client_libraries_are_let_in(way: str, installation: Installation, kafka: SecuredKafka) -> None:
    connect(installation, WAYS[way](kafka))
    settings = settings_of(installation)
    seen = set(topics.partition_counts(settings))
    assert installation.topic("prompts") in seen
    assert asyncio.run(_seen_by_aiokafka(settings)) == seen


async def _seen_by_aiokafka(settings: Settings) -> set[str]:
    secured = credentials_to_aiokafka_auth(credentials(settings.kafka))
    async with aiokafka.AIOKafkaConsumer(bootstrap_servers=settings.kafka.bootstrap, **secured) as consumer:  # type: ignore[no-untyped-call]
        return set(await consumer.topics())


def test_a_wrong_password_of_kafka_is_refused(installation: Installation, kafka: SecuredKafka) -> None:
    connect(installation, kafka.sasl("SCRAM-SHA-512", password="another"))  # noqa: S106 - a wrong one
    line = refusal(installation)
    assert "Kafka refuses the connection" in line
    assert "Authentication failed" in line


def test_a_broker_that_is_not_trusted_is_refused(
    installation: Installation, kafka: SecuredKafka, tmp_path: Path
) -> None:
    connect(installation, kafka.sasl("PLAIN") | {"kafka_ssl_ca_location": Authority(tmp_path / "other").ca})
    assert "certificate verify failed" in refusal(installation)


def test_a_broker_whose_certificate_is_for_another_host_is_refused(
    installation: Installation, kafka: SecuredKafka
) -> None:
    elsewhere = {"kafka_bootstrap": kafka.addresses["SASL"].replace("127.0.0.1", "localhost")}
    connect(installation, kafka.sasl("PLAIN") | elsewhere)
    assert "certificate verify failed" in refusal(installation)


def test_a_client_without_the_certificate_that_brokers_ask_for_is_refused(
    installation: Installation, kafka: SecuredKafka
) -> None:
    bare = {
        name: value
        for name, value in kafka.client_certificate().items()
        if "certificate" not in name and "key" not in name
    }
    connect(installation, bare)
    assert "certificate" in refusal(installation)


def test_a_plain_client_of_a_tls_listener_says_which_protocol_it_spoke(
    installation: Installation, kafka: SecuredKafka
) -> None:
    connect(installation, {"kafka_bootstrap": kafka.addresses["TLS"]})
    assert "(PLAINTEXT) does not answer" in refusal(installation, code=1)


def test_a_worker_that_may_not_join_its_groups_ends_and_says_so(
    installation: Installation, kafka: SecuredKafka, store: SecuredRedis
) -> None:
    connect(installation, kafka.sasl("PLAIN"), store.settings(installation), {"kafka_group_prefix": "strangers"})
    ended = run(installation, "worker")
    assert ended.returncode == 1, ended.stderr
    assert "may not join its consumer group" in ended.stderr
    assert "strangers-" in ended.stderr


def test_a_wrong_password_of_redis_is_refused(
    installation: Installation, kafka: SecuredKafka, store: SecuredRedis
) -> None:
    connect(installation, kafka.sasl("PLAIN"), store.settings(installation, password="another"))  # noqa: S106 - a wrong one
    assert "invalid username-password pair" in refusal(installation)


def test_a_redis_that_is_not_trusted_is_refused(
    installation: Installation, kafka: SecuredKafka, store: SecuredRedis, tmp_path: Path
) -> None:
    other = {"redis_ssl_ca_location": Authority(tmp_path / "other").ca}
    connect(installation, kafka.sasl("PLAIN"), store.settings(installation) | other)
    assert "CERTIFICATE_VERIFY_FAILED" in refusal(installation)


def test_a_redis_user_with_too_few_rights_is_refused(
    installation: Installation, kafka: SecuredKafka, store: SecuredRedis
) -> None:
    with redis.Redis(port=store.server.port) as admin:
        admin.execute_command("ACL", "SETUSER", "poor", "reset", "on", f">{PASSWORD}", "+select")
    connect(installation, kafka.sasl("PLAIN"), store.settings(installation) | {"redis_username": "poor"})
    assert "no permissions to run the 'info' command" in refusal(installation)
