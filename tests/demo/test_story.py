"""The story: what came out of the topics, once, and pooled as it should be."""

import math

import pytest
from tests.demo.adaptations import adaptation, event

from eddyline.demo.plan import Plan
from eddyline.demo.story import CENTROID, Story, pooled, time_ms
from eddyline.demo.verdict import distances
from eddyline.outputs.alert import Alert
from eddyline.outputs.cloudevent import rfc3339
from eddyline.outputs.drift import Drift, MetricValue, window
from eddyline.outputs.score import Score
from eddyline.windows import DAY_MS, HOUR_MS

PLAN = Plan()


def drift(hour: int, deployment: str, *, users: int = 10, value: float | None = 0.2, null: float = 0.1) -> Drift:
    start = PLAN.start_ms + hour * HOUR_MS
    return Drift(
        app="support/production",
        deployment=deployment,
        deployment_source="attribute",
        window=window(start, start + HOUR_MS),
        n=3 * users,
        gated_n=users,
        unnamed=0,
        late=0,
        truncated=0,
        tools=0,
        completeness=1.0,
        space_id="space",
        reference=None,
        metrics={CENTROID: MetricValue(value, null)},
        styles={},
        watch=None,
        eval_set=None,
        scores={},
        state="quiet",
        reason=None,
        flags=[],
    )


def score(request: str, scorer: str, value: float, *, candidate: str | None = None) -> Score:
    return Score(
        app="support/production",
        deployment=PLAN.old,
        candidate=candidate,
        request_id=request,
        ts=rfc3339(PLAN.start_ms),
        scorer=scorer,
        scorer_version="1",
        value=value,
        sample_rate=1.0,
        space_id="space",
    )


def alert(summary: str) -> Alert:
    return Alert(
        status="firing",
        fingerprint="f",
        labels={"alertname": "TrafficDrift"},
        annotations={"summary": summary},
        startsAt=rfc3339(PLAN.start_ms),
        endsAt=None,
    )


def story_of(*drifts: Drift) -> Story:
    story = Story()
    for found in drifts:
        story.add_drift(event(found), time_ms(found.window.end))
    return story


def test_windows_are_weighed_by_their_precision() -> None:
    shift = pooled([drift(0, "a", users=10, value=0.4), drift(1, "a", users=30, value=0.1)], CENTROID)
    assert shift is not None
    assert shift.value == pytest.approx((100 * 0.4 + 900 * 0.1) / 1000)
    assert shift.null == pytest.approx(0.1)
    assert shift.users == 40


def test_the_error_of_equal_windows_is_that_of_a_mean() -> None:
    values = [0.1, 0.2, 0.4]
    shift = pooled([drift(hour, "a", value=value) for hour, value in enumerate(values)], CENTROID)
    mean = sum(values) / 3
    assert shift is not None
    assert shift.error == pytest.approx(math.sqrt(sum((value - mean) ** 2 for value in values) / 2 / 3))


def test_windows_without_users_or_a_value_do_not_count() -> None:
    assert pooled([drift(0, "a", users=0), drift(1, "a", value=None)], CENTROID) is None
    one = pooled([drift(0, "a", users=0), drift(1, "a")], CENTROID)
    assert one is not None
    assert one.error is None
    assert not one.certain


def test_a_score_that_comes_twice_counts_once() -> None:
    story = Story()
    for _ in range(2):
        story.add_score(event(score("r1", "relevance", 0.5)))
    story.add_score(event(score("r2", "relevance", 1.0)))
    assert story.mean((PLAN.old, None), "relevance") == (2, 0.75)
    assert story.scored == {"r1", "r2"}


def test_a_candidate_has_means_of_its_own() -> None:
    story = Story()
    story.add_score(event(score("r1", "relevance", 0.5)))
    story.add_score(event(score("r1", "relevance", 0.1, candidate="rc1")))
    assert story.arms() == [(PLAN.old, None), (PLAN.old, "rc1")]
    assert story.mean((PLAN.old, "rc1"), "relevance") == (1, 0.1)


def test_the_first_window_of_a_deployment_is_a_moment_once() -> None:
    story = story_of(drift(0, "a"), drift(1, "a"), drift(1, "b"))
    assert [moment.text for moment in story.moments] == [
        "a first window of a: 30 prompts",
        "a first window of b: 30 prompts",
    ]


def test_a_move_is_told_once_and_only_when_it_is_certain() -> None:
    still = [drift(hour, "a", value=0.1 + 0.01 * (hour % 2)) for hour in range(24)]
    moved = [drift(hour, "a", value=0.3 + 0.01 * (hour % 2)) for hour in range(24, 72)]
    texts = [moment.text for moment in story_of(*still, *moved).moments if "moved" in moment.text]
    assert len(texts) == 1
    assert "the expected distance" in texts[0]
    assert not any("moved" in moment.text for moment in story_of(*still).moments)


def test_distances_are_split_where_the_deployment_takes_effect() -> None:
    takes_over, last = PLAN.days // 2 * 24, (PLAN.days - 1) * 24
    story = story_of(
        drift(takes_over - 1, PLAN.old, users=5),
        drift(takes_over, PLAN.old, users=6),
        drift(takes_over, PLAN.new, users=7),
        drift(last, PLAN.new, users=8),
    )
    found = distances(PLAN, story)
    assert [shift.users for shift in found if shift] == [5, 6, 15, 8]


def test_a_trend_is_told_day_by_day() -> None:
    trends = story_of(drift(0, "a", users=5), drift(23, "a", users=6), drift(24, "a", users=7)).trends("a")
    assert {day: shift.users for day, shift in trends.items()} == {PLAN.start_ms: 11, PLAN.start_ms + DAY_MS: 7}


def test_a_verdict_on_the_users_is_a_moment_when_it_changes() -> None:
    story = Story()
    for found in (
        adaptation("2026-10-19", "none detected"),
        adaptation("2026-10-20", "none detected"),
        adaptation("2026-10-21", "adapting"),
    ):
        story.add_adaptation(event(found), PLAN.start_ms)
    assert [moment.text for moment in story.moments] == [
        "users of 2026.10.1, 2026-10-19: none detected",
        "users of 2026.10.1, 2026-10-21: adapting",
    ]
    latest = story.adaptation(PLAN.new)
    assert latest is not None
    assert latest.day == "2026-10-21"
    assert story.adaptation(PLAN.old) is None


def test_an_alert_that_comes_twice_is_told_once() -> None:
    story = Story()
    for _ in range(2):
        story.add_alert(event(alert("Prompts are not what they were")), PLAN.start_ms)
    assert [moment.text for moment in story.moments] == ["alert TrafficDrift: Prompts are not what they were"]
