"""What every store promises, tried on the one in memory and on a real Redis."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from pathlib import Path
from typing import Protocol, cast

import pytest
import redis.asyncio

from eddyline import keys
from eddyline.changes import Changes, Result
from eddyline.demo import servers
from eddyline.errors import Fenced
from eddyline.protocols import Exchanged, Store, Stored
from eddyline.store.memory import MemoryStore
from eddyline.store.redis import RedisStore

KEY = keys.state("fold", 3)
JOIN_TTL = 60


class World(Protocol):
    """A store, and a way to look behind it."""

    store: Store

    async def forget(self, key: str) -> None:
        """Delete a state behind the store's back."""

    async def result(self, key: str) -> dict[str, bytes]:
        """Return the fields of a finished result."""


class InMemory:
    """The store in memory."""

    def __init__(self) -> None:
        self._memory = MemoryStore()
        self.store: Store = self._memory

    async def forget(self, key: str) -> None:
        del self._memory._states[key]

    async def result(self, key: str) -> dict[str, bytes]:
        return self._memory.results[key]


class InRedis:
    """The store in Redis."""

    def __init__(self, client: "redis.asyncio.Redis") -> None:
        self.client = client
        self.store: Store = RedisStore(client, join_ttl_seconds=JOIN_TTL)

    async def forget(self, key: str) -> None:
        await self.client.delete(key)

    async def result(self, key: str) -> dict[str, bytes]:
        found = cast("dict[bytes, bytes]", await self.client.hgetall(key))
        return {name.decode(): value for name, value in found.items()}


Scenario = Callable[[World], Awaitable[None]]
Run = Callable[[Scenario], None]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[servers.RedisServer]:
    """Run a Redis."""
    with servers.redis_server(tmp_path_factory.mktemp("redis")) as found:
        yield found


async def _on_redis(url: str, scenario: Callable[[InRedis], Awaitable[None]]) -> None:
    async with redis.asyncio.Redis.from_url(url) as client:
        await client.flushall()
        await scenario(InRedis(client))


@pytest.fixture(params=["memory", pytest.param("redis", marks=pytest.mark.integration)])
def run(request: pytest.FixtureRequest) -> Run:
    """Give a function that plays a scenario on an empty store."""
    if request.param == "memory":
        return lambda scenario: asyncio.run(_awaited(scenario(InMemory())))
    url = request.getfixturevalue("server").url
    return lambda scenario: asyncio.run(_on_redis(url, scenario))


async def _awaited(scenario: Awaitable[None]) -> None:
    await scenario


def _changes(fields: dict[str, bytes], drops: Sequence[str] = (), results: Sequence[Result] = ()) -> Changes:
    return Changes(fields, list(drops), list(results))


def test_what_was_never_written_is_loaded_as_empty(run: Run) -> None:
    async def scenario(world: World) -> None:
        assert await world.store.load(KEY) == Stored(1, -1, {})

    run(scenario)


def test_what_was_saved_is_loaded_with_its_offset(run: Run) -> None:
    async def scenario(world: World) -> None:
        owner = await world.store.load(KEY)
        await world.store.save(KEY, owner, 41, _changes({"a": b"\x00\xff", "c:1:x\x1fy\u20ac": b""}))
        assert await world.store.load(KEY) == Stored(2, 41, {"a": b"\x00\xff", "c:1:x\x1fy\u20ac": b""})

    run(scenario)


def test_every_load_raises_the_epoch(run: Run) -> None:
    async def scenario(world: World) -> None:
        assert [(await world.store.load(KEY)).epoch for _ in range(3)] == [1, 2, 3]

    run(scenario)


def test_states_of_different_partitions_are_apart(run: Run) -> None:
    async def scenario(world: World) -> None:
        owner = await world.store.load(KEY)
        await world.store.save(KEY, owner, 5, _changes({"a": b"1"}))
        assert await world.store.load(keys.state("fold", 4)) == Stored(1, -1, {})

    run(scenario)


