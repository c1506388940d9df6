"""A new eval set raises nothing, a new topic is found, and silence has a reason."""

import math

import msgspec
import numpy as np
import pytest
from tests.detectors.evaldays import LIMIT_DAYS, SPACE, Life, date_of, evalset, fitted, renewed
from tests.detectors.simulated import MONDAY, NAMES, Shift

from eddyline.detectors import wealth
from eddyline.detectors.evaldrift import EvalDrift, bets
from eddyline.errors import RefusedToStart

TOPIC = Shift(share=0.2, length=6.0)
SUPPLIERS, RULERS = slice(0, 8), slice(8, 16)


def _restarted(watch: EvalDrift) -> EvalDrift:
    found = EvalDrift(LIMIT_DAYS, NAMES)
    found.restore(watch.pack())
    return found


def _changes(groups: slice) -> list[float]:
    """Return the mean z of the week after a renewal, in 12 stable towns, by whose mean the set is fitted to."""
    found = []
    for seed in range(12):
        life = Life(seed)
        life.live(21)
        life.reference = fitted(life.days[-7:], groups)
        life.look()
        found.append(float(np.mean([verdict.z for verdict in life.watched(7) if verdict.z is not None])))
    return found


def test_a_new_set_in_the_middle_of_a_stable_stream_raises_nothing() -> None:
    for seed in range(10):
        life = renewed(seed)
        assert not any(verdict.raised for verdict in life.watched(7))
        life.reference = fitted(life.days[-7:], SUPPLIERS, "new")
        life.look()
        assert not any(verdict.raised for verdict in life.watched(7))


def test_a_set_that_is_fitted_to_suppliers_leaves_ruler_users_where_they_were() -> None:
    found = _changes(SUPPLIERS)
    assert abs(np.mean(found)) < 3 * np.std(found) / len(found) ** 0.5


def test_a_set_that_is_fitted_to_ruler_users_makes_a_stable_stream_look_moved() -> None:
    found = _changes(RULERS)
    assert np.mean(found) > 3 * np.std(found) / len(found) ** 0.5


def test_a_new_topic_in_a_fifth_of_the_prompts_is_found_within_two_days() -> None:
    found = 0
    for seed in range(16):
        life = renewed(seed)
        assert not any(verdict.raised for verdict in life.watched(3))
        found += any(verdict.raised for verdict in life.watched(2, TOPIC))
    assert found >= 14


def test_an_alarm_says_since_when() -> None:
    life = renewed(1)
    verdict = list(life.watched(2, TOPIC))[-1]
    renewal, found = date_of(MONDAY + 21), date_of(MONDAY + 22)
    assert (verdict.state, verdict.since, verdict.day) == ("alarm", renewal, found)
    assert verdict.reason.startswith(f"Farther from the eval set than at its renewal on {renewal}, since {found}: ")


def test_the_baseline_of_a_new_set_is_of_the_days_before_as_they_look_from_it() -> None:
    old, fresh = renewed(1), Life(1)
    for _ in old.watched(5, TOPIC):
        pass
    old.live(9)
    fresh.days = list(old.days)
    old.reference = fresh.reference = fitted(old.days[-7:], SUPPLIERS, "new")
    assert old.look() == fresh.look()
    assert old.watch.pack() == fresh.watch.pack()


def test_a_renewal_within_a_day_is_taken_up_at_once() -> None:
    life = renewed(2)
    life.reference = fitted(life.days[-7:], SUPPLIERS, "new")
    assert life.look().eval_set == "new"


def test_the_change_is_the_distance_less_what_it_would_be_had_nothing_changed() -> None:
    life = renewed(3)
    quiet, moved = (next(life.watched(1, shift)) for shift in (Shift(), TOPIC))
    assert quiet.change is not None
    assert moved.change is not None
    assert moved.distance is not None
    assert moved.baseline_mean is not None
    assert moved.change == pytest.approx(moved.distance - moved.baseline_mean)
    assert moved.change > 5 * abs(quiet.change)
    assert moved.z is not None
    assert moved.z > 5


def test_a_single_odd_day_raises_nothing() -> None:
    life = renewed(4)
    odd = next(life.watched(1, Shift(share=1.0)))
    assert odd.z is not None
    assert odd.z > 50
    assert not odd.raised
    assert not any(verdict.raised for verdict in life.watched(6))


