"""Every output is a function of the set of events: not of their order, partitions, batches or the number of workers.

The full grid runs in memory (tests/invariant); here a subset in which every value of every dimension occurs.
"""

import random
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
from tests import traffic
from tests.integration import expected
from tests.integration.running import Installation, Line, event_time, running

from eddyline.encoders import OnnxEncoder

pytestmark = pytest.mark.integration
ALMOST_GRACE_MS = 110_000


class Variant(NamedTuple):
    """One way to run the same events."""

    workers: int
    observations: int
    batch: int
    seed: int | None
    """Of the order; None leaves the order as it is."""


VARIANTS = (
    Variant(workers=1, observations=16, batch=1, seed=None),
    Variant(workers=3, observations=16, batch=512, seed=13),
)


def shuffled_within_grace(lines: list[Line], seed: int) -> list[Line]:
    """Return the lines as if each had been delayed by up to the grace."""
    random_ = random.Random(seed)
    delayed = [(event_time(line) + random_.randrange(ALMOST_GRACE_MS), number) for number, line in enumerate(lines)]
    return [lines[number] for _, number in sorted(delayed)]


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda variant: "-".join(map(str, variant)))
def test_the_same_set_gives_the_same_bytes(
    variant: Variant, install: Callable[..., Installation], encoder: OnnxEncoder, tmp_path: Path
) -> None:
    lines = traffic.stream(prompts=700, users=60, hours=30, seed=2)
    kafka = install(
        judge_min_reference=30,
        judge_min_window=2,
        topics_observations_partitions=variant.observations,
        worker_batch_records=variant.batch,
        windows_idle_seconds=6,
        windows_dedupe_seconds=604_800,  # days pass in seconds: what a hand-over repeats lies hours back
    )
    kafka.produce(lines if variant.seed is None else shuffled_within_grace(lines, variant.seed))
    with running(kafka, variant.workers) as workers:
        workers.wait_until_judged(max(map(event_time, lines)))
    found, wanted = expected.read(kafka), expected.replayed(kafka, lines, encoder, tmp_path)
    assert found["drift"] == wanted["drift"]
    assert found["scores"] == wanted["scores"]
    assert {value["late"] for value in kafka.drift()} == {0}
