"""State in Redis: every state is one hash that holds the offset it includes, every write of it one absolute command.

A write is compared with what this worker last wrote (``epoch`` and ``applied``) under WATCH, so a worker that lost the
partition, or a Redis that lost its last second, makes it fail instead of making it wrong. The transaction holds one
HSET: an append-only file torn inside a longer one can be replayed twice.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager

import redis.asyncio
import redis.exceptions
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from eddyline import keys
from eddyline.changes import Changes, Result
from eddyline.errors import Fenced, RefusedToStart, Unavailable
from eddyline.protocols import Exchanged, Stored
from eddyline.settings import Settings
from eddyline.store.connection import is_refusal, open_client
from eddyline.store.patience import Patience

EPOCH, APPLIED, EXCHANGED = b"epoch", b"applied", b"exchanged"
DROPS_AT_ONCE = 1000
FENCED = "FENCED"
EXCHANGE = f"""
local ttl, notes = ARGV[1], tonumber(ARGV[2])
for i = 1, notes do
  local epoch, before, offset = ARGV[3 * i], ARGV[3 * i + 1], ARGV[3 * i + 2]
  local known = redis.call('HGET', KEYS[i], 'exchanged') or '-1'
  if redis.call('HGET', KEYS[i], 'epoch') ~= epoch or (known ~= before and known ~= offset) then
    return redis.error_reply('{FENCED} ' .. KEYS[i] .. ' has another owner, or Redis has lost writes')
  end
end
local found = {{}}
for i = notes + 1, #KEYS do
  local at = notes + 2 * i
  redis.call('HSET', KEYS[i], ARGV[at + 1], ARGV[at + 2])
  redis.call('EXPIRE', KEYS[i], ttl)
end
for i = notes + 1, #KEYS do found[i - notes] = redis.call('HGETALL', KEYS[i]) end
for i = 1, notes do redis.call('HSET', KEYS[i], 'exchanged', ARGV[3 * i + 2]) end
return found
"""
"""Write all halves of a batch, read their requests, then note how far that was: one round trip. The note comes last: a
Redis that still has it has the halves. All writes are absolute, so that a script that a torn append-only file replays
twice changes nothing. A state, which must be all or nothing, is never written so."""
KEEP = """
if redis.call('HGET', KEYS[1], 'epoch') ~= ARGV[1] then return 0 end
for i = 2, #KEYS do
  redis.call('HSET', KEYS[i], ARGV[3 * i - 4], ARGV[3 * i - 3])
  redis.call('EXPIRE', KEYS[i], ARGV[3 * i - 2])
end
return 1
"""
"""Write results, unless the state has another owner by now: an hour that fills, or a rolling sum, of a worker that
stood still for long would take the place of a newer one."""
RESULTS_AT_ONCE = 200
OLDEST_VERSION = (7, 0)


def connect(settings: Settings) -> redis.asyncio.Redis:
    """Return a client for the configured Redis. Nothing is sent yet.

    Raises:
        RefusedToStart: the settings of the connection cannot work.
    """
    # Patience is the store's: the library's own would hide for seconds that Redis is away.
    return open_client(redis.asyncio.Redis.from_url, settings.redis, retry=Retry(NoBackoff(), 0))


async def check_durable(client: redis.asyncio.Redis, *, allow_volatile: bool) -> str | None:
    """Check that Redis is new enough, writes an append-only file and never evicts keys.

    Returns:
        What is wrong, when ``allow_volatile`` lets it pass; None when all is well.

    Raises:
        RefusedToStart: it is unfit; the message says what to do.
        Unavailable: it does not answer.
    """
    async with unavailable():
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
        RefusedToStart: it is unfit, refuses the user or is not trusted, or the settings of the connection cannot work.
        Unavailable: it does not answer.
    """
    client = connect(settings)
    try:
        return await check_durable(client, allow_volatile=settings.redis.allow_volatile)
    except Unavailable as error:
        if is_refusal(error):
            raise RefusedToStart(str(error)) from None
        raise
    finally:
        await client.aclose()


