"""Workers that are told to end while partitions change hands end in order and in time."""

import random
import time
from collections.abc import Callable

import pytest
from tests import traffic
from tests.integration.running import Installation, running


@pytest.mark.chaos
@pytest.mark.timeout(900)
def test_two_workers_told_to_end_at_any_moment_end_in_order(install: Callable[..., Installation]) -> None:
    random_ = random.Random(1)
    lines = traffic.stream(prompts=300, users=50, hours=2, seed=1)
    for _ in range(12):
        kafka = install(windows_clock="log", windows_idle_seconds=3, kafka_session_timeout_seconds=6)
        kafka.produce(lines)
        with running(kafka, 2) as workers:
            workers.wait_until(lambda: workers.said("Worker ready") >= 2, 60)
            time.sleep(random_.random() * 6)