def test_half_as_many_users_are_no_change() -> None:
    life = renewed(5, users=2_400)
    for _ in range(6):
        life.live(1)
        groups = life.days[-1].groups
        for part in (groups.n, groups.x, groups.features):
            part[8:12] = 0
        verdict = life.look()
        assert verdict.users < 250
        assert not verdict.raised
        assert verdict.z is not None
        assert verdict.z < 3


def test_coming_nearer_to_the_eval_set_is_no_alarm() -> None:
    life = Life(6)
    life.live(21)
    far = np.zeros(384, np.int64)
    far[100] = 50 * 500
    life.reference = evalset(far)
    life.look()
    for _ in range(5):
        life.live(1)
        groups = life.days[-1].groups
        groups.x[:, 100] += 20 * groups.n
        verdict = life.look()
        assert verdict.z is not None
        assert verdict.z < -4
        assert not verdict.raised


# Its wealth and its alarms


def test_a_bet_wins_nothing_on_average_from_days_that_are_off_by_the_tolerance() -> None:
    z = 1.0 + np.random.default_rng(1).normal(size=20_000)
    won = np.exp(np.array([bets(value) for value in z.tolist()]) / wealth.UNIT)
    assert (won.mean(axis=0) <= 1.0 + 3 * won.std(axis=0) / len(z) ** 0.5).all()
    assert won.mean(axis=0)[0] == pytest.approx(1.0, abs=0.02)


def test_wealth_begins_anew_every_week_after_the_renewal() -> None:
    life = renewed(7)
    firsts = []
    for day, verdict in enumerate(life.watched(15)):
        assert verdict.z is not None
        assert verdict.log_wealth is not None
        if day % 7 == 0:
            alone = np.logaddexp.reduce(bets(verdict.z) / wealth.UNIT) - math.log(5)
            firsts.append(verdict.log_wealth - alone)
    assert firsts == pytest.approx([0.0] * 3, abs=1e-5)


def test_wealth_begins_anew_even_if_a_week_begins_with_a_day_of_too_few() -> None:
    life = renewed(7)
    for _ in life.watched(7):
        pass
    life.live(1)
    life.days[-1].groups.n[9:] = 0
    assert life.look().state == "blind"
    verdict = next(life.watched(1))
    assert verdict.z is not None
    alone = np.logaddexp.reduce(bets(verdict.z) / wealth.UNIT) - math.log(5)
    assert verdict.log_wealth == pytest.approx(alone, abs=1e-5)


def test_wealth_begins_anew_after_an_alarm() -> None:
    life = renewed(8)
    verdicts = list(life.watched(4, TOPIC))
    after = verdicts[1 + [verdict.raised for verdict in verdicts].index(True)]
    assert after.z is not None
    alone = np.logaddexp.reduce(bets(after.z) / wealth.UNIT) - math.log(5)
    assert after.log_wealth == pytest.approx(alone, abs=1e-5)


def test_an_alarm_is_raised_once_while_it_lasts() -> None:
    life = renewed(8)
    verdicts = list(life.watched(12, TOPIC))
    assert [verdict.raised for verdict in verdicts].count(True) == 1
    assert {verdict.state for verdict in verdicts[2:]} == {"alarm"}


def test_an_alarm_passes_after_a_quiet_week_and_may_be_raised_again() -> None:
    life = renewed(9)
    assert any(verdict.raised for verdict in life.watched(3, TOPIC))
    states = [verdict.state for verdict in life.watched(9)]
    assert (states[5], states[-1]) == ("alarm", "watching")
    assert any(verdict.raised for verdict in life.watched(3, TOPIC))


def test_a_renewal_ends_an_alarm() -> None:
    life = renewed(10)
    assert list(life.watched(3, TOPIC))[-1].state == "alarm"
    life.live(14, TOPIC)
    life.reference = fitted(life.days[-7:], SUPPLIERS, "new")
    assert life.look().state == "watching"
    assert not any(verdict.raised for verdict in life.watched(5, TOPIC))


# Why it is silent


def test_without_an_eval_set_it_says_so() -> None:
    life = Life(11)
    life.live(21)
    assert life.look().reason == "No eval set is in effect."
    life.reference = msgspec.structs.replace(fitted(life.days, SUPPLIERS), kind="history")
    life.live(1)
    verdict = life.look()
    assert (verdict.state, verdict.reason, verdict.distance) == ("blind", "No eval set is in effect.", None)


