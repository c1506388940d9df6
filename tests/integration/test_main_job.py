"""The main job: what goes through Kafka and Redis comes out as a replay of the file says, byte for byte."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from tests import traffic
from tests.integration import expected
from tests.integration.running import Installation, Line, event_time, headers, running

from eddyline.encoders import OnnxEncoder

pytestmark = pytest.mark.integration

WRONG: list[Line] = [
    ("prompts", {"id": "w1", "ts": traffic.START_MS}),
    ("prompts", {"id": "w2", "ts": "yesterday", "prompt": "hello"}),
    ("prompts", {"id": "w3", "ts": 12, "prompt": "hello"}),
    ("prompts", ["not", "an", "object"]),
    ("responses", {"ts": traffic.START_MS, "response": "to whom?"}),
    ("shadow-responses", {"request_id": "e1", "ts": traffic.START_MS, "response": "by whom?"}),
    ("feedback", {"request_id": "e1", "ts": traffic.START_MS, "name": "thumbs", "value": "up"}),
    ("deployments", {"deployment": "v9", "effective_at": traffic.START_MS}),
]


def interspersed(lines: list[Line], strangers: list[Line]) -> list[Line]:
    """Return ``lines`` with ``strangers`` spread over them."""
    every = len(lines) // len(strangers)
    return [
        found
        for at, line in enumerate(lines)
        for found in ([line, strangers[at // every]] if at % every == 0 and at // every < len(strangers) else [line])
    ]


def test_kafka_gives_the_bytes_that_a_replay_of_the_file_gives(
    install: Callable[..., Installation], encoder: OnnxEncoder, tmp_path: Path
) -> None:
    lines = traffic.stream(prompts=1500, users=120, hours=40, seed=1)
    everything = interspersed(lines, WRONG)
    kafka = install(judge_min_reference=30, judge_min_window=5)
    kafka.produce(everything)
    with running(kafka) as workers:
        workers.wait_until_judged(max(map(event_time, lines)))
    found, wanted = expected.read(kafka), expected.replayed(kafka, everything, encoder, tmp_path)
    assert found["drift"] == wanted["drift"]
    assert found["scores"] == wanted["scores"]
    assert len(wanted["drift"]) > 400
    assert len(wanted["scores"]) > 3000
    reasons = Counter(headers(message)["dlq.reason"].decode() for message in kafka.read("dead_letters"))
    assert reasons == expected.reasons_of_replay(kafka, tmp_path)
    assert reasons.total() == len(WRONG)
