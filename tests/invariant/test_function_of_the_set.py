"""Every output is a function of the set of accepted events: not of their order, partitioning or batching."""

import random
from collections.abc import Mapping, Sequence
from pathlib import Path

import orjson
import pytest
from tests import traffic
from tests.stages import Outputs, Stages, records_of
from tests.stages import run as play
from tests.traffic import Line

from eddyline.encode import kinds
from eddyline.encoders import OnnxEncoder, open_encoder
from eddyline.encoders.configured import bundle_dir
from eddyline.recorded.files import Files
from eddyline.replay import Pipeline, replay, write
from eddyline.settings import Settings, load_settings

NOW_MS = traffic.START_MS + 10**9
ENVIRON = {
    "EDDYLINE_PRIVACY_PEPPER": "a pepper for tests",
    "EDDYLINE_JUDGE_MIN_REFERENCE": "30",
    "EDDYLINE_JUDGE_MIN_WINDOW": "1",
}
DAYS = "eddyline:day:"


@pytest.fixture(scope="module")
def encoder() -> OnnxEncoder:
    return open_encoder(bundle_dir(Settings()), threads=1, cache_size=10_000)


@pytest.fixture(scope="module")
def lines() -> list[Line]:
    return traffic.stream(prompts=1500, users=120, hours=40, seed=1)


@pytest.fixture(scope="module")
def expected(lines: list[Line], encoder: OnnxEncoder) -> Outputs:
    return run(lines, encoder)


def run(lines: Sequence[Line], encoder: OnnxEncoder, *, batch: int = 64, ticks: int = 4, **changes: str) -> Outputs:
    """Run lines through the stages in memory, each topic a source; a tick after every ``ticks`` batches."""
    environ = {f"EDDYLINE_{name.upper()}": value for name, value in changes.items()}
    settings = load_settings(None, {**ENVIRON, **environ})
    partitions = {topic: 1 for topic, _ in lines}
    stages = Stages(settings, encoder, NOW_MS)
    outputs = play(records_of(lines, partitions), stages, partitions, batch=batch, ticks=ticks)
    return outputs | {DAYS: days_of(stages)}


def days_of(stages: Stages) -> dict[tuple[str, str], bytes]:
    """Return the sums of whole days by key and field."""
    return {
        (key, field): value
        for key, fields in stages.results.items()
        for field, value in fields.items()
        if key.startswith(DAYS)
    }


def shuffled_within_grace(lines: Sequence[Line], seed: int, grace_ms: int = 110_000) -> list[Line]:
    """Return the lines as if each had been delayed by up to the grace."""
    random_ = random.Random(seed)
    when = {id(line): event_time(line) + random_.randrange(grace_ms) for line in lines}
    return sorted(lines, key=lambda line: when[id(line)])


def event_time(line: Line) -> int:
    return int(line[1].get("ts") or line[1]["effective_at"])


def drift(outputs: Outputs) -> list[dict[str, object]]:
    return [orjson.loads(value)["data"] for _, value in sorted(outputs["eddyline.drift.v1"].items())]


def test_the_stream_has_something_to_say(expected: Outputs, lines: list[Line]) -> None:
    found = drift(expected)
    prompts = sum(topic == "prompts" for topic, _ in lines)
    assert sum(int(str(event["n"])) for event in found) == prompts
    assert {event["deployment_source"] for event in found} == {"attribute", "announced", "none"}
    assert {event["state"] for event in found} == {"learning", "quiet", "insufficient_data"}
    assert {str(event["completeness"]) for event in found} == {"1.0"}
    assert sum(int(str(event["late"])) for event in found) == 0
    responses = prompts + sum(topic == "shadow-responses" for topic, _ in lines)
    feedback = sum(topic == "feedback" for topic, _ in lines)
    assert len(expected["eddyline.scores.v1"]) == 2 * responses + feedback
    assert [key for key, _ in expected[DAYS]] == ["eddyline:day:support/production:2026-11-02"]


@pytest.mark.parametrize("seed", range(5))
def test_order_within_grace_changes_no_byte(
    lines: list[Line], encoder: OnnxEncoder, expected: Outputs, seed: int
) -> None:
    assert run(shuffled_within_grace(lines, seed), encoder) == expected