class RedisStore:
    """Implements :class:`eddyline.protocols.StateStore` and :class:`eddyline.protocols.JoinStore`."""

    def __init__(self, client: redis.asyncio.Redis, *, join_ttl_seconds: int, patience_seconds: float = 0) -> None:
        """Repeat calls that fail for ``patience_seconds`` before the error is raised."""
        self._client, self._join_ttl = client, join_ttl_seconds
        self._patience = Patience(patience_seconds)
        self._exchange, self._keep_owned = client.register_script(EXCHANGE), client.register_script(KEEP)

    async def ping(self) -> None:
        """Ask Redis for a sign of life.

        Raises:
            Unavailable: it gives none.
        """
        async with unavailable():
            await self._client.ping()

    @property
    def fault(self) -> str | None:
        """What is wrong with the store at this moment, as far as a call has shown."""
        return self._patience.fault

    async def load(self, key: str) -> Stored:
        """Read a state and become its owner."""
        return await self._patience(lambda: self._load(key))

    async def _load(self, key: str) -> Stored:
        async with unavailable(), self._client.pipeline(transaction=True) as pipe:
            pipe.hincrby(key, "epoch", 1)
            pipe.hgetall(key)
            epoch, found = await pipe.execute()
        applied, exchanged = int(found.pop(APPLIED, -1)), int(found.pop(EXCHANGED, -1))
        found.pop(EPOCH)
        return Stored(epoch, applied, {name.decode(): value for name, value in found.items()}, exchanged)

    async def save(self, key: str, owner: Stored, applied: int, changes: Changes) -> Stored:
        """Write results, then the changed fields with their offset in one command, then drop what expired."""
        await self._patience(lambda: self._save(key, owner, applied, changes))
        return owner._replace(applied=applied)

    async def _save(self, key: str, owner: Stored, applied: int, changes: Changes) -> None:
        async with unavailable():
            await self._keep(key, owner, changes.results)
            await self._write(key, owner, applied, changes.fields)
            for at in range(0, len(changes.drops), DROPS_AT_ONCE):
                await self._client.hdel(key, *changes.drops[at : at + DROPS_AT_ONCE])

    async def _write(self, key: str, owner: Stored, applied: int, fields: Mapping[str, bytes]) -> None:
        async with self._client.pipeline(transaction=True) as pipe:
            await pipe.watch(key)
            found = await pipe.hmget(key, EPOCH, APPLIED, EXCHANGED)
            if found == _head(owner._replace(applied=applied)):
                return  # an earlier try succeeded, and only its answer was lost
            _compare(key, owner, found)
            pipe.multi()  # type: ignore[no-untyped-call]
            named = {**fields, "applied": b"%d" % applied}
            pipe.hset(key, items=[part for pair in named.items() for part in pair])
            try:
                await pipe.execute()
            except redis.exceptions.WatchError:
                message = f"{key} was taken by another worker"
                raise Fenced(message) from None

    async def check(self, owners: Mapping[str, Stored]) -> None:
        """Compare what is stored with what the owners know of it, in one round trip."""
        found = await self._patience(lambda: self._read_heads(list(owners)))
        for (key, owner), head in zip(owners.items(), found, strict=True):
            _compare(key, owner, head)

    async def _read_heads(self, names: list[str]) -> list[list[bytes | None]]:
        async with unavailable(), self._client.pipeline(transaction=False) as pipe:
            for name in names:
                pipe.hmget(name, EPOCH, APPLIED, EXCHANGED)
            heads: list[list[bytes | None]] = await pipe.execute()
        return heads

    async def _keep(self, key: str, owner: Stored, results: Sequence[Result]) -> None:
        for at in range(0, len(results), RESULTS_AT_ONCE):
            chunk = results[at : at + RESULTS_AT_ONCE]
            values = [part for one in chunk for part in (one.field, one.value, one.ttl_seconds)]
            if not await self._keep_owned([key, *(one.key for one in chunk)], [owner.epoch, *values]):
                raise Fenced(f"{key} has another owner")

    async def exchange(
        self, halves: Sequence[tuple[str, str, bytes]], notes: Sequence[Exchanged]
    ) -> list[Mapping[str, bytes]]:
        """Write each half and the notes, then return for each all the halves under its key."""
        names = [note.key for note in notes] + [keys.join(key) for key, _, _ in halves]
        noted = [part for note in notes for part in (note.epoch, note.before, note.offset)]
        written = [part for _, field, value in halves for part in (field, value)]
        arguments = [self._join_ttl, len(notes), *noted, *written]
        answers = await self._patience(lambda: self._exchange_once(names, arguments)) if halves else []
        return [_pairs(answer) for answer in answers]

    async def _exchange_once(self, names: list[str], arguments: list[str | int | bytes]) -> list[Sequence[bytes]]:
        try:
            async with unavailable():
                answers: list[Sequence[bytes]] = await self._exchange(names, arguments)
        except Unavailable as error:
            if FENCED in str(error):
                raise Fenced(str(error)) from None
            raise
        return answers


def _compare(key: str, owner: Stored, head: Sequence[bytes | str | None]) -> None:
    if list(head) != _head(owner):
        raise Fenced(f"{key} has another owner, or Redis has lost writes")


def _head(owner: Stored) -> list[bytes | None]:
    """Return what Redis has of a state whose owner knows the latest: epoch, applied, exchanged."""
    return [b"%d" % owner.epoch, _number(owner.applied), _number(owner.exchanged)]


def _number(offset: int) -> bytes | None:
    """Return an offset as Redis has it; -1 is one that was never written."""
    return b"%d" % offset if offset >= 0 else None


def _pairs(flat: Sequence[bytes]) -> dict[str, bytes]:
    """Return the hash that a script's HGETALL gives as a flat list."""
    return {name.decode(): value for name, value in zip(flat[::2], flat[1::2], strict=True)}


@asynccontextmanager
async def unavailable() -> AsyncIterator[None]:
    """Turn every error of the client library into ours."""
    try:
        yield
    except redis.exceptions.RedisError as error:
        message = f"Redis: {error}"
        raise Unavailable(message) from error
    except OSError as error:
        message = f"Redis cannot be reached: {error}"
        raise Unavailable(message) from error
