"""The broker goes away, stands still, or the network to it fails: workers wait or start again, and all is exact."""

import random

import pytest
from tests.chaos.arena import Arena, Plan
from tests.chaos.proxy import Fault
from tests.chaos.readiness import ready

from eddyline.demo.servers.ports import free_port

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]
OUTAGE_SECONDS = 30.0
LONGER_THAN_AN_OUTAGE = 60
"""A source that nobody can read is silent: with less it would count as ended."""


def outage(seed: int) -> Plan:
    return Plan(seed, prompts=4000, seconds=70.0, patience_seconds=240.0)


@pytest.mark.parametrize("seed", [1])
def test_a_broker_that_is_killed_and_comes_back_at_once_costs_nothing(arena: Arena, seed: int) -> None:
    """Guards idempotent producers that never give up a record, and consumers that find their place again."""
    with arena.flowing(arena.install(), Plan(seed, prompts=1500, seconds=18.0)) as workers:
        workers.wait(6.0)
        arena.broker.kill()
        arena.strike("kill -9 of the broker")
        arena.broker.start()


@pytest.mark.chaos
@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("end", ["kill", "stop"])
def test_a_broker_that_is_away_for_half_a_minute_costs_time_only(arena: Arena, end: str, seed: int) -> None:
    """Guards that nothing is acknowledged while outputs cannot be written; readiness says so, then recovers."""
    port = free_port()
    kafka = arena.install(windows_idle_seconds=LONGER_THAN_AN_OUTAGE, worker_http_port=port)
    with arena.flowing(kafka, outage(seed)._replace(workers=1)) as workers:
        workers.wait(random.Random(seed).uniform(5.0, 15.0))
        getattr(arena.broker, end)()
        arena.strike(f"{end} of the broker for 30 s")
        workers.wait(OUTAGE_SECONDS)
        assert not ready(port)
        arena.broker.start()
        workers.wait_until(lambda: ready(port), 90)


@pytest.mark.chaos
@pytest.mark.parametrize("seed", [1])
def test_an_outage_of_the_broker_that_is_longer_than_idle_is_not_taken_for_the_end_of_the_input(
    arena: Arena, seed: int
) -> None:
    """Guards that a source counts as read to its end only by an answer of the broker that is fresh."""
    kafka = arena.install(windows_idle_seconds=12)
    with arena.flowing(kafka, outage(seed)) as workers:
        workers.wait(10.0)
        arena.broker.kill()
        arena.strike("kill of the broker for 30 s")
        workers.wait(OUTAGE_SECONDS)
        arena.broker.start()


@pytest.mark.chaos
@pytest.mark.parametrize("seed", [1, 2])
def test_a_broker_that_stands_still_for_half_a_minute_costs_time_only(arena: Arena, seed: int) -> None:
    """Guards time-outs of flushes and fetches: the broker takes connections and answers nothing (SIGSTOP)."""
    with arena.flowing(arena.install(windows_idle_seconds=LONGER_THAN_AN_OUTAGE), outage(seed)) as workers:
        workers.wait(random.Random(seed).uniform(5.0, 15.0))
        arena.broker.pause()
        arena.strike("SIGSTOP of the broker for 30 s")
        workers.wait(OUTAGE_SECONDS)
        arena.broker.resume()


@pytest.mark.chaos
@pytest.mark.parametrize("seed", [1, 2])
def test_workers_killed_while_outputs_wait_for_the_broker_lose_and_repeat_nothing(arena: Arena, seed: int) -> None:
    """Guards the way back of everything at once: each state from its own offset, and outputs that were never sent."""
    random_ = random.Random(seed)
    with arena.flowing(arena.install(windows_idle_seconds=30), Plan(seed, prompts=3500, seconds=60.0)) as workers:
        for _ in range(3):
            workers.wait(random_.uniform(5.0, 9.0))
            arena.broker.pause()
            workers.wait(random_.uniform(3.0, 5.0))
            workers.crash_all()
            arena.broker.resume()
            workers.restart_all()
            arena.strike("kill -9 of all workers while the broker stands still")


@pytest.mark.chaos
@pytest.mark.parametrize("seed", [1, 2])
def test_a_network_that_swallows_everything_for_a_minute_costs_time_only(arena: Arena, seed: int) -> None:
    """Guards that a record counts as written only when the broker says so, and that workers reconnect."""
    kafka = arena.install(through=arena.kafka_proxy, windows_idle_seconds=90)
    with arena.flowing(kafka, outage(seed)._replace(seconds=90.0)) as workers:
        workers.wait(random.Random(seed).uniform(5.0, 15.0))
        arena.kafka_proxy.black_hole()
        arena.strike("black hole before the broker for 60 s")
        workers.wait(60.0)
        arena.kafka_proxy.mend()


@pytest.mark.chaos
@pytest.mark.parametrize("seed", [1, 2])
def test_half_a_second_of_latency_and_resets_cost_time_only(arena: Arena, seed: int) -> None:
    """Guards the order of records over retries (idempotence), and the position of a consumer over reconnects.

    It also guards the watchdog: a connection that closes under aiokafka's fetcher may end that task for good (uvloop
    raises RuntimeError), and the worker reads nothing any more while its heartbeats go on.
    """
    kafka = arena.install(
        through=arena.kafka_proxy, windows_idle_seconds=LONGER_THAN_AN_OUTAGE, worker_stall_seconds=60
    )
    with arena.flowing(kafka, outage(seed)) as workers:
        workers.wait(5.0)
        arena.kafka_proxy.disturb(Fault(latency_s=0.5, reset_rate=0.02))
        arena.strike("500 ms and 2 % resets for 60 s")
        workers.wait(60.0)
        arena.kafka_proxy.mend()


@pytest.mark.chaos
@pytest.mark.parametrize("seed", [1])
def test_connections_to_the_broker_that_break_again_and_again_cost_nothing(arena: Arena, seed: int) -> None:
    """Guards the same against the end of all connections at once."""
    random_ = random.Random(seed)
    kafka = arena.install(through=arena.kafka_proxy, windows_idle_seconds=30)
    with arena.flowing(kafka, Plan(seed, prompts=3000, seconds=50.0)) as workers:
        for _ in range(8):
            workers.wait(random_.uniform(1.0, 6.0))
            arena.kafka_proxy.close_all()
            arena.strike("all connections to the broker reset")
