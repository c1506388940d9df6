"""What the two Kafka brokers have in common: an address, and a question that only a ready broker answers."""

from confluent_kafka import Consumer, KafkaException, TopicPartition

from eddyline.demo.servers.ports import is_open
from eddyline.demo.servers.processes import Server

ANSWER_TIMEOUT_S = 1.0


class Broker(Server):
    """A Kafka broker without authentication."""

    @property
    def bootstrap(self) -> str:
        """The address that clients call ``bootstrap.servers``."""
        return f"127.0.0.1:{self.port}"


def broker_answers(port: int) -> bool:
    """Whether the broker is registered and serves every partition that it holds."""
    if not is_open(port):
        return False
    consumer = Consumer({"bootstrap.servers": f"127.0.0.1:{port}", "group.id": "eddyline-probe", "log_level": 0})
    try:
        return _serves_its_partitions(consumer)
    except KafkaException:
        return False
    finally:
        consumer.close()


def _serves_its_partitions(consumer: Consumer) -> bool:
    cluster = consumer.list_topics(timeout=ANSWER_TIMEOUT_S)
    for name, topic in cluster.topics.items():
        for number in topic.partitions:
            # After a restart the metadata names a leader some time before that leader knows of it.
            consumer.get_watermark_offsets(TopicPartition(name, number), timeout=ANSWER_TIMEOUT_S)
    return bool(cluster.brokers)
