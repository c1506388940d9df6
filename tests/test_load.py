"""Size and skew: time per event does not grow with them, and what is kept grows no faster than what it is kept of."""

import multiprocessing
from collections.abc import Iterator

import orjson
import psutil
import pytest
from benchmarks.load import SCENARIOS, Load, cost, tenth
from prometheus_client import generate_latest
from tests.encoding import DigestEncoder
from tests.fuzz.seeds import INPUTS, NOW_MS, TOPICS
from tests.fuzz.session import SETTINGS, Stages

from eddyline import telemetry
from eddyline.encode import Encode
from eddyline.events import Record
from eddyline.privacy import Pseudonyms
from eddyline.settings import Events, Settings
from eddyline.telemetry import CATALOGUE, Telemetry

SEED = 1
MEGABYTE = 1 << 20
FIXED_LABELS = {"stage", "result", "reason", "step", "topic", "partition", "space_id", "build_id", "version", "python"}
"""Of few values each, none of which an event decides."""


def scaled(name: str, scale: float) -> Load:
    load = SCENARIOS[name]
    return load._replace(events=int(load.events * scale), users=max(10, int(load.users * scale)))


@pytest.mark.parametrize("name", ["even", "hot_user", "one_window", "million_users"])
def test_ten_times_the_events_cost_ten_times_the_time(name: str) -> None:
    load = scaled(name, 0.2 if name != "million_users" else 0.02)
    small, large = cost(tenth(load), SEED), cost(load, SEED)
    assert large.fold_us + large.judge_us < 3 * (small.fold_us + small.judge_us)


@pytest.mark.parametrize("name", ["thousand_deployments", "thousand_apps"])
def test_ten_times_the_names_cost_no_more_per_event_and_name(name: str) -> None:
    load = scaled(name, 0.1)
    small, large = cost(tenth(load), SEED), cost(load, SEED)
    assert large.fold_us + large.judge_us < 3 * (small.fold_us + small.judge_us)
    assert large.judge_end < 12 * small.judge_end


def test_a_hot_user_takes_less_state_than_many_users() -> None:
    even, hot = (cost(scaled(name, 0.1), SEED) for name in ("even", "hot_user"))
    assert hot.fold_peak < even.fold_peak
    assert hot.fold_us < 1.5 * even.fold_us


def test_names_without_end_in_a_window_leave_no_more_than_the_limit_behind() -> None:
    few, many = (cost(Load(events=events, users=500, windows=1, deployments=events), SEED) for events in (1500, 4500))
    assert (few.outputs, many.outputs) == (1001, 1001)
    assert many.judge_end < 1.1 * few.judge_end
    assert many.fold_end < 0.05 * many.fold_peak


def _flood(names: int) -> Iterator[Record]:
    """Give prompts, feedback and junk in which everything that can be named has so many names."""
    for number in range(names):
        prompt = {"id": f"r{number}", "ts": NOW_MS - number, "app": f"a{number}", "user": f"u{number}", "prompt": "so?"}
        prompt |= {"deployment": f"d{number}", "environment": f"e{number}", "response": "So."}
        scored = prompt | {"scores": [{"name": f"s{number}", "value": 1}]}
        junk = prompt | {f"field{number}": 1, "turn": f"t{number}"}
        for offset, event in enumerate((scored, junk)):
            yield Record(TOPICS.prompts, 0, 2 * number + offset, orjson.dumps(event), f"k{number}".encode())
        vote = {"request_id": f"r{number}", "ts": NOW_MS, "name": f"n{number}", "value": 1}
        yield Record(TOPICS.feedback, 0, number, orjson.dumps(vote), headers=((f"h{number}", b"x"),))


def _series(names: int) -> int:
    metrics, stages = Telemetry(), Stages(SETTINGS, DigestEncoder())
    flood = list(_flood(names))
    encode = Encode(SETTINGS, DigestEncoder(), Pseudonyms(SETTINGS.privacy.pepper))
    metrics.count_stage("encode", encode.read(flood, NOW_MS).counts)
    stages.feed(flood)
    stages.tick({(topic, 0): 0 for topic in INPUTS})
    for fold in stages._folds:
        metrics.count_stage("fold", fold.counts)
    for judge in stages._judges:
        metrics.count_stage("judge", judge.counts)
    return len([line for line in generate_latest(metrics.registry).splitlines() if line.startswith(b"eddyline_")])


def test_no_name_in_an_event_becomes_a_label() -> None:
    assert _series(3) == _series(300)
    assert {label for metric in CATALOGUE for label in metric.labels} <= FIXED_LABELS


def test_the_only_label_that_input_decides_is_the_code_of_a_dead_letter() -> None:
    assert telemetry.DEAD_LETTERS.labels == ("reason",)
    encode = Encode(SETTINGS, DigestEncoder(), Pseudonyms(SETTINGS.privacy.pepper))
    assert set(encode.read(_flood(50), NOW_MS).counts) == {"accepted", "dlq:invalid_field", "truncated"}


def _memory(max_bytes: int, values: int, megabytes: int) -> list[int]:
    """Read large values one after the other; return the memory of this process after each, in megabytes."""
    encode = Encode(Settings(events=Events(max_bytes=max_bytes)), DigestEncoder(), Pseudonyms("a pepper for tests"))
    found = []
    for number in range(values):
        event = {"id": f"r{number}", "ts": NOW_MS, "prompt": "a" * (megabytes * MEGABYTE)}
        encode.read([Record(TOPICS.prompts, 0, number, orjson.dumps(event))], NOW_MS)
        found.append(psutil.Process().memory_info().rss // MEGABYTE)
    return found


@pytest.mark.parametrize(("max_bytes", "megabytes"), [(1_000_000, 50), (100_000_000, 5)])
def test_memory_is_flat_under_large_values_whether_refused_or_read(max_bytes: int, megabytes: int) -> None:
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        after = pool.apply(_memory, (max_bytes, 20, megabytes))
    assert max(after[10:]) - max(after[:3]) < 32, after
