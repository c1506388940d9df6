"""State in Redis: every state is one hash that holds the offset it includes, every write of it one absolute command.

A write is compared with what this worker last wrote (``epoch`` and ``applied``) under WATCH, so a worker that lost the
partition, or a Redis that lost its last second, makes it fail instead of making it wrong. The transaction holds one
HSET: an append-only file torn inside a longer one can be replayed twice.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager

import redis.asyncio
import redis.exceptions

from eddyline import keys
from eddyline.changes import Changes, Result
from eddyline.errors import Fenced, RefusedToStart, Unavailable
from eddyline.protocols import Stored
from eddyline.settings import Settings

EPOCH, APPLIED = b"epoch", b"applied"
DROPS_AT_ONCE = 1000
EXCHANGE = """
for i = 1, #KEYS do
  redis.call('HSET', KEYS[i], ARGV[2 * i], ARGV[2 * i + 1])
  redis.call('EXPIRE', KEYS[i], ARGV[1])
end
local found = {}
for i = 1, #KEYS do found[i] = redis.call('HGETALL', KEYS[i]) end
return found
"""
"""Write all halves of a batch, then read their requests: one round trip. Its writes are absolute, so that a script that
a torn append-only file replays twice changes nothing; a state, which must be all or nothing, is never written so."""
OLDEST_VERSION = (7, 0)


def connect(settings: Settings) -> redis.asyncio.Redis:
    """Return a client for the configured Redis. Nothing is sent yet.

    Raises:
        RefusedToStart: the URL is none.
    """
    timeout = settings.redis.timeout_seconds
    try:
        return redis.asyncio.Redis.from_url(settings.redis.url, socket_timeout=timeout, socket_connect_timeout=timeout)
    except ValueError:
        # The parser's own message is not repeated: it may quote a part of the password.
        message = "redis.url is not a URL like redis://host:6379/0"
        raise RefusedToStart(message) from None


async def check_durable(client: redis.asyncio.Redis, *, allow_volatile: bool) -> str | None:
    """Check that Redis is new enough, writes an append-only file and never evicts keys.

    Returns:
        What is wrong, when ``allow_volatile`` lets it pass; None when all is well.

    Raises:
        RefusedToStart: it is unfit; the message says what to do.
        Unavailable: it does not answer.
    """
    async with _unavailable():
        facts = await client.info()
        policy = facts.get("maxmemory_policy")
    version = tuple(int(part) for part in str(facts["redis_version"]).split(".")[:2])
    if version < OLDEST_VERSION:
        message = f"Redis {facts['redis_version']} is too old: 7.0 or newer is needed"
        raise RefusedToStart(message)
    faults = []
    if not facts.get("aof_enabled"):
        faults.append("it does not persist (set 'appendonly yes')")
    if policy != "noeviction":
        faults.append(f"it may evict keys (set 'maxmemory-policy noeviction', not {policy})")
    if not faults:
        return None
    message = f"Redis is not fit to keep state: {', '.join(faults)}; for a trial, EDDYLINE_REDIS_ALLOW_VOLATILE=true"
    if not allow_volatile:
        raise RefusedToStart(message)
    return message


async def check_configured(settings: Settings) -> str | None:
    """Check the configured Redis as :func:`check_durable` does, over a connection of its own.

    Raises:
        RefusedToStart: it is unfit, or the URL is none; the message says what to do.
        Unavailable: it does not answer.
    """
    client = connect(settings)
    try:
        return await check_durable(client, allow_volatile=settings.redis.allow_volatile)
    finally:
        await client.aclose()


class RedisStore:
    """Implements :class:`eddyline.protocols.StateStore` and :class:`eddyline.protocols.JoinStore`."""

    def __init__(self, client: redis.asyncio.Redis, *, join_ttl_seconds: int) -> None:
        self._client, self._join_ttl = client, join_ttl_seconds
        self._exchange = client.register_script(EXCHANGE)

    async def ping(self) -> None:
        """Ask Redis for a sign of life.

        Raises:
            Unavailable: it gives none.
        """
        async with _unavailable():
            await self._client.ping()

    async def load(self, key: str) -> Stored:
        """Read a state and become its owner."""
        async with _unavailable(), self._client.pipeline(transaction=True) as pipe:
            pipe.hincrby(key, "epoch", 1)
            pipe.hgetall(key)
            epoch, found = await pipe.execute()
        applied = int(found.pop(APPLIED, -1))
        found.pop(EPOCH)
        return Stored(epoch, applied, {name.decode(): value for name, value in found.items()})

    async def save(self, key: str, owner: Stored, applied: int, changes: Changes) -> Stored:
        """Write results, then the changed fields with their offset in one command, then drop what expired."""
        async with _unavailable():
            await self._keep(changes.results)
            await self._write(key, owner, {**changes.fields, "applied": b"%d" % applied})
            for at in range(0, len(changes.drops), DROPS_AT_ONCE):
                await self._client.hdel(key, *changes.drops[at : at + DROPS_AT_ONCE])
        return Stored(owner.epoch, applied, {})

    async def _write(self, key: str, owner: Stored, fields: Mapping[str, bytes]) -> None:
        expected = [b"%d" % owner.epoch, b"%d" % owner.applied if owner.applied >= 0 else None]
        async with self._client.pipeline(transaction=True) as pipe:
            await pipe.watch(key)
            if await pipe.hmget(key, EPOCH, APPLIED) != expected:
                message = f"{key} has another owner, or Redis has lost writes"
                raise Fenced(message)
            pipe.multi()  # type: ignore[no-untyped-call]
            pipe.hset(key, items=[part for pair in fields.items() for part in pair])
            try:
                await pipe.execute()
            except redis.exceptions.WatchError:
                message = f"{key} was taken by another worker"
                raise Fenced(message) from None

    async def _keep(self, results: Sequence[Result]) -> None:
        if not results:
            return
        async with self._client.pipeline(transaction=False) as pipe:
            for result in results:
                pipe.hset(result.key, result.field, result.value)
                pipe.expire(result.key, result.ttl_seconds)
            await pipe.execute()

    async def exchange(self, halves: Sequence[tuple[str, str, bytes]]) -> list[Mapping[str, bytes]]:
        """Write each half, then return for each all the halves under its key."""
        if not halves:
            return []
        names = [keys.join(key) for key, _, _ in halves]
        arguments = [part for _, field, value in halves for part in (field, value)]
        async with _unavailable():
            answers = await self._exchange(names, [self._join_ttl, *arguments])
        return [_pairs(answer) for answer in answers]


def _pairs(flat: Sequence[bytes]) -> dict[str, bytes]:
    """Return the hash that a script's HGETALL gives as a flat list."""
    return {name.decode(): value for name, value in zip(flat[::2], flat[1::2], strict=True)}


@asynccontextmanager
async def _unavailable() -> AsyncIterator[None]:
    try:
        yield
    except redis.exceptions.RedisError as error:
        message = f"Redis: {error}"
        raise Unavailable(message) from error
    except OSError as error:
        message = f"Redis cannot be reached: {error}"
        raise Unavailable(message) from error
