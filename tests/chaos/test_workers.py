"""Workers are killed, stopped, told to end, at any moment and at the worst ones: nothing is lost or counted twice."""

import random

import pytest
from tests import traffic
from tests.chaos.arena import Arena, Plan
from tests.chaos.worker import POINTS

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]


def seeded_faults(seed: int, points: list[str], each: int) -> list[str]:
    """Return every point so many times, in a random order, each at a random one of its first calls."""
    random_ = random.Random(seed)
    faults = [f"{point}:{random_.randint(1, 12)}" for point in points for _ in range(each)]
    random_.shuffle(faults)
    return faults


def end_at_points(arena: Arena, seed: int, faults: list[str], seconds: float) -> None:
    """Let workers end by ``faults`` while events flow."""
    plan = Plan(seed, prompts=int(60 * seconds), seconds=seconds, faults=faults)
    # The group's committed offsets are far ahead of the state: whoever started there would lose what lies between.
    # Workers that start again and again leave all inputs silent for longer than usual.
    kafka = arena.install(worker_checkpoint_seconds=2.5, windows_idle_seconds=40)
    with arena.flowing(kafka, plan) as workers:
        workers.wait_until(lambda: workers.struck == len(faults), 20 * len(faults) + 60)
        for fault in faults:
            arena.strike(f"kill -9 {POINTS[fault.partition(':')[0]].described}")


@pytest.mark.parametrize("seed", [1])
def test_workers_that_die_at_every_step_of_a_batch_lose_and_repeat_nothing(arena: Arena, seed: int) -> None:
    """Guards the order (outputs, results, state with its offset), and the start at ``applied + 1``."""
    end_at_points(arena, seed, seeded_faults(seed, list(POINTS), 1), 25.0)


@pytest.mark.chaos
@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("point", list(POINTS))
def test_workers_that_die_again_and_again_at_one_step_lose_and_repeat_nothing(
    arena: Arena, point: str, seed: int
) -> None:
    """Guards each step of that order alone: six deaths before or after the same write."""
    end_at_points(arena, seed, seeded_faults(seed, [point], 6), 60.0)


@pytest.mark.chaos
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_workers_killed_at_random_moments_lose_and_repeat_nothing(arena: Arena, seed: int) -> None:
    """Guards the offset beside the state (``applied``), and outputs before state."""
    random_ = random.Random(seed)
    with arena.flowing(arena.install(), Plan(seed, prompts=8000, seconds=130.0)) as workers:
        for _ in range(20):
            workers.wait(random_.uniform(2.0, 9.0))
            workers.kill(random_.randrange(workers.size))
            arena.strike("kill -9 of a worker")


@pytest.mark.chaos
@pytest.mark.parametrize("seed", [1, 2])
def test_workers_told_to_end_under_load_end_in_order_and_lose_and_repeat_nothing(arena: Arena, seed: int) -> None:
    """Guards the deadline of an end, the hand-over, and that what is not acknowledged is read again."""
    random_ = random.Random(seed)
    with arena.flowing(arena.install(), Plan(seed, prompts=4000, seconds=70.0)) as workers:
        for _ in range(6):
            workers.wait(random_.uniform(3.0, 9.0))
            slot = random_.randrange(workers.size)
            assert workers.terminate(slot) <= 10.0
            workers.restart(slot)
            arena.strike("SIGTERM")


@pytest.mark.chaos
@pytest.mark.parametrize("seed", [1])
def test_two_workers_told_to_end_while_partitions_change_hands_end_in_order(arena: Arena, seed: int) -> None:
    """Guards the deadline of an end: Faust can wait for ever when it is told to stop within a rebalance."""
    random_ = random.Random(seed)
    lines = traffic.stream(prompts=300, users=50, hours=2, seed=seed)
    for _ in range(12):
        kafka = arena.install(windows_idle_seconds=3)
        kafka.produce(lines)
        arena.events += len(lines)
        with arena.running(kafka, Plan(seed)) as workers:
            workers.wait_until(lambda: workers.said("Worker ready") >= 2, 60)
            workers.wait(random_.random() * 6)
            arena.strike("SIGTERM of both workers")


@pytest.mark.chaos
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_worker_that_wakes_after_its_partitions_were_given_away_is_refused(arena: Arena, seed: int) -> None:
    """Guards the comparison of ``epoch`` with every state write.

    The worker stands still between its outputs and its state, for longer than its session; what it writes when it
    wakes belongs to another worker by then.
    """
    nth = random.Random(seed).randint(3, 12)
    plan = Plan(seed, prompts=1800, seconds=28.0, faults=[f"kept:{nth}:SIGSTOP"])
    with arena.flowing(arena.install(), plan) as workers:
        workers.wait_until(lambda: bool(workers.paused()), 60)
        arena.strike("SIGSTOP for 16 s")
        workers.wait(16.0)
        workers.resume(workers.paused()[0])
        workers.wait_until(lambda: refusals(workers.log()) > 0, 30)
    assert refusals(workers.log()) > 0


def refusals(log: str) -> int:
    """Return how often a log says that a state write was refused."""
    return log.count("has another owner") + log.count("was taken by another worker")


@pytest.mark.chaos
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_workers_stopped_at_random_moments_and_woken_lose_and_repeat_nothing(arena: Arena, seed: int) -> None:
    """Guards the comparison of ``epoch`` and ``applied``, wherever a worker is when its session ends."""
    random_ = random.Random(seed)
    with arena.flowing(arena.install(), Plan(seed, prompts=6000, seconds=100.0)) as workers:
        for _ in range(4):
            workers.wait(random_.uniform(3.0, 8.0))
            slot = random_.randrange(workers.size)
            workers.pause(slot)
            workers.wait(random_.uniform(9.0, 16.0))
            workers.resume(slot)
            arena.strike("SIGSTOP beyond the session")


@pytest.mark.chaos
@pytest.mark.parametrize("seed", [1, 2])
def test_a_storm_of_rebalances_loses_and_repeats_nothing(arena: Arena, seed: int) -> None:
    """Guards that a partition's state is loaded by whoever owns it now, and only then; and its writes at hand-over."""
    random_ = random.Random(seed)
    with arena.flowing(arena.install(), Plan(seed, prompts=4500, seconds=75.0, workers=3)) as workers:
        for _ in range(30):
            workers.wait(2.0)
            slot = random_.randrange(workers.size)
            if random_.random() < 0.3:
                workers.kill(slot)
                arena.strike("kill -9 of a worker")
            else:
                workers.leave(slot)
                arena.strike("SIGTERM")
