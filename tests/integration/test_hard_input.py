"""One stream of everything that is hard: each test looks at what became of one kind of it."""

import json
from collections import Counter
from collections.abc import Iterable
from typing import Any, NamedTuple

import pytest
from tests.integration import flow
from tests.integration.hostile import MAX_BYTES, TOMBSTONES, hostile
from tests.integration.running import Installation, Line, event_time, headers, running
from tests.oracle.oracle import Truth, truth
from tests.oracle.rules import Rules

from eddyline.demo.servers import Broker, RedisServer
from eddyline.encoders import OnnxEncoder
from eddyline.settings import Settings

pytestmark = pytest.mark.integration
WINDOW_MS = 300_000
HOSTILE_RECORDS = 200
LATE = 10
ANNOUNCED, SILENT, BACKWARDS = "announced", "silent", "backwards"
"""Apps: with announcements instead of a deployment on each event, with neither, with responses before prompts."""
CHANGE_MS = flow.START_MS + 2 * WINDOW_MS + 60_000


class Outcome(NamedTuple):
    """What was produced and what came out."""

    lines: list[Line]
    drift: list[dict[str, Any]]
    scores: list[dict[str, Any]]
    reasons: Counter[str]
    settings: Settings


def plain(app: str, number: int, time_ms: int, **fields: object) -> Line:
    value = {"id": f"{app}-{number}", "ts": time_ms, "app": app, "prompt": f"what of order {number}?"}
    return "prompts", value | {"user": f"u{number}", **fields}


def announcements() -> list[Line]:
    told = (("v1", flow.START_MS - 3_600_000), ("v2", CHANGE_MS))
    return [("deployments", {"id": v, "app": ANNOUNCED, "deployment": v, "effective_at": at}) for v, at in told]


def without_deployment() -> list[Line]:
    times = [flow.START_MS + number * 20_000 for number in range(60)]
    return [plain(app, number, at) for number, at in enumerate(times) for app in (ANNOUNCED, SILENT)]


def backwards() -> list[Line]:
    """Responses, all of them before the first of their prompts."""
    times = [flow.START_MS + number * 1000 for number in range(50)]
    answers = [{"request_id": f"{BACKWARDS}-{n}", "ts": at + 500, "response": "So."} for n, at in enumerate(times)]
    prompts = [plain(BACKWARDS, number, at, deployment="v1") for number, at in enumerate(times)]
    return [("responses", answer) for answer in answers] + prompts


def interleaved(lines: list[Line], others: list[Line]) -> list[Line]:
    """Return both, evenly mixed, each in its order."""
    placed = [(at / len(lines), 0, line) for at, line in enumerate(lines)]
    placed += [(at / len(others), 1, line) for at, line in enumerate(others)]
    return [line for _, _, line in sorted(placed, key=lambda item: item[:2])]


def late_prompts() -> list[Line]:
    return [plain("support", number, flow.START_MS + number * 1000, deployment="v2") for number in range(LATE)]


@pytest.fixture(scope="module")
def outcome(kafka: Broker, redis_server: RedisServer, tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """Produce everything twice; when all is judged, once more, with late events and a few that are in time."""
    home = tmp_path_factory.mktemp("hard")
    ours = Installation(kafka, redis_server, home, events_max_bytes=MAX_BYTES, windows_dedupe_seconds=86_400)
    lines = flow.flow(prompts=600, hours=2, users=80, seed=4)
    refused = list(hostile(HOSTILE_RECORDS))
    good = backwards() + announcements() + sorted(lines + without_deployment(), key=event_time)
    ours.produce(line for line in interleaved(good, [line for line, _ in refused] + list(TOMBSTONES)) for _ in range(2))
    with running(ours) as workers:
        workers.wait_until_judged(max(map(event_time, lines)))
        # A minute of event time, less than the grace: among these nothing can close a window too early.
        after = [plain("support", 900 + n, ours.judged_until() + n * 1000, deployment="v2") for n in range(60)]
        ours.produce([*good, *late_prompts(), *after])
        workers.wait_until_judged(event_time(after[-1]))
    reasons = Counter(headers(message)["dlq.reason"].decode() for message in ours.read("dead_letters"))
    return Outcome([*lines, *after], ours.drift(), ours.scores(), reasons, ours.settings)


def of_app(outcome: Outcome, app: str) -> list[dict[str, Any]]:
    return [data for data in outcome.drift if data["app"] == f"{app}/production"]


@pytest.fixture(scope="module")
def expected(outcome: Outcome, encoder: OnnxEncoder) -> Truth:
    """What must have come of the events of :data:`flow.APP`; that some were late is told by other tests."""
    return truth(outcome.lines, Rules.of(outcome.settings), encoder)


def counts(drift: Iterable[dict[str, Any]]) -> Counter[tuple[Any, ...]]:
    rows = [data for data in drift if data["n"]]
    return Counter((d["window"]["start"], d["deployment"], d["n"], d["gated_n"], d["tools"]) for d in rows)


def test_an_event_produced_three_times_counts_once(outcome: Outcome, expected: Truth) -> None:
    drift = [json.loads(event)["data"] for event in expected.drift.values()]
    ours = [data for data in drift if data["app"] == f"{flow.APP}/production"]
    assert counts(of_app(outcome, flow.APP)) == counts(ours)
    scores = [json.loads(event)["data"] for event in expected.scores.values()]
    apart = [score for score in outcome.scores if score["app"] != f"{BACKWARDS}/production"]
    assert sorted(map(str, apart)) == sorted(map(str, scores))


def test_late_events_are_counted_and_not_added(outcome: Outcome) -> None:
    assert sum(data["late"] for data in of_app(outcome, flow.APP)) == LATE


def test_a_deployment_is_the_one_announced_for_the_time_of_the_window(outcome: Outcome) -> None:
    found = [(data["deployment"], data["deployment_source"]) for data in of_app(outcome, ANNOUNCED)]
    assert found == [("v1", "announced")] * 2 + [(None, "mixed")] + [("v2", "announced")]


def test_a_stream_that_announces_nothing_says_none(outcome: Outcome) -> None:
    found = [(data["deployment"], data["deployment_source"]) for data in of_app(outcome, SILENT)]
    assert found == [(None, "none")] * 4


def test_a_response_that_comes_before_its_prompt_is_joined(outcome: Outcome) -> None:
    joined = Counter(score["request_id"] for score in outcome.scores if score["app"] == f"{BACKWARDS}/production")
    assert joined == {f"{BACKWARDS}-{number}": 2 for number in range(50)}


def test_every_hostile_record_becomes_a_dead_letter_with_its_reason(outcome: Outcome, expected: Truth) -> None:
    twice = Counter(reason for _, reason in hostile(HOSTILE_RECORDS) for _ in range(2))
    thrice = Counter(reason for reason in expected.dead.elements() for _ in range(3))
    assert outcome.reasons == twice + thrice
