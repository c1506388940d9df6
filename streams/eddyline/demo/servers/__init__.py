"""Local servers for the demonstration and the tests: a Redis and two Kafka brokers, as child processes of this one.

Each is a context manager that picks a free port of 127.0.0.1, keeps data and log in a temporary directory below the
given one, and leaves neither a process nor a file behind. ``kill()`` and ``start()`` let a test take a server away and
bring it back on the same port with the same data::

    with redis_server(tmp_path) as redis, apache_kafka(tmp_path) as kafka:
        run(redis.url, kafka.bootstrap)
        kafka.kill()
        kafka.start()
"""

from eddyline.demo.servers.broker import Broker
from eddyline.demo.servers.kafka import apache_kafka, kafka_available
from eddyline.demo.servers.noida import embedded_broker
from eddyline.demo.servers.redis import RedisServer, redis_server

__all__ = ["Broker", "RedisServer", "apache_kafka", "embedded_broker", "kafka_available", "redis_server"]
