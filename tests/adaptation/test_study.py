"""What users did before and after a change."""

import numpy as np
from tests.adaptation.made import panel_day

from eddyline.adaptation.arms import Arms
from eddyline.adaptation.looks import Look
from eddyline.adaptation.panel import Days, Held, below
from eddyline.adaptation.study import PROJECTED_UNIT, Study, gather
from eddyline.panel import PROJECTED
from eddyline.paneldays import STYLES, PanelDay

LOOK = Look(range(10, 12), range(13, 15), range(13, 15), 14, 0)


def _styles(*first: int) -> np.ndarray[tuple[int, int], np.dtype[np.int64]]:
    """Return counts whose first feature is given by user; the others are 0."""
    found = np.zeros((len(first), STYLES), np.int64)
    found[:, 0] = first
    return found


def _arms(treated: list[int], control: list[int]) -> Arms:
    users = np.array(sorted({*treated, *control}), np.uint64)
    return Arms("assigned", "holdout", users, np.isin(users, treated), np.isin(users, control), 0, 0.5, None)


def _study(*days: PanelDay) -> Study:
    return gather(Days({day.day: day for day in days}), LOOK, _arms([1, 2], [2, 3]))


def test_a_users_style_is_the_share_of_his_openers() -> None:
    found = _study(
        panel_day(10, [1, 3], _styles(1, 0), openers=[2, 1]), panel_day(11, [1], _styles(1)), panel_day(13, [1])
    )
    assert found.user.tolist() == [1, 3]
    assert found.before.openers.tolist() == [3, 1]
    assert found.before.styles[:, 0].tolist() == [2 / 3, 0]
    assert found.stayed.tolist() == [True, False]


def test_rows_of_two_deployments_on_a_day_are_added_up() -> None:
    twice = panel_day(10, [1, 1, 2], _styles(3, 0, 1), openers=[3, 1, 1])._replace(
        projected=np.full((3, 64), PROJECTED_UNIT)
    )
    found = _study(twice)
    assert found.before.openers.tolist() == [4, 1]
    assert found.before.styles[:, 0].tolist() == [0.75, 1]
    assert found.before.projected[:, 0].tolist() == [0.5, 1]


def test_the_day_of_the_change_is_on_neither_side() -> None:
    found = _study(panel_day(10, [1]), panel_day(12, [1, 9]), panel_day(13, [1]))
    assert found.user.tolist() == [1]
    assert found.before.openers.tolist() == found.after.openers.tolist() == [1]


def test_only_users_who_would_have_been_seen_every_day_are_studied() -> None:
    found = _study(panel_day(10, [1, 2, 3], below=4), panel_day(13, [1, 2], below=3))
    assert found.user.tolist() == [1, 2]
    assert found.before.openers.tolist() == [1, 1]


def test_the_arms_are_those_of_the_users_and_nobody_else() -> None:
    found = _study(panel_day(10, [1, 2, 3, 4]))
    assert found.treated.tolist() == [True, True, False, False]
    assert found.control.tolist() == [False, True, True, False]
    assert found.share == 0.5


def test_half_of_the_weight_takes_eight_openers() -> None:
    found = _study(panel_day(10, [1, 2], openers=[8, 24]), panel_day(13, [3]))
    assert found.weights.tolist() == [0.5, 0.75, 0]


def test_a_study_without_days_has_no_users() -> None:
    found = _study()
    assert len(found.user) == 0
    assert found.before.styles.shape == (0, STYLES)


def test_a_panel_knows_its_days_from_the_first_to_the_last() -> None:
    assert Days({10: panel_day(10, []), 14: panel_day(14, [])}).known() == range(10, 15)
    assert len(Days({}).known()) == 0


def test_a_held_day_is_asked_for_once_and_then_has_zeros_for_vectors() -> None:
    days = {10: panel_day(10, [1, 2])._replace(projected=np.full((2, PROJECTED), 7))}
    held = Held(Days(days))
    first = held.day(10)
    del days[10]
    later = held.day(10)
    assert first is not None
    assert later is not None
    assert np.array_equal(first.projected, np.full((2, PROJECTED), 7))
    assert np.array_equal(later.projected, np.zeros((2, PROJECTED)))
    assert later.user.tolist() == [1, 2]


def test_a_day_that_is_not_known_is_not_known_later_either() -> None:
    held = Held(Days({}))
    assert (held.day(10), held.day(10), len(held.known())) == (None, None, 0)


def test_users_are_below_the_lowest_threshold_of_all_days() -> None:
    assert below([panel_day(1, [], below=9)], [panel_day(2, [], below=7)]) == 7
