"""Whether an effect has settled: only where it is sure that it hardly moves."""

from tests.adaptation.panels import FEATURE, Change, Made, made

from eddyline.adaptation.settled import settled

USERS = 1500


def _settled(found: Made, value: float) -> bool:
    return settled(found.panel, found.look, found.study, FEATURE, value)


def test_an_effect_that_came_at_once_has_settled_after_two_weeks() -> None:
    assert _settled(made(1, USERS, Change(announced=0.3)), 0.3)


def test_an_effect_that_still_grows_has_not() -> None:
    growing = made(2, USERS, Change(plateau=0.5, half_life=30))
    assert not _settled(growing, 0.25)


def test_before_two_weeks_nothing_has_settled() -> None:
    assert not _settled(made(1, USERS, Change(announced=0.3), after=13), 0.3)


def test_an_effect_that_is_small_beside_its_error_has_not_settled() -> None:
    assert not _settled(made(3, 100, Change(announced=0.1)), 0.1)


def test_a_fall_settles_as_a_rise_does() -> None:
    assert _settled(made(1, USERS, Change(announced=-0.2)), -0.2)


def test_with_one_arm_or_nobody_nothing_has_settled() -> None:
    found = made(1, 50, Change())
    alone = found._replace(study=found.study._replace(control=found.study.control & False))
    assert not _settled(alone, 0.3)
    assert not _settled(made(1, 0, Change()), 0.3)


def test_a_season_of_both_arms_does_not_count() -> None:
    assert _settled(made(4, USERS, Change(announced=0.3, season=0.2)), 0.3)
