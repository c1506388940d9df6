"""History is judged as it was live: workers raise the alarm that a backtest of their topics tells, across a kill."""

import time
from collections.abc import Callable, Iterable
from zoneinfo import ZoneInfo

import msgspec
import pytest
from tests.backtest import shop
from tests.integration.running import Installation, Line, event_time, running

from eddyline.backtest.events import DriftEvent, TrafficDrift, read_drift, read_traffic_drift
from eddyline.backtest.pipeline import Backtest
from eddyline.backtest.report import AppReport, Planted, report
from eddyline.encode import kinds
from eddyline.encoders import OnnxEncoder
from eddyline.kafka.reader import reader
from eddyline.recorded.topics import Topics
from eddyline.replay import replay
from eddyline.windows import DAY_MS, HOUR_MS

pytestmark = pytest.mark.integration

LEARNED_MS = shop.START_MS + 8 * DAY_MS
"""The worker is killed once it has judged so far: there is a baseline, and something is bet on."""
PACE_SECONDS = 25
ELSEWHERE = {"request_id": "elsewhere", "response": "It is.", "candidate": "v2", "name": "thumbs", "value": 1}


def history() -> list[Line]:
    """Return the prompts, and every hour something on every other topic: windows wait for the silent."""
    lines: list[Line] = [("prompts", prompt) for prompt in shop.prompts(seed=1)]
    for time_ms in range(shop.START_MS, max(map(event_time, lines)), HOUR_MS):
        deployment = {"id": f"d{time_ms}", "app": "elsewhere", "deployment": "v1", "effective_at": time_ms}
        others = [(topic, ELSEWHERE | {"ts": time_ms}) for topic in ("responses", "shadow-responses", "feedback")]
        lines += [("deployments", deployment), *others]
    return sorted(lines, key=event_time)


def told(drift: Iterable[DriftEvent], alerts: Iterable[TrafficDrift | None]) -> AppReport:
    """Return the report, without what comes late: after a kill, what is read again is (it counts once all the same)."""
    planted = [Planted(shop.CHANGE_MS, "trade-in")]
    (found,) = report(drift, [alert for alert in alerts if alert], planted, ZoneInfo("UTC"))
    return msgspec.structs.replace(found, late=0)


def watched(drift: Iterable[DriftEvent]) -> list[object]:
    """Return what the watch said after each window, in the order of time."""
    return [event.watch for event in sorted(drift, key=lambda event: event.start_ms) if event.n]


def test_workers_raise_the_alarm_that_a_backtest_of_their_topics_tells(
    install: Callable[..., Installation], encoder: OnnxEncoder
) -> None:
    kafka = install(windows_size_seconds=3600, drift_apps=1, topics_input_partitions=1)
    lines = history()
    with running(kafka) as workers:
        killed_at: list[int] = []

        def kill_once() -> None:
            workers.supervise()
            if not killed_at and (until := kafka.judged_until()) > LEARNED_MS:
                killed_at.append(until)
                workers.kill(0)

        kafka.pace(lines, PACE_SECONDS, kill_once)
        workers.wait_until_judged(max(map(event_time, lines)))
    assert killed_at, "the worker was never killed"
    live = [read_drift(value) for value in kafka.events("drift").values()]
    alerts = [read_traffic_drift(value) for value in kafka.events("alerts").values()]
    with reader(kafka.settings) as consumer:
        backtest = Backtest(kafka.settings, encoder, time.time_ns() // 1_000_000)
        replay(backtest, Topics(consumer, kinds(kafka.settings), None), lambda _: None)
    assert watched(live) == watched(backtest.drift)
    assert told(live, alerts) == told(backtest.drift, backtest.alerts)
    assert [delay.outcome for delay in told(live, alerts).delays] == ["found"]
