"""What the stages have stored of their partitions: read without becoming its owner, or forgotten."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

import redis
from redis.client import Pipeline

from eddyline import keys
from eddyline.errors import Unavailable
from eddyline.protocols import Stored
from eddyline.settings import Settings
from eddyline.store.connection import open_client


def read_states(settings: Settings, stage: str, partitions: Iterable[int]) -> dict[int, Stored]:
    """Return the state of every partition that has one.

    Raises:
        Unavailable: Redis does not answer.
    """
    with _client(settings) as client:
        found = {partition: client.hgetall(keys.state(stage, partition)) for partition in partitions}
    states = {partition: _stored(fields) for partition, fields in found.items()}
    return {partition: state for partition, state in states.items() if state.fields}


def read_applied(settings: Settings, names: Iterable[str]) -> dict[str, int]:
    """Return the last applied offset in the state under every key that has one.

    Raises:
        Unavailable: Redis does not answer.
    """
    with _client(settings) as client:
        found = {name: client.hget(name, "applied") for name in names}
    return {name: int(applied) for name, applied in found.items() if applied is not None}


def forget(settings: Settings, names: Iterable[str]) -> list[str]:
    """Delete the states under the keys; return which there were. Whoever owns one is fenced and starts anew.

    Raises:
        Unavailable: Redis does not answer.
    """
    with _client(settings) as client:
        return [name for name in names if _forget(client, name)]


def _forget(client: "redis.Redis", name: str) -> bool:
    fields: list[bytes | str] = []

    def drop(pipe: Pipeline) -> None:
        fields[:] = [field for field in pipe.hkeys(name) if field != b"epoch"]
        pipe.multi()
        if fields:
            pipe.hdel(name, *fields)
            pipe.hincrby(name, "epoch", 1)

    client.transaction(drop, name)
    return bool(fields)


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
        with open_client(redis.Redis.from_url, settings.redis) as client:
            yield client
    except redis.RedisError as error:
        message = f"Redis: {error}"
        raise Unavailable(message) from None
