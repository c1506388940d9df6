"""The embedded broker: Kafka's protocol from the wheel ``noida-db``, one 12 MB program without Java.

Enough for the demonstration, where Faust workers come and go in order; measured with version 0.2.3. It keeps topics,
committed offsets and settings over a restart, answers end offsets and searches by time as Kafka does, and a group is
assigned within half a second. Its one rival as a wheel, tansu 0.6.0, reports wrong end offsets, waits half a session
time-out before it assigns, and keeps everything in memory, so that a restart loses all topics.

What it does not do, so that tests of faults need Apache Kafka:

* It never evicts a member of a group that died: the partitions of a killed worker stay unread until the broker
  restarts. A worker that leaves (SIGTERM) is no problem.
* Killed, it loses the records of the last half second, acknowledged ones too.
* It ignores the limits of a fetch: a backlog of more than 100 MB in one partition cannot be read.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, ResourceType

from eddyline.demo.servers.broker import Broker, broker_answers
from eddyline.demo.servers.ports import free_port
from eddyline.demo.servers.processes import started, temporary_home
from eddyline.errors import RefusedToStart


@contextmanager
def embedded_broker(directory: Path) -> Iterator[Broker]:
    """Run ``noida-db`` as a Kafka broker with its data in a temporary directory below ``directory``.

    Raises:
        RefusedToStart: the wheel is not installed.
        Unavailable: it does not start; the message holds the tail of its log.
    """
    with temporary_home("noida", directory) as home:
        port = free_port()
        options = ["--data-dir", str(home / "data"), "--host", "127.0.0.1", "--only", "kafka"]
        command = [str(_program()), "start", *options, "--kafka-port", str(port)]
        with started(Broker("noida-db", home, port, command, broker_answers)) as broker:
            _refuse_unknown_topics(broker)
            yield broker


def _refuse_unknown_topics(broker: Broker) -> None:
    """Turn off the creation of topics by clients, as in production; the broker keeps this over restarts."""
    off = ConfigEntry("auto.create.topics.enable", "false", incremental_operation=AlterConfigOpType.SET)
    change = ConfigResource(ResourceType.BROKER, "1", incremental_configs=[off])
    admin = AdminClient({"bootstrap.servers": broker.bootstrap, "log_level": 0})
    admin.incremental_alter_configs([change])[change].result()


def _program() -> Path:
    wheel = find_spec("noida_db")
    if wheel is None or wheel.origin is None:
        message = "the wheel noida-db is missing: install the extra 'eddyline[demo]'"
        raise RefusedToStart(message)
    return Path(wheel.origin).with_name("noida-db")