def test_one_save_follows_another_and_a_field_is_what_was_written_last(run: Run) -> None:
    async def scenario(world: World) -> None:
        owner = await world.store.load(KEY)
        owner = await world.store.save(KEY, owner, 1, _changes({"a": b"1", "b": b"2"}))
        owner = await world.store.save(KEY, owner, 2, _changes({"a": b"3"}))
        await world.store.save(KEY, owner, 3, _changes({}))
        assert await world.store.load(KEY) == Stored(2, 3, {"a": b"3", "b": b"2"})

    run(scenario)


def test_the_same_save_twice_is_the_same_state(run: Run) -> None:
    async def scenario(world: World) -> None:
        owner = await world.store.load(KEY)
        owner = await world.store.save(KEY, owner, 1, _changes({"a": b"1"}))
        await world.store.save(KEY, owner, 1, _changes({"a": b"1"}))
        assert await world.store.load(KEY) == Stored(2, 1, {"a": b"1"})

    run(scenario)


def test_what_expired_is_dropped_thousands_at_once(run: Run) -> None:
    async def scenario(world: World) -> None:
        owner = await world.store.load(KEY)
        many = {f"i:{k}": b"x" for k in range(2500)}
        owner = await world.store.save(KEY, owner, 1, _changes(many | {"kept": b"1"}))
        await world.store.save(KEY, owner, 2, _changes({}, drops=[*many, "never there"]))
        assert await world.store.load(KEY) == Stored(2, 2, {"kept": b"1"})

    run(scenario)


def test_a_second_loader_fences_the_first(run: Run) -> None:
    async def scenario(world: World) -> None:
        first = await world.store.load(KEY)
        second = await world.store.load(KEY)
        with pytest.raises(Fenced):
            await world.store.save(KEY, first, 1, _changes({"a": b"old"}))
        await world.store.save(KEY, second, 1, _changes({"a": b"new"}))
        assert (await world.store.load(KEY)).fields == {"a": b"new"}

    run(scenario)


def test_a_state_that_vanished_behind_the_owner_is_noticed(run: Run) -> None:
    async def scenario(world: World) -> None:
        owner = await world.store.load(KEY)
        owner = await world.store.save(KEY, owner, 1, _changes({"a": b"1"}))
        await world.forget(KEY)
        with pytest.raises(Fenced):
            await world.store.save(KEY, owner, 2, _changes({"b": b"2"}))
        assert await world.store.load(KEY) == Stored(1, -1, {})

    run(scenario)


def test_a_save_that_was_lost_is_noticed_by_the_next(run: Run) -> None:
    async def scenario(world: World) -> None:
        before = await world.store.load(KEY)
        before = await world.store.save(KEY, before, 1, _changes({"a": b"1"}))
        ahead = Stored(before.epoch, 2, {})
        with pytest.raises(Fenced):
            await world.store.save(KEY, ahead, 3, _changes({"a": b"3"}))

    run(scenario)


def test_results_are_kept_under_keys_of_their_own(run: Run) -> None:
    async def scenario(world: World) -> None:
        owner = await world.store.load(KEY)
        results = [
            Result("window:1", "cell", b"a", 60),
            Result("panel:1", "0", b"b", 60),
            Result("panel:1", "1", b"c", 60),
        ]
        await world.store.save(KEY, owner, 1, _changes({}, results=results))
        assert await world.result("window:1") == {"cell": b"a"}
        assert await world.result("panel:1") == {"0": b"b", "1": b"c"}

    run(scenario)


def test_results_of_a_worker_that_lost_the_state_are_not_written(run: Run) -> None:
    async def scenario(world: World) -> None:
        zombie = await world.store.load(KEY)
        owner = await world.store.load(KEY)
        await world.store.save(KEY, owner, 9, _changes({}, results=[Result("rolling:1", "s", b"new", 60)]))
        with pytest.raises(Fenced):
            await world.store.save(KEY, zombie, 5, _changes({}, results=[Result("rolling:1", "s", b"old", 60)]))
        assert await world.result("rolling:1") == {"s": b"new"}

    run(scenario)


