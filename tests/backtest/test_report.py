"""A report says what the stages said: no more, no less, and nothing that flatters."""

from collections.abc import Sequence
from pathlib import Path
from typing import get_args
from zoneinfo import ZoneInfo

import msgspec
import pytest

from eddyline.backtest.events import AppAlert, DriftEvent
from eddyline.backtest.report import Alarm, AppReport, Delay, Outcome, Planted, report
from eddyline.outputs.drift import MovedFacts, StyleMove, WatchFacts, WatchState
from eddyline.windows import DAY_MS, HOUR_MS

START_MS = 1_788_739_200_000
"""2026-09-07T00:00:00Z."""
UTC = ZoneInfo("UTC")
APP = "shop/production"
MOVED = MovedFacts(styles=[StyleMove("json", 0.03, 0.19)], region=None)


def watch(state: WatchState = "watching", **changes: object) -> WatchFacts:
    facts: dict[str, object] = {
        "state": state,
        "reason": f"It is {state}.",
        "log_wealth": None if state in {"learning", "blind"} else 0.5,
        "log_limit": 5.9,
        "false_alarms_a_year": 36.5,
        "leading": None,
        "effective_n": None,
        "baseline": None,
        "moved": None,
    } | changes
    return WatchFacts(**facts)  # type: ignore[arg-type]


def event(hour: float, facts: WatchFacts | None = None, **changes: object) -> DriftEvent:
    fields: dict[str, object] = {
        "app": APP,
        "deployment": None,
        "start_ms": START_MS + round(hour * HOUR_MS),
        "end_ms": START_MS + round((hour + 1) * HOUR_MS),
        "n": 12,
        "gated_n": 10,
        "late": 0,
        "distance": None,
        "watch": facts or watch(),
    } | changes
    return DriftEvent(**fields)  # type: ignore[arg-type]


def hours(count: int) -> list[DriftEvent]:
    return [event(hour) for hour in range(count)]


def at(hour: float) -> int:
    return START_MS + round(hour * HOUR_MS)


def alarm(begin: float, end: float | None = None) -> list[AppAlert]:
    """Return the alerts of an alarm: one when it begins, one when it is over."""
    begins = AppAlert("TrafficDrift", APP, at(begin), None)
    return [begins] if end is None else [begins, AppAlert("TrafficDrift", APP, at(begin), at(end))]


def only(drift: Sequence[DriftEvent], alerts: Sequence[AppAlert] = (), *planted: Planted) -> AppReport:
    (found,) = report(drift, alerts, planted, UTC)
    return found


def outcomes(found: AppReport) -> list[tuple[str, str, float | None]]:
    return [(delay.name, delay.outcome, delay.hours) for delay in found.delays]


def test_hours_are_counted_by_state_with_what_was_said_last() -> None:
    learning = [event(hour, watch("learning", reason=f"{hour} of 7 days.")) for hour in range(5)]
    found = only([*learning, event(5), event(6)])
    assert [(at.state, at.hours, at.reason) for at in found.states] == [
        ("learning", 5.0, "4 of 7 days."),
        ("watching", 2.0, "It is watching."),
    ]


def test_a_window_is_one_however_many_deployments_it_has() -> None:
    found = only([event(hour, deployment=name) for hour in range(3) for name in ("v1", "v2")])
    assert (found.n, found.gated_n) == (72, 60)
    assert [at.hours for at in found.states] == [3.0]


def test_an_alarm_has_a_begin_an_end_and_the_bet_that_led() -> None:
    raised = event(4, watch("alarm", leading="embedding", moved=MOVED))
    found = only([*hours(4), raised, event(5, watch("alarm"))], alarm(5, 6))
    assert found.alarms == [Alarm("TrafficDrift", at(5), at(6), "embedding", MOVED)]


def test_an_alarm_that_is_not_over_has_no_end() -> None:
    assert only(hours(6), alarm(5)).alarms == [Alarm("TrafficDrift", at(5), None, None, None)]


@pytest.mark.parametrize("step", [1, -1])
def test_the_order_of_events_and_alerts_does_not_matter(step: int) -> None:
    planted = Planted(at(4), "v2")
    assert only(hours(8)[::step], alarm(5, 6)[::step], planted) == only(hours(8), alarm(5, 6), planted)
    assert only(hours(8)[::step], alarm(5, 6)[::step]).alarms == [Alarm("TrafficDrift", at(5), at(6), None, None)]


def test_a_delay_is_told_in_hours_and_in_gated_prompts() -> None:
    found = only(hours(12), alarm(9), Planted(at(6.5), "v2"))
    # The windows that end at 7, 8 and 9, the first of which holds half an hour of what was before.
    assert found.delays == [Delay("v2", at(6.5), "found", "TrafficDrift", at(9), 2.5, 30)]


def test_gated_prompts_of_all_deployments_count_for_a_delay() -> None:
    found = only(
        [event(hour, deployment=name) for hour in range(6) for name in ("v1", "v2")], alarm(5), Planted(at(3), "")
    )
    assert found.delays[0].gated_n == 2 * 2 * 10


