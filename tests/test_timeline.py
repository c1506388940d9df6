"""Which deployment is in force when."""

from itertools import permutations

import pytest

from eddyline.events import Arm
from eddyline.partials import Announced
from eddyline.timeline import Timeline, steps

ALL = Arm()


def _announced(id_: str, deployment: str, effective_ms: int, action: str = "deploy", arm: Arm = ALL) -> Announced:
    return Announced(id_, "chat/production", deployment, effective_ms, action, arm)


STORY = [
    _announced("1", "v1", 100),
    _announced("2", "v2", 200),
    _announced("3", "v1", 250, "rollback"),
    _announced("4", "v1", 300, "retire"),
]


@pytest.mark.parametrize(
    ("time_ms", "deployment"),
    [(99, None), (100, "v1"), (199, "v1"), (200, "v2"), (250, "v1"), (299, "v1"), (300, None)],
)
def test_an_announcement_holds_from_its_time_to_the_next(time_ms: int, deployment: str | None) -> None:
    assert Timeline(list(STORY)).in_force(time_ms) == deployment


def test_announcements_come_in_any_order_and_however_often() -> None:
    for order in permutations(STORY):
        timeline = Timeline()
        for announced in (*order, *order):
            timeline.add(announced)
        assert timeline.announcements == STORY


def test_retiring_what_is_not_in_force_changes_nothing() -> None:
    timeline = Timeline()
    timeline.add(_announced("1", "v1", 100))
    timeline.add(_announced("2", "v0", 200, "retire"))
    assert timeline.in_force(250) == "v1"


def test_of_two_at_one_time_the_larger_id_wins() -> None:
    timeline = Timeline()
    timeline.add(_announced("b", "v2", 100))
    timeline.add(_announced("a", "v1", 100))
    assert timeline.in_force(100) == "v2"


@pytest.mark.parametrize(
    ("window", "changes"), [((100, 200), False), ((150, 201), True), ((50, 101), True), ((0, 100), False)]
)
def test_a_window_is_mixed_when_a_deployment_takes_effect_inside(window: tuple[int, int], changes: bool) -> None:  # noqa: FBT001
    assert Timeline(list(STORY)).changes_within(*window) is changes


def test_announcing_what_is_in_force_already_mixes_nothing() -> None:
    timeline = Timeline([_announced("1", "v1", 100), _announced("2", "v1", 150)])
    assert not timeline.changes_within(120, 180)


def test_a_change_that_is_taken_back_inside_a_window_mixes_it_all_the_same() -> None:
    timeline = Timeline([_announced("1", "v1", 0), _announced("2", "v2", 110), _announced("3", "v1", 120, "rollback")])
    assert timeline.changes_within(100, 200)


def test_saying_the_same_under_another_id_changes_nothing() -> None:
    story = [_announced("a", "v1", 100), _announced("b", "v2", 100), _announced("c", "v1", 100)]
    for order in permutations(story):
        timeline = Timeline()
        for announced in order:
            timeline.add(announced)
        assert [known.id for known in timeline.announcements] == ["b", "c"]
        assert timeline.in_force(100) == "v1"


@pytest.mark.parametrize("arm", [Arm("canary", 0.1), Arm("holdout", 0.2, 0)])
def test_while_some_users_have_a_deployment_nobody_knows_whose_an_unnamed_prompt_is(arm: Arm) -> None:
    timeline = Timeline([_announced("1", "v1", 100), _announced("2", "v2", 200, arm=arm), _announced("3", "v2", 300)])
    assert [timeline.in_force(time_ms) for time_ms in (199, 200, 299, 300)] == ["v1", None, None, "v2"]
    assert [timeline.for_some(time_ms) for time_ms in (199, 200, 299, 300)] == [False, True, True, False]
    assert timeline.changes_within(150, 250)
    assert timeline.changes_within(250, 350)
    assert not timeline.changes_within(210, 290)


def test_a_further_wave_is_no_other_doubt() -> None:
    waves = [_announced(str(n), "v2", 100 * n, arm=Arm("canary", n / 10, 0)) for n in (1, 2, 3)]
    assert not Timeline([_announced("0", "v1", 0), *waves]).changes_within(110, 290)


@pytest.mark.parametrize("action", ["rollback", "retire"])
def test_a_canary_that_is_taken_back_leaves_what_the_others_have(action: str) -> None:
    back = _announced("3", "v1" if action == "rollback" else "v2", 300, action)
    canary = _announced("2", "v2", 200, arm=Arm("canary", 0.1))
    assert Timeline([_announced("1", "v1", 100), canary, back]).in_force(300) == "v1"


@pytest.mark.parametrize(("share", "deployment"), [(0.0, "v1"), (0.0004, "v1"), (1.0, "v2")])
def test_a_canary_for_nobody_changes_nothing_and_one_for_all_is_no_canary(share: float, deployment: str) -> None:
    canary = _announced("2", "v2", 200, arm=Arm("canary", share))
    assert Timeline([_announced("1", "v1", 100), canary]).in_force(200) == deployment


def test_what_everybody_had_and_then_only_some_leaves_the_others_with_what_nobody_named() -> None:
    some = _announced("2", "v1", 200, arm=Arm("canary", 0.5))
    timeline = Timeline([_announced("1", "v1", 100), some, _announced("3", "v1", 300, "retire")])
    assert timeline.for_some(200)
    assert timeline.in_force(300) is None


def test_what_was_only_inferred_is_in_force_for_nobody() -> None:
    timeline = Timeline([_announced("1", "v1", 100)], {"v2": 200})
    assert timeline.in_force(250) == "v1"
    assert not timeline.changes_within(150, 250)


@pytest.mark.parametrize("effective_ms", [50, 500])
def test_what_was_announced_is_not_inferred_whenever_it_was(effective_ms: int) -> None:
    found = steps([_announced("1", "v2", effective_ms)], {"v1": 100, "v2": 200})
    assert [(step.deployment, step.source) for step in found if step.deployment == "v2"] == [("v2", "announced")]
    assert {step.effective_ms for step in found} == {100, effective_ms}


@pytest.mark.parametrize("action", ["rollback", "retire"])
def test_the_end_of_a_deployment_does_not_say_when_it_began(action: str) -> None:
    found = steps([_announced("1", "v2", 500, action)], {"v2": 200})
    assert [(step.effective_ms, step.source) for step in found] == [(200, "inferred"), (500, "announced")]


def test_a_timeline_knows_what_was_announced_or_inferred() -> None:
    timeline = Timeline([_announced("1", "v1", 100), _announced("2", "v0", 200, "rollback")], {"v2": 200})
    assert [timeline.knows(name) for name in ("v0", "v1", "v2")] == [False, True, True]
