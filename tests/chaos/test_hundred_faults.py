"""A hundred faults in fifty thousand events: nothing lost, nothing counted twice, the bytes of a replay."""

import random
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.chaos import append_only
from tests.chaos.arena import Arena, Plan, flow_of
from tests.chaos.workers import FaultyWorkers
from tests.integration import expected

pytestmark = [pytest.mark.integration, pytest.mark.chaos, pytest.mark.timeout(1800)]
FAULTS = ["worker"] * 80 + ["broker"] * 5 + ["redis"] * 8 + ["torn"] * 7
PROMPTS = 26_500
SECONDS_BETWEEN = 4.0, 13.0


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_hundred_faults_lose_and_repeat_nothing(arena: Arena, seed: int, tmp_path: Path) -> None:
    """Guards everything at once, in combinations that nobody thought of."""
    random_ = random.Random(seed)
    faults = random_.sample(FAULTS, len(FAULTS))
    pauses = [random_.uniform(*SECONDS_BETWEEN) for _ in faults]
    # While servers come back the traffic goes on: it lasts a little longer than the pauses.
    plan = Plan(seed, prompts=PROMPTS, seconds=1.15 * sum(pauses), patience_seconds=240.0)
    kafka = arena.install(windows_idle_seconds=30)
    with arena.flowing(kafka, plan) as workers:
        for fault, pause in zip(faults, pauses, strict=True):
            workers.wait(pause)
            HAPPENS[fault](arena, workers, random_)
    found, wanted = expected.read(kafka), expected.replayed(kafka, flow_of(plan), arena.encoder, tmp_path)
    assert found["scores"] == wanted["scores"]
    assert found["drift"] == wanted["drift"]


def kill_a_worker(arena: Arena, workers: FaultyWorkers, random_: random.Random) -> None:
    workers.kill(random_.randrange(workers.size))
    arena.strike("kill -9 of a worker")


def kill_the_broker(arena: Arena, _: FaultyWorkers, __: random.Random) -> None:
    arena.broker.kill()
    arena.broker.start()
    arena.strike("kill -9 of the broker")


def kill_redis(arena: Arena, workers: FaultyWorkers, random_: random.Random) -> None:
    arena.server.kill()
    workers.wait(random_.uniform(0.0, 3.0))
    arena.server.start()
    arena.strike("kill -9 of Redis")


def tear_redis(arena: Arena, _: FaultyWorkers, random_: random.Random) -> None:
    arena.server.kill()
    append_only.tear(arena.server, random_.randint(1, 15_000))
    arena.server.start()
    arena.strike("kill -9 of Redis, AOF tail cut")


Happening = Callable[[Arena, FaultyWorkers, random.Random], None]
HAPPENS: dict[str, Happening] = {
    "worker": kill_a_worker,
    "broker": kill_the_broker,
    "redis": kill_redis,
    "torn": tear_redis,
}