@pytest.mark.parametrize("partitions", ["1", "4", "16"])
def test_the_number_of_partitions_changes_no_byte(
    lines: list[Line], encoder: OnnxEncoder, expected: Outputs, partitions: str
) -> None:
    found = run(lines, encoder, topics_observations_partitions=partitions, topics_partials_partitions=partitions)
    assert found == expected


@pytest.mark.parametrize("batch", [1, 7, 512])
@pytest.mark.parametrize("ticks", [1, 50])
def test_the_size_of_batches_changes_no_byte(
    lines: list[Line], encoder: OnnxEncoder, expected: Outputs, batch: int, ticks: int
) -> None:
    assert run(lines, encoder, batch=batch, ticks=ticks) == expected


def test_delivering_everything_twice_changes_no_byte(
    lines: list[Line], encoder: OnnxEncoder, expected: Outputs
) -> None:
    assert run([line for line in lines for _ in range(2)], encoder) == expected


def test_redelivering_a_stretch_inside_the_horizon_changes_no_byte(
    lines: list[Line], encoder: OnnxEncoder, expected: Outputs
) -> None:
    middle = len(lines) // 2
    repeated = [*lines[:middle], *lines[middle - 300 : middle], *lines[middle:]]
    assert run(repeated, encoder, windows_dedupe_seconds="86400") == expected


def test_a_repetition_beyond_the_horizon_is_late_and_changes_no_count(
    lines: list[Line], encoder: OnnxEncoder, expected: Outputs
) -> None:
    middle = len(lines) // 2
    repeated = [*lines[:middle], *lines[:200], *lines[middle:]]
    found = drift(run(repeated, encoder, windows_dedupe_seconds="3600"))
    assert sum(int(str(event["late"])) for event in found) > 200
    assert [event["n"] for event in found if event["n"]] == [event["n"] for event in drift(expected)]


def test_events_that_come_too_late_are_counted_and_change_no_closed_window(
    lines: list[Line], encoder: OnnxEncoder
) -> None:
    late = [line for line in lines if line[0] == "prompts"][:5]
    rest = [line for line in lines if line not in late]
    middle = len(rest) // 2
    outputs = run([*rest[:middle], *late, *rest[middle:]], encoder, batch=16, ticks=1)
    found = drift(outputs)
    prompts = sum(topic == "prompts" for topic, _ in lines)
    assert sum(int(str(event["n"])) for event in found) == prompts - 5
    assert sum(int(str(event["late"])) for event in found) >= 5


def test_a_state_restored_from_its_fields_goes_on_as_if_nothing_had_happened(
    lines: list[Line], encoder: OnnxEncoder, expected: Outputs
) -> None:
    settings = load_settings(None, ENVIRON)
    partitions = {topic: 1 for topic, _ in lines}
    stages = Restarting(settings, encoder, NOW_MS)
    outputs = play(records_of(lines, partitions), stages, partitions, batch=100, ticks=1)
    assert outputs | {DAYS: days_of(stages)} == expected


class Restarting(Stages):
    """Stages that lose their memory after every tick."""

    def tick(self, ends: Mapping[tuple[str, int], int]) -> None:
        super().tick(ends)
        self.restart()


def test_replay_of_a_file_gives_the_same_bytes(
    lines: list[Line], encoder: OnnxEncoder, expected: Outputs, tmp_path: Path
) -> None:
    file = tmp_path / "input.jsonl"
    file.write_bytes(b"".join(orjson.dumps({"topic": topic, "value": event}) + b"\n" for topic, event in lines))
    settings = load_settings(None, ENVIRON)
    pipeline = Pipeline(settings, encoder, NOW_MS)
    replay(pipeline, Files([file], None, kinds(settings), settings.topics.prompts), lambda _: None)
    write(pipeline.outputs, tmp_path / "out")
    for topic, found in expected.items():
        if topic == DAYS:
            continue
        written = (tmp_path / "out" / f"{topic}.jsonl").read_bytes().splitlines()
        assert written == [value for _, value in sorted(found.items())]
