"""A worker that goes by the clock, in windows of a few seconds: wrong clocks and impossible times do no harm."""

import json
import time
from collections import Counter
from collections.abc import Callable

import pytest
from confluent_kafka import Producer
from tests.integration.running import Installation, Line, headers, running

pytestmark = pytest.mark.integration
WINDOW_SECONDS, GRACE_SECONDS, IDLE_SECONDS = 5, 3, 2
SETTINGS = {
    "windows_clock": "live",
    "windows_size_seconds": WINDOW_SECONDS,
    "windows_grace_seconds": GRACE_SECONDS,
    "windows_idle_seconds": IDLE_SECONDS,
    "judge_min_window": 1,
}
ROUNDS, SECONDS = 120, 12
HOUR_MS = 3_600_000
BAD_TIMES: dict[str, tuple[Callable[[int], str], str]] = {
    "an hour ahead": (lambda now: str(now + HOUR_MS), "future_timestamp"),
    "year 9999": (lambda _: '"9999-12-31T23:59:59Z"', "future_timestamp"),
    "year 1": (lambda _: '"0001-01-01T00:00:00Z"', "bad_timestamp"),
    "nanoseconds": (lambda now: f"{now}000000", "bad_timestamp"),
    "NaN": (lambda _: "NaN", "bad_json"),
}


def test_good_events_are_counted_in_their_windows_whatever_clocks_say(install: Callable[..., Installation]) -> None:
    kafka = install(**SETTINGS)
    with running(kafka) as workers:
        workers.wait_until(lambda: workers.said("Worker ready") >= 3, 60)
        good, late, reasons = produce(kafka, workers.supervise)
        workers.wait_until_judged(max(good))
    found = [data for data in kafka.drift() if data["app"] == "good/production"]
    assert Counter({data["window"]["start"]: data["n"] for data in found}) == Counter(map(window_of, good))
    assert sum(data["late"] for data in found) == 0
    behind = [data for data in kafka.drift() if data["app"] == "behind/production"]
    assert (sum(data["late"] for data in behind), sum(data["n"] for data in behind)) == (late, 0)
    assert Counter(headers(message)["dlq.reason"].decode() for message in kafka.read("dead_letters")) == reasons


def test_the_marker_of_a_transaction_holds_no_window_open(install: Callable[..., Installation]) -> None:
    kafka = install(**SETTINGS)
    vote = {"request_id": "good-0", "ts": time.time_ns() // 1_000_000, "name": "thumbs", "value": 1}
    producer = Producer({"bootstrap.servers": kafka.settings.kafka.bootstrap, "transactional.id": kafka.name})
    producer.init_transactions()
    producer.begin_transaction()
    producer.produce(kafka.settings.topics.feedback, json.dumps(vote).encode(), partition=0)
    producer.commit_transaction()
    now = time.time_ns() // 1_000_000
    kafka.produce([event("good", number, str(now)) for number in range(20)])
    with running(kafka) as workers:
        workers.wait_until_judged(now, 60)
    assert sum(data["n"] for data in kafka.drift()) == 20


def produce(kafka: Installation, meanwhile: Callable[[], None]) -> tuple[list[int], int, Counter[str]]:
    """Write good and bad events as they happen; return the times of the good ones, how many are late, and reasons."""
    good, late, reasons = [], 0, Counter[str]()
    for number in range(ROUNDS):
        now = time.time_ns() // 1_000_000
        good.append(now)
        lines = [event("good", number, str(now))]
        if number >= ROUNDS // 2:
            lines.append(event("behind", number, str(now - HOUR_MS)))
            late += 1
        name = list(BAD_TIMES)[number % len(BAD_TIMES)]
        make, reason = BAD_TIMES[name]
        lines.append(event("bad", number, make(now)))
        reasons[reason] += 1
        kafka.produce(lines)
        meanwhile()
        time.sleep(SECONDS / ROUNDS)
    return good, late, reasons


def event(app: str, number: int, ts: str) -> Line:
    fields = json.dumps({"id": f"{app}-{number}", "app": app, "prompt": "where is it?", "user": f"u{number}"})
    return "prompts", f'{fields[:-1]}, "deployment": "v1", "ts": {ts}}}'.encode()


def window_of(time_ms: int) -> str:
    start = time_ms // 1000 // WINDOW_SECONDS * WINDOW_SECONDS
    return time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(start))