def test_many_results_are_all_written(run: Run) -> None:
    async def scenario(world: World) -> None:
        owner = await world.store.load(KEY)
        results = [Result(f"window:{at % 3}", str(at), b"%d" % at, 60) for at in range(450)]
        await world.store.save(KEY, owner, 1, _changes({}, results=results))
        found = {k: v for at in range(3) for k, v in (await world.result(f"window:{at}")).items()}
        assert found == {str(at): b"%d" % at for at in range(450)}

    run(scenario)


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 0, 2, 0)])
def test_halves_meet_in_whatever_order_they_come(run: Run, order: tuple[int, ...]) -> None:
    halves = [("r1", "p", b"prompt"), ("r1", "r", b"response"), ("r1", "f:a:1", b"feedback")]

    async def scenario(world: World) -> None:
        found = [dict((await world.store.exchange([halves[k]], []))[0]) for k in order]
        assert [len(seen) for seen in found] == [len(set(order[: k + 1])) for k in range(len(order))]
        assert found[-1] == {field: value for _, field, value in halves}

    run(scenario)


def test_halves_of_one_batch_see_one_another(run: Run) -> None:
    async def scenario(world: World) -> None:
        batch = [("r1", "p", b"1"), ("r2", "p", b"2"), ("r1", "r", b"3")]
        found = await world.store.exchange(batch, [])
        assert [dict(seen) for seen in found] == [{"p": b"1", "r": b"3"}, {"p": b"2"}, {"p": b"1", "r": b"3"}]

    run(scenario)


def test_a_save_that_is_repeated_because_its_answer_was_lost_changes_nothing(run: Run) -> None:
    async def scenario(world: World) -> None:
        owner = await world.store.load(KEY)
        first = await world.store.save(KEY, owner, 5, _changes({"a": b"1"}))
        assert await world.store.save(KEY, owner, 5, _changes({"a": b"1"})) == first
        assert (await world.store.save(KEY, first, 6, _changes({"a": b"2"}))).applied == 6

    run(scenario)


def test_an_exchange_is_noted_in_the_state_that_it_is_for(run: Run) -> None:
    async def scenario(world: World) -> None:
        owner = await world.store.load(KEY)
        await world.store.exchange([("r1", "p", b"1")], [Exchanged(KEY, owner.epoch, -1, 41)])
        known = owner._replace(exchanged=41)
        assert (await world.store.save(KEY, known, 41, _changes({"a": b"1"}))).applied == 41
        assert (await world.store.load(KEY)).exchanged == 41

    run(scenario)


def test_a_store_that_lost_an_exchange_does_not_take_the_offset_that_includes_it(run: Run) -> None:
    async def scenario(world: World) -> None:
        owner = await world.store.load(KEY)
        with pytest.raises(Fenced):
            await world.store.save(KEY, owner._replace(exchanged=41), 41, _changes({}))

    run(scenario)


def test_what_the_store_has_is_compared_with_what_owners_know(run: Run) -> None:
    async def scenario(world: World) -> None:
        other = keys.state("fold", 4)
        first, second = await world.store.load(KEY), await world.store.load(other)
        first = await world.store.save(KEY, first, 5, _changes({"a": b"1"}))
        await world.store.check({})
        await world.store.check({KEY: first, other: second})
        with pytest.raises(Fenced, match="lost writes"):
            await world.store.check({KEY: first, other: second._replace(applied=3)})
        with pytest.raises(Fenced, match="another owner"):
            await world.store.check({KEY: first._replace(epoch=0)})

    run(scenario)


def test_a_store_that_lost_an_exchange_takes_no_later_one(run: Run) -> None:
    async def scenario(world: World) -> None:
        owner = await world.store.load(KEY)
        first, second = Exchanged(KEY, owner.epoch, -1, 41), Exchanged(KEY, owner.epoch, 41, 50)
        await world.store.exchange([("r1", "p", b"1")], [first])
        await world.store.exchange([("r1", "p", b"1")], [first])
        await world.store.exchange([("r2", "p", b"2")], [second])
        with pytest.raises(Fenced, match="lost writes"):
            await world.store.exchange([("r3", "p", b"3")], [Exchanged(KEY, owner.epoch, 60, 70)])
        (found,) = await world.store.exchange([("r3", "r", b"4")], [Exchanged(KEY, owner.epoch, 50, 71)])
        assert dict(found) == {"r": b"4"}

    run(scenario)


