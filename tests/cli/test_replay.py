"""``eddyline replay``, with the real encoder."""

import json
from pathlib import Path

import pytest

from .conftest import Run

PROMPT = {
    "id": "r1",
    "ts": "2026-11-01T09:00:00Z",
    "app": "support",
    "user": "u1",
    "prompt": "Where is my order?",
    "response": "It is on its way.",
}


@pytest.fixture
def events(tmp_path: Path) -> Path:
    """Give a file with a prompt and a line that is no event."""
    path = tmp_path / "events.jsonl"
    path.write_text(json.dumps(PROMPT) + "\nnot json\n")
    return path


def test_every_output_topic_becomes_a_file(run: Run, events: Path, tmp_path: Path) -> None:
    result = run("replay", str(events), "--topic", "prompts", "--out", "out", "--json")
    assert result.exit_code == 0, result.output
    written = {row["topic"]: row["records"] for row in json.loads(result.stdout)}
    assert written == {"eddyline.dlq.v1": 1, "eddyline.drift.v1": 1, "eddyline.scores.v1": 2}
    files = {topic: (tmp_path / "out" / f"{topic}.jsonl").read_bytes().splitlines() for topic in written}
    assert {topic: len(lines) for topic, lines in files.items()} == written


def test_a_reference_is_compared_with_from_the_first_window_on(run: Run, events: Path, tmp_path: Path) -> None:
    (tmp_path / "eval.txt").write_text("Where is my parcel?\nI forgot my password\n")
    options = ["--topic", "prompts", "--out", "out", "--reference", "eval.txt", "--app", "support/production"]
    result = run("replay", str(events), *options)
    assert result.exit_code == 0, result.output
    event = json.loads((tmp_path / "out" / "eddyline.drift.v1.jsonl").read_text())
    assert event["data"]["reference"]["kind"] == "evalset"
    assert event["data"]["reference"]["n"] == 2


@pytest.mark.parametrize(
    "options", [["--topic", "nowhere"], ["--reference", "events.jsonl"], ["--app", "support/production"]], ids=" ".join
)
def test_options_that_do_not_fit_are_wrong_use(run: Run, events: Path, options: list[str]) -> None:
    assert run("replay", str(events), "--out", "out", *options).exit_code == 2


def test_bare_events_without_a_topic_are_one_line_and_2(run: Run, events: Path) -> None:
    result = run("replay", str(events), "--out", "out")
    assert result.exit_code == 2
    assert "--topic" in result.stderr
    assert len(result.stderr.splitlines()) == 1
