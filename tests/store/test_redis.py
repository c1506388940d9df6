"""Which Redis is fit to keep state, and what happens when it is away."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, cast

import pytest
import redis.asyncio

from eddyline.changes import Changes
from eddyline.demo import servers
from eddyline.errors import RefusedToStart, Unavailable
from eddyline.protocols import Stored
from eddyline.settings import Redis, Settings
from eddyline.store.redis import RedisStore, check_durable, connect

FIT = {"redis_version": "7.0.15", "aof_enabled": 1, "maxmemory_policy": "noeviction"}


class FakeRedis:
    """Answers INFO."""

    def __init__(self, facts: dict[str, Any]) -> None:
        self._facts = facts

    async def info(self, *_: str) -> dict[str, Any]:
        """Return the facts."""
        return self._facts


def _check(facts: dict[str, Any], *, allow_volatile: bool = False) -> str | None:
    client = cast("redis.asyncio.Redis", FakeRedis(FIT | facts))
    return asyncio.run(check_durable(client, allow_volatile=allow_volatile))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[servers.RedisServer]:
    """Run a Redis."""
    with servers.redis_server(tmp_path_factory.mktemp("redis")) as found:
        yield found


def _ask(url: str, question: Callable[["redis.asyncio.Redis"], Awaitable[Any]]) -> Any:  # noqa: ANN401
    async def asked() -> Any:  # noqa: ANN401
        async with redis.asyncio.Redis.from_url(url) as client:
            return await question(client)

    return asyncio.run(asked())


@pytest.mark.parametrize("version", ["7.0.0", "7.4.1", "8.2.0", "10.0", "255.255.255"])
def test_a_new_redis_that_persists_and_never_evicts_is_fit(version: str) -> None:
    assert _check({"redis_version": version}) is None


@pytest.mark.parametrize("version", ["6.2.14", "5.0", "6.0.0"])
@pytest.mark.parametrize("allow_volatile", [False, True])
def test_an_old_redis_is_refused_whatever_is_allowed(version: str, *, allow_volatile: bool) -> None:
    with pytest.raises(RefusedToStart, match=r"too old: 7\.0"):
        _check({"redis_version": version}, allow_volatile=allow_volatile)


@pytest.mark.parametrize(
    ("facts", "advice"),
    [
        ({"aof_enabled": 0}, "appendonly yes"),
        ({"maxmemory_policy": "allkeys-lru"}, "maxmemory-policy noeviction"),
        ({"maxmemory_policy": "volatile-ttl"}, "maxmemory-policy noeviction"),
    ],
)
def test_a_redis_that_may_forget_is_refused_with_what_to_do(facts: dict[str, Any], advice: str) -> None:
    with pytest.raises(RefusedToStart, match=advice):
        _check(facts)
    warning = _check(facts, allow_volatile=True)
    assert warning is not None
    assert advice in warning


@pytest.mark.integration
def test_the_redis_of_the_demonstration_is_fit(server: servers.RedisServer) -> None:
    assert _ask(server.url, lambda client: check_durable(client, allow_volatile=False)) is None


@pytest.mark.integration
def test_a_real_redis_that_stops_to_persist_is_noticed(server: servers.RedisServer) -> None:
    async def question(client: "redis.asyncio.Redis") -> None:
        await client.config_set("appendonly", "no")
        await client.config_set("maxmemory-policy", "allkeys-lru")
        try:
            with pytest.raises(RefusedToStart, match=r"appendonly yes.*noeviction"):
                await check_durable(client, allow_volatile=False)
        finally:
            await client.config_set("maxmemory-policy", "noeviction")
            await client.config_set("appendonly", "yes")

    _ask(server.url, question)


@pytest.mark.parametrize("url", ["localhost:6379", "http://localhost", ""])
def test_a_url_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(RefusedToStart, match=r"redis\.url"):
        connect(Settings(redis=Redis(url=url)))


def test_a_redis_that_is_not_there_is_unavailable() -> None:
    async def question(client: "redis.asyncio.Redis") -> None:
        store = RedisStore(client, join_ttl_seconds=60)
        for call in (
            lambda: store.load("k"),
            lambda: store.save("k", Stored(1, -1, {}), 0, Changes({}, [])),
            lambda: store.exchange([("r", "p", b"")], []),
            lambda: check_durable(client, allow_volatile=True),
        ):
            with pytest.raises(Unavailable):
                await cast("Callable[[], Awaitable[object]]", call)()

    _ask("redis://127.0.0.1:1/0", question)


@pytest.mark.integration
@pytest.mark.parametrize("fault", ["wrong type", "out of memory", "read only"])
def test_a_redis_that_refuses_is_unavailable(server: servers.RedisServer, fault: str) -> None:
    async def question(client: "redis.asyncio.Redis") -> None:
        await client.flushall()
        store = RedisStore(client, join_ttl_seconds=60)
        if fault == "wrong type":
            await client.set("k", "text")
        elif fault == "out of memory":
            await client.config_set("maxmemory", "1")
        else:
            await client.config_set("min-replicas-to-write", "1")
        try:
            with pytest.raises(Unavailable):
                await store.load("k")
        finally:
            await client.config_set("maxmemory", "0")
            await client.config_set("min-replicas-to-write", "0")

    _ask(server.url, question)


@pytest.mark.integration
def test_a_redis_that_hangs_is_unavailable_after_the_time_out(server: servers.RedisServer) -> None:
    async def hang() -> None:
        settings = Settings(redis=Redis(url=server.url, timeout_seconds=0.2))
        async with connect(settings) as client, redis.asyncio.Redis.from_url(server.url) as other:
            await other.client_pause(1500)
            with pytest.raises(Unavailable):
                await RedisStore(client, join_ttl_seconds=60).load("k")

    asyncio.run(hang())
