"""From the panel's days to the verdict, and to the event."""

import numpy as np
import pytest
from tests.adaptation.rolled import CHANGE, DRAWS, HOLDOUT, NEW, OLD, Habits, at_ms, days, look_at, rollout

from eddyline.adaptation.analysis import Analysis
from eddyline.adaptation.carried import Carried, fresh, pack, unpack
from eddyline.adaptation.panel import Days
from eddyline.adaptation.placebo import PlaceboDay, step
from eddyline.adaptationfacts import of_analysis, rises
from eddyline.assignment import BUCKETS
from eddyline.events import Arm
from eddyline.features import NAMES
from eddyline.outputs.adaptation import Adaptation
from eddyline.paneldays import PanelDay
from eddyline.rollouts import Rollout, Wave

SPAN = range(CHANGE - 14, CHANGE + 21)
LAST = SPAN[-1]
EVERYBODY = {CHANGE: np.ones(BUCKETS, np.bool_)}


def _event(found: Analysis) -> Adaptation:
    return of_analysis("support/production", found, [])


def _look(habits: Habits, day: int = LAST) -> Adaptation:
    return _event(look_at(days(habits, SPAN), day))


def test_users_who_adapt_are_found_to() -> None:
    event = _look(Habits(effect=0.2))
    assert "with prompts that ask a question; without it" in event.sentence
    assert (event.verdict, event.control, event.arms) == ("adapted", "holdout", "assigned")
    assert event.features[0].feature == NAMES[0]
    assert event.features[0].effect.low < 0.2 < event.features[0].effect.high
    assert event.terms is not None
    assert event.terms.adaptation is not None
    assert event.shares is not None
    assert event.shares.adaptation == pytest.approx(1, abs=0.1)
    assert event.curve is not None


def test_a_season_is_not_taken_for_adaptation() -> None:
    event = _look(Habits(season=0.2))
    assert event.verdict == "exogenous"
    assert NAMES[1] not in {change.feature for change in event.features if change.effect.low > 0}


def test_who_leaves_because_of_it_is_told() -> None:
    assert _look(Habits(leaving=0.8, seed=2)).verdict == "selection"


def test_an_announcement_is_not_taken_for_adaptation() -> None:
    assert _look(Habits(announced=0.4)).verdict == "not identified"


def test_where_nothing_happens_nothing_is_found() -> None:
    event = _look(Habits(seed=3))
    assert event.verdict == "none detected"
    assert event.excluded is not None
    assert event.excluded < 0.1


def test_the_four_terms_of_an_event_add_up() -> None:
    terms = _look(Habits(effect=0.2, season=0.1, leaving=0.3)).terms
    assert terms is not None
    parts = [terms.adaptation, terms.selection, terms.exogenous, terms.mix]
    assert sum(part.value for part in parts if part is not None) == pytest.approx(terms.total.value, abs=4e-6)
    assert terms.within.value + terms.between.value == pytest.approx(terms.total.value, abs=2e-6)


def _placebos(found: dict[int, PanelDay]) -> list[PlaceboDay]:
    history: list[PlaceboDay] = []
    for today in found:
        history = step(history, Days(found), today, range(CHANGE))
    return history


def test_without_a_control_adaptation_is_not_identified() -> None:
    found = days(Habits(effect=0.2), range(CHANGE - 80, CHANGE + 21), EVERYBODY)
    own = rollout(Wave(at_ms(CHANGE), Arm()))
    event = _event(look_at(found, LAST, own, _placebos(found)))
    assert (event.verdict, event.control, event.arms) == ("not identified", "none", "none")
    assert event.features[0].feature == NAMES[0]
    assert event.tests is None
    assert event.terms is not None
    assert event.terms.adaptation is None
    assert event.placebo is not None
    assert event.placebo.inside is False
    assert event.placebo.half_width is not None
    assert len(event.not_identified) == 2


