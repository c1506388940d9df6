"""Redis dies, forgets, is full, refuses writes, is slow: state goes back with its offset, and Kafka fills the rest."""

import random
from collections.abc import Callable
from typing import NamedTuple

import pytest
import redis
from tests.chaos import append_only
from tests.chaos.arena import Arena, Plan
from tests.chaos.proxy import Fault, Proxy
from tests.chaos.readiness import readiness, ready
from tests.chaos.worker import UNREACHABLE

from eddyline.demo.servers import RedisServer
from eddyline.demo.servers.ports import free_port

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]
AWAY_SECONDS = 20.0
IDLE_SECONDS = 30


def client(arena: Arena) -> redis.Redis:
    return redis.Redis(port=arena.server.port)


@pytest.mark.chaos
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_redis_that_is_killed_and_comes_back_loses_and_repeats_nothing(arena: Arena, seed: int) -> None:
    """Guards the start at ``applied + 1`` of what Redis holds, and retries while it is away."""
    random_ = random.Random(seed)
    with arena.flowing(arena.install(), Plan(seed)) as workers:
        for _ in range(3):
            workers.wait(random_.uniform(3.0, 8.0))
            arena.server.kill()
            arena.strike("kill -9 of Redis")
            workers.wait(random_.uniform(0.0, 3.0))
            arena.server.start()


@pytest.mark.chaos
@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("point", ["exchanged", "kept", "written"])
def test_one_call_that_fails_loses_and_repeats_nothing(arena: Arena, point: str, seed: int) -> None:
    """Guards what is done again: after a failed write the changes must still be there, done or not done the first time.

    A worker that ends for it must not write, at its hand-over, a state that is past changes which never arrived.
    """
    random_ = random.Random(seed)
    faults = [f"{point}:{random_.randint(5, 30)}:{UNREACHABLE}" for _ in range(8)]
    with arena.flowing(arena.install(), Plan(seed, prompts=3500, seconds=60.0, faults=faults)) as workers:
        for _ in range(6):
            workers.wait(9.0)
            workers.kill(random_.randrange(workers.size))
            arena.strike("a failed call, kill -9 of a worker")


@pytest.mark.chaos
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_an_append_only_file_torn_twice_loses_and_repeats_nothing(arena: Arena, seed: int) -> None:
    """Guards one absolute write per state: a longer transaction, torn, is replayed twice after the second restart.

    It also guards the halves of joins, and the position of encode, that go with the tail.
    """
    random_ = random.Random(seed)
    with arena.flowing(arena.install(), Plan(seed, prompts=4000, seconds=65.0)) as workers:
        for _ in range(3):
            workers.wait(random_.uniform(3.0, 7.0))
            for tearing in (True, True, False):
                arena.server.kill()
                if tearing:
                    append_only.tear(arena.server, random_.randint(1, 15_000))
                    arena.strike("AOF tail cut")
                arena.strike("kill -9 of Redis")
                arena.server.start()
                workers.wait(random_.uniform(1.0, 3.0))


@pytest.mark.chaos
@pytest.mark.parametrize("seed", [1, 2])
def test_a_redis_that_was_flushed_is_rebuilt_from_the_topics(arena: Arena, seed: int) -> None:
    """Guards that an empty Redis is noticed by the next write, and that reading begins at the oldest record."""
    random_ = random.Random(seed)
    with arena.flowing(arena.install(), Plan(seed)) as workers:
        workers.wait(random_.uniform(10.0, 20.0))
        client(arena).flushall()
        arena.strike("FLUSHALL")


@pytest.mark.chaos
@pytest.mark.parametrize("seed", [1, 2])
def test_a_redis_restored_from_an_older_copy_is_brought_up_to_date(arena: Arena, seed: int) -> None:
    """Guards that a state older than memory refuses the next write, and that its offset is where reading begins."""
    random_ = random.Random(seed)
    with arena.flowing(arena.install(), Plan(seed, prompts=3000, seconds=45.0)) as workers:
        workers.wait(random_.uniform(6.0, 10.0))
        append_only.copy(arena.server, arena.home / "yesterday")
        workers.wait(random_.uniform(10.0, 15.0))
        arena.server.kill()
        append_only.restore(arena.server, arena.home / "yesterday")
        arena.strike("older copy restored")
        arena.server.start()


