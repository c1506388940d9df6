"""What a stream must come to, by the same three stages over a file."""

import json
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from tests.integration.running import Installation, Line

from eddyline.encode import kinds
from eddyline.encoders import OnnxEncoder
from eddyline.recorded.files import Files
from eddyline.replay import Pipeline, replay, write

OUTPUTS = ("scores", "drift", "adaptation", "alerts")
Outputs = dict[str, dict[str, bytes]]
"""By output topic, the bytes of every event by its id."""


def replayed(installation: Installation, lines: Iterable[Line], encoder: OnnxEncoder, home: Path) -> Outputs:
    """Return the events that a replay of ``lines`` writes with the settings of an installation."""
    file, out = home / "lines.jsonl", home / "replayed"
    topics = ((installation.topic(name), value) for name, value in lines)
    file.write_text("".join(json.dumps({"topic": topic, "value": value}) + "\n" for topic, value in topics))
    pipeline = Pipeline(installation.settings, encoder, time.time_ns() // 1_000_000)
    known = kinds(installation.settings)
    replay(pipeline, Files([file], None, known, installation.topic("prompts")), lambda _: None)
    write(pipeline.outputs, out)
    return {name: _by_id(out / f"{installation.topic(name)}.jsonl") for name in OUTPUTS}


def read(installation: Installation) -> Outputs:
    """Return the events that workers wrote, after upsert by id."""
    return {name: installation.events(name) for name in OUTPUTS}


def reasons_of_replay(installation: Installation, home: Path) -> Counter[str]:
    """Return why the last replay refused records."""
    lines = (home / "replayed" / f"{installation.topic('dead_letters')}.jsonl").read_text().splitlines()
    return Counter(json.loads(line)["headers"]["dlq.reason"] for line in lines)


def _by_id(path: Path) -> dict[str, bytes]:
    lines = path.read_bytes().splitlines() if path.exists() else []
    return {json.loads(line)["id"]: line for line in lines}