def test_without_a_control_the_weeks_around_the_change_are_compared_as_placebo_days_are() -> None:
    found = days(Habits(effect=0.2), range(CHANGE - 80, CHANGE + 21), EVERYBODY)
    own, placebos = rollout(Wave(at_ms(CHANGE), Arm())), _placebos(found)
    early, week, late = (look_at(found, day, own, placebos) for day in (CHANGE + 5, CHANGE + 6, LAST))
    assert (early.verdict, week.verdict, late.verdict) == ("insufficient data", "not identified", "not identified")
    assert "a whole week" in early.sentence
    assert (week.look.before, week.look.after) == (range(CHANGE - 7, CHANGE), range(CHANGE, CHANGE + 7))
    assert late.counts == week.counts
    assert late.look.day == LAST


def test_without_a_control_nothing_is_said_before_there_are_placebo_days() -> None:
    found = days(Habits(effect=0.2), SPAN, EVERYBODY)
    event = _event(look_at(found, LAST, rollout(Wave(at_ms(CHANGE), Arm()))))
    assert (event.verdict, event.placebo) == ("insufficient data", None)


STAGES = (Wave(at_ms(CHANGE), Arm("canary", 0.5, 0)), Wave(at_ms(CHANGE + 10, 9), Arm()))


def _staged() -> dict[int, PanelDay]:
    half = np.arange(BUCKETS) < BUCKETS // 2
    return days(Habits(effect=0.2), SPAN, {CHANGE: half, CHANGE + 10: np.ones(BUCKETS, np.bool_)})


def test_once_everybody_has_it_the_estimate_before_stands() -> None:
    found = _staged()
    before, later = (look_at(found, day, rollout(*STAGES)) for day in (CHANGE + 9, LAST))
    assert later.look == before.look
    assert _event(later).features == _event(before).features
    assert any("everybody has it since" in flag for flag in later.flags)
    assert before.arms.control == "holdout"


def test_a_look_that_stands_spends_nothing_of_the_level() -> None:
    found = _staged()
    before = look_at(found, CHANGE + 9, rollout(*STAGES)).carried
    assert pack(look_at(found, LAST, rollout(*STAGES), carried=before).carried) == pack(before)


def _follow(found: dict[int, PanelDay], until: int) -> Carried:
    carried = fresh(DRAWS)
    for day in range(CHANGE, until + 1):
        carried = unpack(pack(look_at(found, day, carried=carried).carried))
    return carried


def test_what_is_carried_on_makes_a_repeated_look_the_same() -> None:
    found = days(Habits(effect=0.2), SPAN)
    carried = _follow(found, CHANGE + 3)
    again = look_at(found, CHANGE + 3, carried=carried)
    assert carried.looks == 4
    assert pack(again.carried) == pack(carried)
    assert _follow(found, CHANGE + 10).p == 0.02


def test_results_are_the_same_whatever_else_the_panel_knows() -> None:
    """As judge has it on the day, and as an exported file has it later."""
    found = days(Habits(effect=0.2), SPAN)
    known = {day: rows for day, rows in found.items() if day <= CHANGE + 12}
    assert _event(look_at(found, CHANGE + 12)) == _event(look_at(known, CHANGE + 12))


def test_another_rollout_draws_other_arms() -> None:
    found = days(Habits(), SPAN)
    renamed = {day: rows._replace(deployments=(OLD, "another")) for day, rows in found.items()}
    one, two = look_at(found, LAST), look_at(renamed, LAST, rollout()._replace(deployment="another"))
    assert one.found.estimates is not None
    assert two.found.estimates is not None
    assert np.array_equal(one.found.estimates.value, two.found.estimates.value)
    assert (one.found.facts.style, one.found.facts.embedding) != (two.found.facts.style, two.found.facts.embedding)


def test_lost_records_and_a_short_before_are_flagged() -> None:
    found = days(Habits(), SPAN)
    found[CHANGE + 2] = found[CHANGE + 2]._replace(lost=True)
    recent = rollout(free_since_ms=at_ms(CHANGE - 3))
    assert _event(look_at(found, CHANGE + 5)).flags[-1] == "records of 1 of the days are lost"
    event = _event(look_at(found, CHANGE + 5, recent))
    assert event.verdict == "insufficient data"
    assert "no whole week without another deployment before it is known" in event.flags


def test_examples_are_of_a_feature_that_is_commoner_now() -> None:
    found = days(Habits(effect=0.2), SPAN)
    assert rises(look_at(found, LAST)) == 0
    fewer = {day: rows._replace(styles=rows.openers[:, None] - rows.styles) for day, rows in found.items()}
    assert rises(look_at(fewer, LAST)) is None


