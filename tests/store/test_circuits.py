"""What every store of circuits promises, tried on the one of the tests and on a real Redis."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator

import pytest
import redis.asyncio
from tests.circuits_in_memory import CircuitsInMemory

from eddyline import keys
from eddyline.circuit import OpenCircuit, Resume
from eddyline.demo import servers
from eddyline.errors import RefusedToStart, Unavailable
from eddyline.protocols import CircuitStore
from eddyline.store.circuits import RedisCircuits

P0, P1, OTHER = ("prompts", 0), ("prompts", 1), ("feed-back._1", 1)
OPENED = OpenCircuit(offset=17, since_ms=1, reason="it is \u20ac", run=3, dead=4, of=5)
Scenario = Callable[[CircuitStore], Awaitable[None]]
Run = Callable[[Scenario], None]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[servers.RedisServer]:
    """Run a Redis."""
    with servers.redis_server(tmp_path_factory.mktemp("redis")) as found:
        yield found


async def _on_redis(url: str, scenario: Callable[["redis.asyncio.Redis"], Awaitable[None]]) -> None:
    async with redis.asyncio.Redis.from_url(url) as client:
        await client.flushall()
        await scenario(client)


@pytest.fixture(params=["memory", pytest.param("redis", marks=pytest.mark.integration)])
def run(request: pytest.FixtureRequest) -> Run:
    """Give a function that plays a scenario on an empty store."""
    if request.param == "memory":
        return lambda scenario: asyncio.run(_awaited(scenario(CircuitsInMemory())))
    url = request.getfixturevalue("server").url
    return lambda scenario: asyncio.run(_on_redis(url, lambda client: scenario(RedisCircuits(client))))


async def _awaited(scenario: Awaitable[None]) -> None:
    await scenario


def test_a_source_without_an_entry_is_not_among_those_found(run: Run) -> None:
    async def scenario(store: CircuitStore) -> None:
        assert await store.look([]) == {}
        assert await store.look([P0, P1]) == {}

    run(scenario)


def test_an_open_circuit_is_found_by_its_source_alone(run: Run) -> None:
    async def scenario(store: CircuitStore) -> None:
        await store.open(P1, OPENED)
        await store.open(OTHER, OPENED)
        assert await store.look([P0, P1]) == {P1: OPENED}

    run(scenario)


def test_a_request_takes_the_place_of_an_open_circuit_and_a_later_one_its_place(run: Run) -> None:
    async def scenario(store: CircuitStore) -> None:
        await store.open(P0, OPENED)
        assert await store.request(P0, Resume())
        assert await store.look([P0]) == {P0: Resume()}
        assert await store.request(P0, Resume(accept_before=9))
        assert await store.look([P0]) == {P0: Resume(accept_before=9)}

    run(scenario)


def test_a_request_where_nothing_is_open_leaves_nothing(run: Run) -> None:
    async def scenario(store: CircuitStore) -> None:
        assert not await store.request(P0, Resume())
        assert await store.look([P0]) == {}

    run(scenario)


def test_a_closed_entry_is_gone_and_may_be_closed_again(run: Run) -> None:
    async def scenario(store: CircuitStore) -> None:
        await store.open(P0, OPENED)
        await store.close(P0)
        await store.close(P0)
        assert await store.look([P0]) == {}

    run(scenario)


@pytest.mark.integration
def test_an_entry_has_a_key_of_its_own_and_stays(server: servers.RedisServer) -> None:
    async def scenario(client: "redis.asyncio.Redis") -> None:
        await RedisCircuits(client).open(P0, OPENED)
        assert await client.keys("*") == [b"eddyline:circuit:prompts:0"]
        assert await client.ttl(keys.circuit(*P0)) == -1

    asyncio.run(_on_redis(server.url, scenario))


@pytest.mark.integration
def test_what_is_no_entry_is_refused(server: servers.RedisServer) -> None:
    async def scenario(client: "redis.asyncio.Redis") -> None:
        await client.set(keys.circuit(*P0), "yes")
        with pytest.raises(RefusedToStart, match="eddyline:circuit:"):
            await RedisCircuits(client).look([P0])

    asyncio.run(_on_redis(server.url, scenario))


def test_a_redis_that_is_not_there_is_unavailable() -> None:
    async def ask() -> None:
        async with redis.asyncio.Redis(port=1) as client:
            store = RedisCircuits(client)
            for call in (store.look([P0]), store.open(P0, OPENED), store.request(P0, Resume()), store.close(P0)):
                with pytest.raises(Unavailable):
                    await call

    asyncio.run(ask())
