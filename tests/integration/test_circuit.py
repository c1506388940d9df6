"""A producer that sends little but what cannot be understood: its partition waits, nothing is lost, others go on."""

import json
from collections.abc import Callable
from itertools import count

import pytest
from tests.integration.running import Installation, Line, headers, running

from eddyline import keys
from eddyline.circuit import OpenCircuit, Resume, pack, unpack

pytestmark = pytest.mark.integration
MAX_RUN = 40
BAD = 300
PARTITION = 2
HOUR = 3_600_000
START = 1_793_577_600_000
numbers = count()


def good(at: int, user: str) -> Line:
    prompt = {"id": f"g{next(numbers)}", "ts": START + at, "app": "support", "prompt": "where is it?", "user": user}
    return "prompts", prompt


def open_circuits(kafka: Installation) -> dict[int, OpenCircuit]:
    """Return the circuits of the prompts topic that are open, by partition."""
    found = {}
    for partition in range(kafka.settings.topics.input_partitions):
        value = kafka.redis.get(keys.circuit(kafka.settings.topics.prompts, partition))
        assert value is None or isinstance(value, bytes)
        if value is not None and isinstance(circuit := unpack(value), OpenCircuit):
            found[partition] = circuit
    return found


def dead(kafka: Installation) -> list[int]:
    """Return the offsets of the records that died, each once: a dead letter may be written twice, the same."""
    return sorted({int(headers(message)["dlq.offset"]) for message in kafka.read("dead_letters")})


def scored(kafka: Installation) -> int:
    drift = [json.loads(value)["data"] for value in kafka.events("drift").values()]
    return sum(data["n"] for data in drift)


def break_producer(kafka: Installation) -> None:
    """Give one partition good records, many bad ones, and good ones again."""
    early = [good(at, "early")[1] for at in range(0, 60_000, 6_000)]
    late = [good(at, "late")[1] for at in range(HOUR, HOUR + 60_000, 6_000)]
    kafka.produce_to("prompts", PARTITION, [*early, *[b"{not json"] * BAD, *late])


@pytest.mark.timeout(240)
@pytest.mark.parametrize("killed", [False, True], ids=["in place", "killed meanwhile"])
def test_a_partition_of_dead_letters_waits_for_an_operator_and_then_nothing_is_missing(
    install: Callable[..., Installation], *, killed: bool
) -> None:
    kafka = install(dlq_max_run=MAX_RUN, windows_idle_seconds=4)
    break_producer(kafka)
    others = [good(at, f"u{at}") for at in range(0, HOUR, 36_000)]
    kafka.produce(others)
    with running(kafka) as workers:
        workers.wait_until(lambda: set(open_circuits(kafka)) == {PARTITION}, 60)
        circuit = open_circuits(kafka)[PARTITION]
        assert (circuit.run, len(dead(kafka))) == (MAX_RUN, MAX_RUN)
        if killed:
            workers.kill(0)
            workers.wait_until(lambda: workers.said("Worker ready") >= 6, 60)
        _resume(kafka, circuit.offset + 1 + BAD)
        workers.wait_until_judged(START + HOUR + 60_000)
        assert workers.crashes == 0
    assert dead(kafka) == list(range(circuit.offset + 1 - MAX_RUN, circuit.offset + 1 - MAX_RUN + BAD))
    assert scored(kafka) == 20 + len(others)
    statuses = [json.loads(value)["data"]["status"] for value in kafka.events("alerts").values()]
    assert sorted(statuses) == ["firing", "resolved"]


def _resume(kafka: Installation, accept_before: int) -> None:
    """Ask as ``eddyline dlq resume --accept-backlog`` does."""
    kafka.redis.set(keys.circuit(kafka.settings.topics.prompts, PARTITION), pack(Resume(accept_before=accept_before)))
