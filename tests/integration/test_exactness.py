"""Exactness under faults: whatever is killed, every event counts once and every output is there."""

import random
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import pytest
from tests.integration import flow
from tests.integration.exact import HOURS, SETTINGS, assert_exact
from tests.integration.running import TERMINATION_SECONDS, Installation, Line, Workers, event_time, running

from eddyline.demo.servers import RedisServer
from eddyline.encoders import OnnxEncoder

pytestmark = pytest.mark.integration


class Faults(NamedTuple):
    """How much is broken while how much flows."""

    prompts: int
    kills: int
    redis_kills: int
    seed: int


def break_things(
    kafka: Installation, workers: Workers, server: RedisServer, lines: Sequence[Line], faults: Faults
) -> None:
    """Produce ``lines`` while workers, and Redis, are killed at random moments; each is started again at once."""
    random_ = random.Random(faults.seed)
    parts = np.array_split(np.arange(len(lines)), faults.kills)
    redis_at = {round((number + 1) * faults.kills / (faults.redis_kills + 1)) for number in range(faults.redis_kills)}
    for number, part in enumerate(parts):
        kafka.pace([lines[at] for at in part], random_.uniform(2.0, 9.0), workers.supervise)
        if number in redis_at:
            server.kill()
            server.start()
        workers.kill(random_.randrange(2))


def run_with_faults(kafka: Installation, server: RedisServer, encoder: OnnxEncoder, faults: Faults) -> None:
    lines = flow.flow(prompts=faults.prompts, hours=HOURS, users=faults.prompts // 12, seed=faults.seed)
    ahead = len(lines) // 20
    # Every source has something before a worker looks: else those that have nothing yet would count as idle.
    kafka.produce(lines[:ahead])
    with running(kafka, 2) as workers:
        # One that a killed Redis has fenced may be on its way out when it is asked to end.
        workers.in_order = (0, 1)
        workers.wait_until(lambda: workers.said("Worker ready") >= 3, 60)
        break_things(kafka, workers, server, lines[ahead:], faults)
        workers.wait_until_judged(max(map(event_time, lines)))
    assert_exact(kafka, lines, encoder)
    print(f"{faults}: {len(lines)} events, {workers.crashes} more ends by an error")  # noqa: T201 - the record of a run


@pytest.mark.timeout(400)
def test_workers_and_redis_killed_while_events_flow_lose_and_repeat_nothing(
    install: Callable[..., Installation], redis_server: RedisServer, encoder: OnnxEncoder
) -> None:
    run_with_faults(install(**SETTINGS), redis_server, encoder, Faults(3200, 5, 2, 5))


def test_a_worker_asked_to_end_does_so_in_time_and_loses_nothing(
    install: Callable[..., Installation], encoder: OnnxEncoder
) -> None:
    kafka = install(**SETTINGS)
    lines = flow.flow(prompts=1500, hours=HOURS, users=150, seed=3)
    half = len(lines) // 2
    kafka.produce(lines[:half])
    with running(kafka) as workers:
        workers.wait_until(lambda: workers.said("Worker ready") >= 3, 60)
        kafka.pace(lines[half : half + 200], 1.0)
        seconds = workers.terminate(0)
        workers.restart(0)
        kafka.produce(lines[half + 200 :])
        workers.wait_until_judged(max(map(event_time, lines)))
    assert_exact(kafka, lines, encoder)
    assert seconds < TERMINATION_SECONDS