class Unwilling(NamedTuple):
    """A Redis that refuses work for a while, and how it is told to."""

    fault: str
    begin: Callable[[RedisServer, redis.Redis], object]
    end: Callable[[RedisServer, redis.Redis], object]


UNWILLING = {
    "full": Unwilling(
        "Redis full for 20 s",
        lambda _, client: client.config_set("maxmemory", 1),
        lambda _, client: client.config_set("maxmemory", 0),
    ),
    # As after a fail-over of which the client does not know.
    "read-only": Unwilling(
        "Redis read-only for 20 s",
        lambda _, client: client.replicaof("127.0.0.1", str(free_port())),
        lambda _, client: client.replicaof("NO", "ONE"),
    ),
    "down": Unwilling("Redis down for 20 s", lambda server, _: server.kill(), lambda server, _: server.start()),
}


@pytest.mark.chaos
@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("state", list(UNWILLING))
def test_a_redis_that_takes_no_writes_makes_workers_wait(arena: Arena, state: str, seed: int) -> None:
    """Guards the retry in place: a refused write is no reason to end, nor to go on; readiness says what is wrong."""
    port, way = free_port(), UNWILLING[state]
    kafka = arena.install(windows_idle_seconds=IDLE_SECONDS, worker_http_port=port)
    with arena.flowing(kafka, Plan(seed, prompts=3000, seconds=50.0, workers=1)) as workers:
        workers.wait(random.Random(seed).uniform(5.0, 12.0))
        way.begin(arena.server, client(arena))
        arena.strike(way.fault)
        workers.wait(AWAY_SECONDS)
        told = readiness(port)
        way.end(arena.server, client(arena))
        workers.wait_until(lambda: ready(port), 60)
        assert workers.crashes == 0, f"{workers.crashes} ends by an error:\n{workers.tail()}"
    assert told[0] == 503, told


@pytest.mark.chaos
@pytest.mark.parametrize("seed", [1, 2])
def test_a_redis_that_is_slow_makes_workers_slow(arena: Arena, redis_proxy: Proxy, seed: int) -> None:
    """Guards heartbeats beside slow calls: no worker loses its partitions or ends because Redis takes two seconds."""
    kafka = arena.install(through=redis_proxy, windows_idle_seconds=IDLE_SECONDS)
    with arena.flowing(kafka, Plan(seed, prompts=3000, seconds=50.0)) as workers:
        workers.wait(5.0)
        redis_proxy.disturb(Fault(latency_s=1.0))
        arena.strike("2 s a round trip to Redis for 20 s")
        workers.wait(AWAY_SECONDS)
        redis_proxy.mend()
        for _ in range(5):
            client(arena).client_pause(2000)
            arena.strike("CLIENT PAUSE for 2 s")
            workers.wait(3.0)
        assert workers.crashes == 0, f"{workers.crashes} ends by an error:\n{workers.tail()}"


@pytest.mark.chaos
@pytest.mark.parametrize("seed", [1, 2])
def test_a_network_to_redis_that_fails_in_every_way_loses_and_repeats_nothing(
    arena: Arena, redis_proxy: Proxy, seed: int
) -> None:
    """Guards the answer that never came: a write may have happened or not, and both are right."""
    random_ = random.Random(seed)
    kafka = arena.install(through=redis_proxy, windows_idle_seconds=IDLE_SECONDS)
    with arena.flowing(kafka, Plan(seed, prompts=4000, seconds=70.0)) as workers:
        for _ in range(3):
            workers.wait(random_.uniform(2.0, 5.0))
            redis_proxy.disturb(Fault(latency_s=0.05, reset_rate=0.05))
            arena.strike("5 % resets")
            workers.wait(5.0)
            redis_proxy.black_hole()
            arena.strike("black hole before Redis for 5 s")
            workers.wait(5.0)
            redis_proxy.refuse()
            arena.strike("connection refused for 2 s")
            workers.wait(2.0)
            redis_proxy.mend()
