"""Adaptation on running workers: the events of a replay, byte for byte, though a worker is killed on the way."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.adaptation import adopters
from tests.adaptation.adopters import APP, CHANGE_MS, NEW, START_MS
from tests.integration import expected
from tests.integration.running import Installation, Line, event_time, running
from tests.integration.test_watch import data_of, elsewhere

from eddyline.encoders import OnnxEncoder
from eddyline.kafka import topics
from eddyline.windows import DAY_MS

pytestmark = pytest.mark.integration
SETTINGS = {
    "windows_size_seconds": 3600,
    "windows_dedupe_seconds": 604_800,
    "windows_idle_seconds": 20,
}


@pytest.mark.timeout(400)
def test_workers_tell_what_a_replay_tells_across_kills(
    install: Callable[..., Installation], encoder: OnnxEncoder, tmp_path: Path
) -> None:
    lines: list[Line] = [("prompts", prompt) for prompt in adopters.prompts(seed=1)]
    last = event_time(lines[-1])
    kafka = install(**SETTINGS)
    partitions = topics.partition_counts(kafka.settings)
    others = elsewhere(last)
    for name, event in others.items():
        for partition in range(partitions[kafka.topic(name)]):
            kafka.produce_to(name, partition, [event])
    announced: Line = ("deployments", adopters.ANNOUNCED)
    early = [line for line in lines if event_time(line) < CHANGE_MS + DAY_MS]
    kafka.produce([announced, *early])
    with running(kafka, 2) as workers:
        workers.wait_until(lambda: kafka.judged_until() > START_MS + DAY_MS)
        workers.kill(0)
        kafka.pace(lines[len(early) :], 6.0, workers.supervise)
        workers.kill(1)
        workers.wait_until_judged(last)
    given: list[Line] = [*others.items(), announced, *lines]
    found, wanted = expected.read(kafka), expected.replayed(kafka, given, encoder, tmp_path)
    assert found["adaptation"] == wanted["adaptation"]
    assert found["alerts"] == wanted["alerts"]
    events = data_of(found["adaptation"])
    assert [(event["app"], event["deployment"], event["days"]) for event in events] == [
        (APP, NEW, day) for day in range(1, adopters.DAYS - adopters.CHANGE_DAY)
    ]
    assert events[-1]["verdict"] == "adapting"
    file = tmp_path / "panel.parquet"
    eddyline(kafka, "export", "--app", APP, str(file))
    for where in (["--app", APP], ["--panel", str(file)]):
        told = json.loads(eddyline(kafka, "report", NEW, "--json", *where))
        assert told["adaptation"] == events[-1] | {"examples": []}


def eddyline(kafka: Installation, *arguments: str) -> str:
    """Run ``eddyline adaptation`` as an operator of an installation does; return what it says."""
    done = subprocess.run(
        [sys.executable, "-m", "eddyline", "adaptation", *arguments],
        env=kafka.environ,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