def test_an_alarm_of_the_eval_set_stands_beside_that_of_the_watch() -> None:
    raised = event(8, watch("alarm", leading="embedding", moved=MOVED))
    of_set = AppAlert("EvalProductionDrift", APP, at(9), None)
    found = only([*hours(8), raised, event(9)], [*alarm(9), of_set], Planted(at(6), "v2"))
    assert found.alarms == [
        Alarm("EvalProductionDrift", at(9), None, None, None),
        Alarm("TrafficDrift", at(9), None, "embedding", MOVED),
    ]
    assert only(hours(12), [of_set], Planted(at(6), "v2")).delays[0].alert == "EvalProductionDrift"
    assert only(hours(12), [of_set]).early_alarms == 1


def test_a_change_without_an_alarm_is_missed() -> None:
    assert outcomes(only(hours(12), [], Planted(at(6), "v2"))) == [("v2", "missed", None)]


def test_an_alarm_at_the_moment_of_a_change_cannot_come_of_it() -> None:
    found = only(hours(12), alarm(6, 6), Planted(at(6), "v2"))
    assert outcomes(found) == [("v2", "missed", None)]
    assert found.early_alarms == 1


def test_an_alarm_after_the_next_change_does_not_speak_for_the_one_before() -> None:
    found = only(hours(12), alarm(9), Planted(at(3), "near"), Planted(at(6), "far"))
    assert outcomes(found) == [("near", "missed", None), ("far", "found", 3.0)]


def test_a_change_while_an_alarm_is_open_is_not_called_missed() -> None:
    drift = [event(hour, watch("alarm" if 4 <= hour < 9 else "watching")) for hour in range(12)]
    found = only(drift, alarm(5, 9), Planted(at(3), "one"), Planted(at(6), "two"), Planted(at(10), "three"))
    assert outcomes(found) == [("one", "found", 2.0), ("two", "open", None), ("three", "missed", None)]


@pytest.mark.parametrize("state", ["learning", "blind"])
def test_a_change_while_the_watch_was_silent_is_not_called_missed(state: WatchState) -> None:
    drift = [event(hour, watch(state)) for hour in range(12)]
    assert outcomes(only(drift, [], Planted(at(6), "v2"))) == [("v2", "silent", None)]


def test_changes_are_taken_in_the_order_of_time() -> None:
    found = only(hours(12), alarm(9), Planted(at(6), "second"), Planted(at(3), "first"))
    assert [delay.name for delay in found.delays] == ["first", "second"]


def test_a_change_outside_of_the_history_is_told_so() -> None:
    found = only(hours(12), alarm(9), Planted(at(-5), "earlier"), Planted(at(12), "later"))
    assert outcomes(found) == [("earlier", "outside", None), ("later", "outside", None)]


def test_alarms_before_the_first_change_stand_beside_what_the_budget_allows() -> None:
    learning = [event(hour, watch("learning")) for hour in range(24)]
    speaking = [event(hour) for hour in range(24, 72)]
    found = only([*learning, *speaking], [*alarm(30, 31), *alarm(60)], Planted(at(48), "v2"))
    assert found.early_alarms == 1
    assert found.early_days == pytest.approx(1.0)
    assert found.early_allowed == pytest.approx(0.1), "36.5 a year is a tenth a day"


def test_without_a_planted_change_all_alarms_count_against_the_budget() -> None:
    found = only(hours(48), [*alarm(10, 11), *alarm(30)])
    assert found.early_alarms == 2
    assert found.early_days == pytest.approx(2.0)
    assert found.early_allowed == pytest.approx(0.2)


def test_days_are_local_and_only_those_with_prompts() -> None:
    drift = [event(22), event(23), event(50, n=0, gated_n=0)]
    (utc,), (berlin,) = (report(drift, [], [], ZoneInfo(zone)) for zone in ("UTC", "Europe/Berlin"))
    assert (utc.days, berlin.days) == (1, 1)
    assert report([event(21), event(22)], [], [], ZoneInfo("Europe/Berlin"))[0].days == 2
    assert (utc.first_ms, utc.last_ms) == (START_MS + 22 * HOUR_MS, START_MS + 2 * DAY_MS + 3 * HOUR_MS)


def test_late_events_are_told() -> None:
    assert only([event(0, late=3), event(1, late=4)]).late == 7


def test_apps_are_apart() -> None:
    others = [event(hour, app="a/b") for hour in range(3)]
    first, second = report([*hours(12), *others], alarm(9), [Planted(at(6), "v2")], UTC)
    assert (first.app, outcomes(first), first.alarms) == ("a/b", [("v2", "outside", None)], [])
    assert (second.app, outcomes(second)) == (APP, [("v2", "found", 3.0)])


def test_an_app_in_another_embedding_space_is_in_no_state() -> None:
    found = only([msgspec.structs.replace(event(0), watch=None)])
    assert (found.states, found.early_days, found.early_allowed) == ([], 0, 0)


def test_every_field_of_a_report_and_every_outcome_is_explained() -> None:
    section = (Path(__file__).parents[2] / "docs/operations.md").read_text().partition("\n## Backtest\n")[2]
    names = [*(field.name for field in msgspec.structs.fields(AppReport)), *get_args(Outcome)]
    assert [name for name in names if f"`{name}`" not in section] == []
