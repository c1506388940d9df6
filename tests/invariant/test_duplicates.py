"""What producers repeat counts once: inside the horizon no byte changes, beyond it a repetition is late, no count."""

from collections import Counter
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests import traffic
from tests.invariant.live import HOUR_MS, MINUTE_MS, drift, event_time
from tests.stages import Outputs, Stages, TiledEncoder, records_of, run
from tests.traffic import Line

from eddyline.events import Record
from eddyline.settings import load_settings

LINES = traffic.stream(prompts=120, users=20, hours=3, seed=6)
KINDS = ["prompts", "responses", "shadow-responses", "feedback", "deployments"]
PARTITIONS = dict.fromkeys(KINDS, 1)
WEEK = 604_800


def through(records: list[Record], *, horizon_seconds: int = WEEK) -> Outputs:
    changes = {
        "EDDYLINE_PRIVACY_PEPPER": "a pepper for tests",
        "EDDYLINE_JUDGE_MIN_REFERENCE": "10",
        "EDDYLINE_JUDGE_MIN_WINDOW": "1",
        "EDDYLINE_WINDOWS_DEDUPE_SECONDS": str(horizon_seconds),
        "EDDYLINE_TOPICS_OBSERVATIONS_PARTITIONS": "2",
        "EDDYLINE_TOPICS_PARTIALS_PARTITIONS": "1",
    }
    stages = Stages(load_settings(None, changes), TiledEncoder(), traffic.START_MS + 10**9)
    return run(records, stages, PARTITIONS, batch=16, ticks=1)


def sent(lines: list[Line], *, horizon_seconds: int = WEEK) -> Outputs:
    return through(records_of(lines, PARTITIONS), horizon_seconds=horizon_seconds)


EXPECTED = sent(LINES)


def counted(outputs: Outputs) -> list[dict[str, Any]]:
    """Return the drift events of windows that hold anything, without how many came late."""
    return [{**data, "late": None} for data in drift(outputs) if data["n"] or data["scores"]]


def test_the_stream_has_every_kind() -> None:
    assert {topic for topic, _ in LINES} == set(KINDS)
    assert sum(data["n"] for data in drift(EXPECTED)) == 120


@pytest.mark.parametrize("kind", [*KINDS, "everything"])
def test_every_record_three_times_changes_no_byte(kind: str) -> None:
    assert sent([line for line in LINES for _ in range(3 if kind in (line[0], "everything") else 1)]) == EXPECTED


def test_the_whole_log_twice_changes_no_byte() -> None:
    assert sent(LINES + LINES) == EXPECTED


def test_a_record_that_is_delivered_again_needs_no_id() -> None:
    """Who has no id of his own is known by his place."""
    lines = [(topic, {name: value for name, value in event.items() if name != "id"}) for topic, event in LINES]
    records = records_of(lines, PARTITIONS)
    expected = through(records)
    assert sum(data["n"] for data in drift(expected)) == 120
    assert through([record for record in records for _ in range(2)]) == expected
    assert through(records + records) == expected


def test_prompts_without_an_id_that_are_produced_again_are_other_prompts() -> None:
    """Nothing tells them from a user who says the same again; whoever wants them dropped gives them ids."""
    lines = [("prompts", {name: value for name, value in event.items() if name != "id"}) for _, event in prompts()]
    once, twice = sent(lines), sent([line for line in lines for _ in range(2)])
    assert [data["n"] for data in drift(twice)] == [2 * data["n"] for data in drift(once)]
    assert [data["gated_n"] for data in drift(twice)] == [data["gated_n"] for data in drift(once)]


def test_what_needs_no_id_counts_once_when_it_is_produced_again() -> None:
    """Responses and feedback are known by what they answer and say, announcements by what they announce."""
    again = [(topic, event) for topic, event in LINES if topic != "prompts"]
    announced = [("deployments", {**again[0][1], "id": None})]
    assert again[0][0] == "deployments"
    assert sent(announced + announced + LINES[1:] + again[1:]) == sent(announced + LINES[1:])


def test_another_id_or_another_kind_of_thing_is_no_repetition() -> None:
    lines = [line for line in LINES if line[0] == "prompts"]
    renamed = [("prompts", {**event, "id": f"again-{event['id']}"}) for _, event in lines]
    elsewhere = [("prompts", {**event, "app": "elsewhere"}) for _, event in lines]
    both = drift(sent([line for three in zip(lines, renamed, elsewhere, strict=True) for line in three]))
    assert Counter(data["app"].split("/")[0] for data in both for _ in range(data["n"])) == {
        "support": 2 * len(lines),
        "elsewhere": len(lines),
    }


@pytest.mark.parametrize("id_", ["e0", "e1", "e2", "e3"])
def test_an_announcement_with_the_id_of_a_prompt_is_no_repetition_of_it(id_: str) -> None:
    named = [(topic, {**event, "id": id_} if topic == "deployments" else event) for topic, event in LINES]
    assert sent(named) == EXPECTED


REPEATS = st.lists(st.tuples(st.integers(0, len(LINES) - 1), st.integers(0, 3 * 60)), max_size=60)
"""(which line, how many minutes later it comes again)."""


def repeated(repeats: list[tuple[int, int]]) -> list[Line]:
    arriving = [(event_time(line), number, line) for number, line in enumerate(LINES)]
    arriving += [(event_time(LINES[at]) + minutes * MINUTE_MS, at, LINES[at]) for at, minutes in repeats]
    return [line for _, _, line in sorted(arriving, key=lambda arrival: arrival[:2])]


@settings(max_examples=40)
@given(REPEATS)
def test_whatever_is_repeated_inside_the_horizon_changes_no_byte(repeats: list[tuple[int, int]]) -> None:
    assert sent(repeated(repeats)) == EXPECTED


@settings(max_examples=40)
@given(REPEATS)
def test_whatever_is_repeated_beyond_the_horizon_is_late_and_never_counted(repeats: list[tuple[int, int]]) -> None:
    found = sent(repeated(repeats), horizon_seconds=60)
    assert counted(found) == counted(EXPECTED)
    assert found["eddyline.scores.v1"] == EXPECTED["eddyline.scores.v1"]


def test_a_repetition_beyond_the_horizon_is_counted_as_late() -> None:
    old = [line for line in LINES if line[0] == "prompts" and event_time(line) < traffic.START_MS + HOUR_MS]
    found = sent(LINES + old, horizon_seconds=60)
    scored = sum("response" in event for _, event in old)
    assert sum(data["late"] for data in drift(found)) >= len(old) + scored
    assert counted(found) == counted(EXPECTED)


def prompts() -> list[Line]:
    return [line for line in LINES if line[0] == "prompts"]


def test_identifiers_and_bytes_of_scores_are_those_of_the_first_time() -> None:
    found = {orjson.loads(value)["id"] for value in EXPECTED["eddyline.scores.v1"].values()}
    again = {orjson.loads(value)["id"] for value in sent(LINES * 3)["eddyline.scores.v1"].values()}
    assert found == again
    assert len(found) == len(EXPECTED["eddyline.scores.v1"])
