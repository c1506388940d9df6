"""The state of fold and judge as it is stored, read without becoming its owner: no epoch is incremented."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

import redis

from eddyline import keys
from eddyline.errors import RefusedToStart, Unavailable
from eddyline.protocols import Stored
from eddyline.settings import Settings


def read_states(settings: Settings, stage: str, partitions: Iterable[int]) -> dict[int, Stored]:
    """Return the state of every partition that has one.

    Raises:
        Unavailable: Redis does not answer.
    """
    with _client(settings) as client:
        found = {partition: client.hgetall(keys.state(stage, partition)) for partition in partitions}
    return {partition: _stored(fields) for partition, fields in found.items() if fields}


def read_applied(settings: Settings, stage: str, partitions: Iterable[int]) -> dict[int, int]:
    """Return the last applied offset of every partition that has a state with one.

    Raises:
        Unavailable: Redis does not answer.
    """
    with _client(settings) as client:
        found = {partition: client.hget(keys.state(stage, partition), "applied") for partition in partitions}
    return {partition: int(applied) for partition, applied in found.items() if applied is not None}


def _stored(fields: Mapping[bytes | str, bytes | str]) -> Stored:
    named = {_text(name): _bytes(value) for name, value in fields.items()}
    return Stored(int(named.pop("epoch", 0)), int(named.pop("applied", -1)), named)


def _text(name: bytes | str) -> str:
    return name.decode() if isinstance(name, bytes) else name


def _bytes(value: bytes | str) -> bytes:
    """A client without ``decode_responses`` returns bytes only; its types do not say so."""
    return value if isinstance(value, bytes) else value.encode()


@contextmanager
def _client(settings: Settings) -> Iterator["redis.Redis"]:
    try:
        with _open(settings) as client:
            yield client
    except redis.RedisError as error:
        message = f"Redis: {error}"
        raise Unavailable(message) from None


def _open(settings: Settings) -> "redis.Redis":
    timeout = settings.redis.timeout_seconds
    try:
        return redis.Redis.from_url(settings.redis.url, socket_timeout=timeout, socket_connect_timeout=timeout)
    except ValueError:
        # What is wrong with it is not repeated: it may quote a part of the password.
        message = "redis.url is not a URL like redis://host:6379/0"
        raise RefusedToStart(message) from None