def _emptied(found: dict[int, PanelDay], keep: int, since: int = 0) -> dict[int, PanelDay]:
    """Return the days with the first ``keep`` users only, from a day on."""
    users = np.unique(np.concatenate([day.user for day in found.values()]))[:keep]
    return {day: _only(rows, users) if day >= since else rows for day, rows in found.items()}


def _only(day: PanelDay, users: np.ndarray[tuple[int], np.dtype[np.uint64]]) -> PanelDay:
    those = np.isin(day.user, users)
    return PanelDay(*day[:4], *(column[those] for column in day[4:]))  # type: ignore[arg-type]


@pytest.mark.parametrize("own", [rollout(), rollout(Wave(at_ms(CHANGE), Arm())), rollout(*STAGES)])
@pytest.mark.parametrize("users", [0, 1, 2, 5, 20])
@pytest.mark.parametrize("since", [0, CHANGE])
def test_few_users_are_too_few_and_no_error(own: Rollout, users: int, since: int) -> None:
    found = {day: rows._replace(deployments=("", NEW)) for day, rows in days(Habits(users=60), SPAN).items()}
    for day in (CHANGE, CHANGE + 1, LAST):
        event = _event(look_at(_emptied(found, users, since), day, own))
        assert event.verdict == "insufficient data"


def test_an_app_without_any_days_is_analysed_all_the_same() -> None:
    event = _event(look_at({}, LAST))
    assert (event.verdict, event.users, event.features) == ("insufficient data", None, [])


def test_features_that_everybody_or_nobody_uses_are_left_out() -> None:
    found = days(Habits(effect=0.2), SPAN)
    flat = {day: _flat(rows) for day, rows in found.items()}
    event = _event(look_at(flat, LAST))
    assert {change.feature for change in event.features} <= set(NAMES[:4])


def _flat(day: PanelDay) -> PanelDay:
    styles = day.styles.copy()
    styles[:, 4:14] = 0
    styles[:, 14:] = day.openers[:, None]
    return day._replace(styles=styles, projected=np.zeros_like(day.projected))


def test_one_user_with_nine_tenths_of_the_traffic_is_one_user() -> None:
    found = days(Habits(effect=0.2, seed=5), SPAN)
    loud = min(int(rows.user[0]) for rows in found.values())
    many = {day: _louder(rows, loud) for day, rows in found.items()}
    event = _event(look_at(many, LAST))
    assert event.verdict == "adapted"
    assert event.features[0].effect.low < 0.2 < event.features[0].effect.high


def _louder(day: PanelDay, user: int) -> PanelDay:
    times = np.where(day.user == np.uint64(user), 5000, 1)
    return day._replace(n=day.n * times, openers=day.openers * times, styles=day.styles * times[:, None])


def test_users_in_both_arms_of_an_undeclared_split_are_no_control() -> None:
    found = days(Habits(), SPAN)
    mixed = {day: rows._replace(deployment=rows.deployment * (day % 2)) for day, rows in found.items()}
    event = _event(look_at(mixed, LAST, rollout(Wave(at_ms(CHANGE), Arm("holdout", 0.25)))))
    assert (event.control, event.arms) == ("none", "none")
    assert event.users is not None
    assert event.users.crossed > 100


def test_arms_that_are_only_seen_give_the_same_effect() -> None:
    """A share and no buckets: who used what is all that is known."""
    found = days(Habits(effect=0.2), SPAN)
    event = _event(look_at(found, LAST, rollout(Wave(at_ms(CHANGE), Arm("holdout", HOLDOUT.share)))))
    assert (event.verdict, event.arms) == ("adapted", "observed")
    assert event.features[0].effect == _look(Habits(effect=0.2)).features[0].effect


def test_what_changed_without_the_deployment_is_asked_after_a_whole_week() -> None:
    found = days(Habits(season=0.2), SPAN)
    week = [_event(look_at(found, CHANGE + day)).tests for day in (5, 6)]
    assert [tests and (tests.exogenous, tests.mix) != (None, None) for tests in week] == [False, True]
    assert week[1] is not None
    assert week[1].exogenous is not None
    assert week[1].exogenous <= 0.01
