"""The watch on running workers: the alarm of a backtest, byte for byte, though a worker is killed on the way."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from tests.backtest import shop
from tests.integration import expected
from tests.integration.running import Installation, Line, event_time, running

from eddyline.encoders import OnnxEncoder
from eddyline.kafka import topics
from eddyline.outputs.cloudevent import rfc3339
from eddyline.windows import DAY_MS, HOUR_MS

pytestmark = pytest.mark.integration
SETTINGS = {
    "windows_size_seconds": 3600,
    "windows_dedupe_seconds": 604_800,
    "windows_idle_seconds": 20,
    "drift_apps": 1,
}


def data_of(events: Mapping[str, bytes]) -> list[dict[str, Any]]:
    """Return the data of events in the order of their time."""
    found = sorted((json.loads(value) for value in events.values()), key=lambda event: event["time"])
    return [event["data"] for event in found]


def elsewhere(time_ms: int) -> dict[str, dict[str, Any]]:
    """Return an event of every other topic, so late that none of them holds windows open."""
    answer = {"request_id": "unknown", "ts": time_ms, "response": "To whom?"}
    return {
        "responses": answer,
        "shadow-responses": answer | {"candidate": "v2"},
        "feedback": {"request_id": "unknown", "ts": time_ms, "name": "thumbs", "value": 1},
        "deployments": {"app": "elsewhere", "deployment": "v1", "effective_at": time_ms},
    }


@pytest.mark.timeout(400)
def test_workers_raise_the_alarm_of_a_backtest_across_kills(
    install: Callable[..., Installation], encoder: OnnxEncoder, tmp_path: Path
) -> None:
    lines: list[Line] = [("prompts", prompt) for prompt in shop.prompts(seed=1)]
    last = event_time(lines[-1])
    kafka = install(**SETTINGS)
    partitions = topics.partition_counts(kafka.settings)
    for name, event in elsewhere(last).items():
        for partition in range(partitions[kafka.topic(name)]):
            kafka.produce_to(name, partition, [event])
    before = [line for line in lines if event_time(line) < shop.CHANGE_MS - 10 * HOUR_MS]
    kafka.produce(before)
    with running(kafka, 2) as workers:
        workers.wait_until(lambda: kafka.judged_until() > shop.CHANGE_MS - 2 * DAY_MS)
        workers.kill(0)
        kafka.pace(lines[len(before) :], 6.0, workers.supervise)
        workers.kill(1)
        workers.wait_until_judged(last)
    others: list[Line] = list(elsewhere(last).items())
    found, wanted = expected.read(kafka), expected.replayed(kafka, [*others, *lines], encoder, tmp_path)
    assert sum(data["late"] for data in data_of(found["drift"])) == 0
    assert found["drift"] == wanted["drift"]
    assert found["alerts"] == wanted["alerts"]
    (alert,) = data_of(found["alerts"])
    assert (alert["labels"]["alertname"], alert["labels"]["app"]) == ("TrafficDrift", "shop/production")
    assert alert["startsAt"] > rfc3339(shop.CHANGE_MS)
    assert "Prompts that ask a question: " in alert["annotations"]["description"]
    assert data_of(found["drift"])[-1]["watch"]["state"] == "alarm"