def test_two_embedding_spaces_are_never_compared() -> None:
    life = renewed(12)
    life.live(1)
    verdict = life.watch.start_day(life.today, life.days, life.reference, "other")
    assert (verdict.state, verdict.distance, verdict.z) == ("blind", None, None)
    assert verdict.reason == "The eval set is in space space, the days are in other."


def test_an_empty_set_is_no_reference() -> None:
    life = renewed(13)
    assert life.reference is not None
    life.reference = msgspec.structs.replace(life.reference, id="empty")
    life.reference.sums.n = 0
    assert life.look().reason == "The eval set is empty."


def test_it_learns_for_14_days_and_shows_the_distance_meanwhile() -> None:
    life = Life(14)
    life.reference = evalset(np.zeros(384, np.int64))
    verdicts = [life.look(), *life.watched(15)]
    assert [verdict.state for verdict in verdicts] == ["learning"] * 14 + ["watching"] * 2
    assert verdicts[9].reason == "9 of 14 complete days have been seen."
    assert [verdict.distance is None for verdict in verdicts] == [True] + [False] * 15
    assert [verdict.z is None for verdict in verdicts] == [True] * 15 + [False]


def test_too_few_ruler_users_are_told() -> None:
    life = Life(15, users=300)
    life.live(20)
    life.reference = fitted(life.days, SUPPLIERS)
    verdict = life.look()
    assert (verdict.state, verdict.reason) == ("blind", "0 days had 100 ruler users, 14 are needed.")


def test_a_day_with_too_few_ruler_users_is_not_bet_on() -> None:
    life, other = renewed(16), renewed(16)
    life.live(1, TOPIC)
    groups = life.days[-1].groups
    for part in (groups.n, groups.x, groups.features):
        part[9:] = 0
    verdict = life.look()
    assert (verdict.state, verdict.z, verdict.log_wealth) == ("blind", None, None)
    assert verdict.reason == f"{groups.n[8]} ruler users on {date_of(MONDAY + 21)}, 100 are needed."
    other.live(1)
    bets_of = [msgspec.msgpack.decode(each.watch.pack())[7] for each in (life, other)]
    assert bets_of[0] == bets_of[1]


def test_days_that_are_all_the_same_are_told() -> None:
    life = Life(17)
    life.live(1)
    life.days = [life.days[0]._replace(day=date_of(MONDAY + day)) for day in range(15)]
    life.reference = fitted(life.days, SUPPLIERS)
    verdict = life.look()
    assert (verdict.state, verdict.reason) == ("learning", "The last 14 days are all the same.")
    assert verdict.since is None


# The same wherever it runs


def test_a_restart_after_any_day_changes_no_byte() -> None:
    straight, restarted = Life(18), Life(18)
    for day in range(32):
        for life in (straight, restarted):
            life.live(1, TOPIC if day > 28 else Shift())
            if day in {3, 25}:
                life.reference = fitted(life.days[-7:], SUPPLIERS, f"of day {day}")
        assert straight.look() == restarted.look()
        restarted.watch = _restarted(restarted.watch)
        assert straight.watch.pack() == restarted.watch.pack()
    assert straight.watch.verdict.state == "alarm"


def test_a_day_begins_once() -> None:
    life = renewed(19)
    assert any(verdict.raised for verdict in life.watched(2, TOPIC))
    before = life.watch.pack()
    assert not life.look().raised
    assert life.watch.pack() == before


def test_several_days_at_once_are_the_same_as_one_after_the_other() -> None:
    slow, late = renewed(20), renewed(20)
    raised = [verdict.raised for verdict in slow.watched(4, TOPIC)]
    late.live(4, TOPIC)
    assert any(raised)
    assert late.look().raised
    assert late.watch.pack() == slow.watch.pack()


def test_the_state_is_small() -> None:
    life = renewed(21)
    assert next(life.watched(1)).state == "watching"
    assert len(life.watch.pack()) < 3_500


def test_a_newer_state_is_refused() -> None:
    wire = msgspec.msgpack.decode(renewed(22).watch.pack())
    wire[0] += 1
    with pytest.raises(RefusedToStart, match="the watch over an eval set has version 2"):
        EvalDrift(LIMIT_DAYS, NAMES).restore(msgspec.msgpack.encode(wire))


def test_without_an_eval_set_none_is_named() -> None:
    verdict = EvalDrift(LIMIT_DAYS, NAMES).start_day("2026-11-21", [], None, SPACE)
    assert (verdict.eval_set, verdict.since, verdict.raised) == (None, None, False)
