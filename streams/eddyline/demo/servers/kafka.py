"""Apache Kafka itself, one node in KRaft mode, run from its jars: what the integration tests trust."""

import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from eddyline.demo.servers.broker import Broker, broker_answers
from eddyline.demo.servers.kafka_jars import JARS, find_java, kafka_jars, why_no_jars, why_no_java
from eddyline.demo.servers.ports import free_port
from eddyline.demo.servers.processes import started, temporary_home
from eddyline.errors import RefusedToStart, Unavailable

# A broker that was killed may only come back when its last session has ended: 3 s instead of 9.
PROPERTIES = """\
process.roles=broker,controller
node.id=1
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}{listeners}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}{advertised}
controller.listener.names=CONTROLLER
controller.quorum.bootstrap.servers=127.0.0.1:{controller_port}
log.dirs={data}
auto.create.topics.enable=false
broker.heartbeat.interval.ms=500
broker.session.timeout.ms=3000
default.replication.factor=1
group.initial.rebalance.delay.ms=0
offsets.topic.num.partitions=4
offsets.topic.replication.factor=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
{properties}
"""


@contextmanager
def apache_kafka(
    directory: Path,
    *,
    jars: Path = JARS,
    listeners: Sequence[str] = (),
    advertised: Sequence[str] | None = None,
    properties: str = "",
) -> Iterator[Broker]:
    """Run Apache Kafka with its data in a temporary directory below ``directory``; ``jars`` are fetched if missing.

    ``listeners`` (``TLS://127.0.0.1:9093``) come beside the plain one; clients are told to reach them as
    ``advertised`` says, through a proxy perhaps, or as they are. ``properties`` say what they are.

    Raises:
        RefusedToStart: it cannot run here, for the reason that :func:`kafka_available` gives.
        Unavailable: Maven cannot fetch the jars, or the broker does not start; the message holds the tail of its log.
    """
    reason = kafka_available(jars)
    if reason is not None:
        raise RefusedToStart(reason)
    with temporary_home("kafka", directory) as home:
        port = free_port()
        java = _java(kafka_jars(jars), home)
        configured = _configure(home, port, listeners, advertised or listeners, properties)
        _format(java, configured)
        command = [*java, "kafka.Kafka", str(configured)]
        with started(Broker("kafka", home, port, command, broker_answers)) as broker:
            yield broker


def kafka_available(jars: Path = JARS) -> str | None:
    """Return why :func:`apache_kafka` cannot run here, or None if it can; what Maven may reach is not tried."""
    return why_no_java() or why_no_jars(jars)


def _java(jars: Path, home: Path) -> list[str]:
    options = [
        "-Xmx512m",
        "-XX:+UseSerialGC",
        # A short life on few cores: the second compiler costs more than it gains.
        "-XX:TieredStopAtLevel=1",
        # Nothing in the system's temporary directory, which a killed broker would leave behind.
        "-XX:-UsePerfData",
        f"-Djava.io.tmpdir={home}",
        "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
    ]
    return [find_java(), *options, "-cp", f"{jars}/*"]


def _configure(home: Path, port: int, listeners: Sequence[str], advertised: Sequence[str], properties: str) -> Path:
    file = home / "server.properties"
    filled = PROPERTIES.format(
        port=port,
        controller_port=free_port(),
        data=home / "data",
        listeners="".join(f",{listener}" for listener in listeners),
        advertised="".join(f",{listener}" for listener in advertised),
        properties=properties,
    )
    file.write_text(filled)
    return file


def _format(java: list[str], properties: Path) -> None:
    tool = [*java, "kafka.tools.StorageTool", "format", "--standalone", "-t", uuid4().hex[:22], "-c", str(properties)]
    done = subprocess.run(tool, capture_output=True, text=True, check=False)
    if done.returncode:
        message = f"the storage of Kafka cannot be formatted:\n{done.stdout}{done.stderr}"
        raise Unavailable(message)
