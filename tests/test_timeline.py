"""Which deployment is in force when."""

from itertools import permutations

import pytest

from eddyline.partials import Announced
from eddyline.timeline import Timeline


def _announced(id_: str, deployment: str, effective_ms: int, action: str = "deploy") -> Announced:
    return Announced(id_, "chat/production", deployment, effective_ms, action)


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