def test_halves_of_a_worker_that_lost_the_partition_are_refused_before_they_are_written(run: Run) -> None:
    async def scenario(world: World) -> None:
        zombie, owner = await world.store.load(KEY), await world.store.load(KEY)
        with pytest.raises(Fenced):
            await world.store.exchange([("r9", "p", b"1")], [Exchanged(KEY, zombie.epoch, -1, 41)])
        (found,) = await world.store.exchange([("r9", "r", b"2")], [Exchanged(KEY, owner.epoch, -1, 7)])
        assert dict(found) == {"r": b"2"}

    run(scenario)


def test_nothing_to_exchange_is_nothing(run: Run) -> None:
    async def scenario(world: World) -> None:
        assert list(await world.store.exchange([], [])) == []

    run(scenario)


@pytest.mark.integration
def test_results_and_halves_leave_redis_by_themselves_but_a_state_does_not(server: servers.RedisServer) -> None:
    async def scenario(world: InRedis) -> None:
        owner = await world.store.load(KEY)
        await world.store.save(KEY, owner, 1, _changes({"a": b"1"}, results=[Result("window:1", "cell", b"a", 90)]))
        await world.store.exchange([("r1", "p", b"1")], [])
        names = ("window:1", keys.join("r1"), KEY)
        lives = [await world.client.ttl(name) for name in names]
        assert 80 <= lives[0] <= 90
        assert JOIN_TTL - 10 <= lives[1] <= JOIN_TTL
        assert lives[2] == -1

    asyncio.run(_on_redis(server.url, scenario))


@pytest.mark.integration
def test_of_two_owners_that_write_at_once_one_is_fenced(server: servers.RedisServer) -> None:
    async def scenario(world: InRedis) -> None:
        async with redis.asyncio.Redis.from_url(server.url) as other:
            first = await world.store.load(KEY)
            rival = RedisStore(other, join_ttl_seconds=JOIN_TTL)

            async def take_over() -> None:
                second = await rival.load(KEY)
                await rival.save(KEY, second, 7, _changes({"a": b"rival"}))

            await asyncio.gather(
                world.store.save(KEY, first, 5, _changes({"a": b"first"})), take_over(), return_exceptions=True
            )
            with pytest.raises(Fenced):
                await world.store.save(KEY, Stored(1, 5, {}), 6, _changes({"a": b"late"}))
            assert (await world.store.load(KEY)).fields["a"] != b"late"

    asyncio.run(_on_redis(server.url, scenario))


@pytest.mark.integration
def test_an_owner_that_is_robbed_between_the_compare_and_the_write_is_fenced(
    server: servers.RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def rob(*_: object) -> None:
        with redis.Redis.from_url(server.url) as thief:
            thief.hincrby(KEY, "epoch", 1)

    async def scenario(world: InRedis) -> None:
        owner = await world.store.load(KEY)
        monkeypatch.setattr("eddyline.store.redis._compare", rob)
        with pytest.raises(Fenced, match="taken by another worker"):
            await world.store.save(KEY, owner, 5, _changes({"a": b"1"}))
        assert "a" not in (await world.store.load(KEY)).fields

    asyncio.run(_on_redis(server.url, scenario))


@pytest.mark.integration
def test_a_state_survives_a_restart_of_redis(tmp_path: Path) -> None:
    with servers.redis_server(tmp_path) as found:

        async def write(world: InRedis) -> None:
            owner = await world.store.load(KEY)
            await world.store.save(KEY, owner, 9, _changes({"a": b"1"}))
            await asyncio.sleep(1.2)  # appendfsync everysec

        asyncio.run(_on_redis(found.url, write))
        found.kill()
        found.start()

        async def read() -> Stored:
            async with redis.asyncio.Redis.from_url(found.url) as client:
                return await RedisStore(client, join_ttl_seconds=JOIN_TTL).load(KEY)

        assert asyncio.run(read()) == Stored(2, 9, {"a": b"1"})
