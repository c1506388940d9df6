"""A watch learns, speaks, alarms, and finds its way back; stable streams of returning users raise nothing."""

import math
from collections.abc import Iterator

import msgspec
import pytest
from tests.detectors import simulated
from tests.detectors.simulated import MONDAY, NAMES, Shift, Town

from eddyline.detectors import baseline as baselines
from eddyline.detectors.process import limit_days
from eddyline.detectors.sums import DaySums, hour_of_week
from eddyline.detectors.watch import LASTING_DAYS, Verdict, Watch
from eddyline.detectors.whitening import Whitening
from eddyline.errors import RefusedToStart

WHITENING = simulated.whitening()
LIMIT = limit_days(1.0, 1)
NONE = Shift()


def _new() -> Watch:
    return Watch(WHITENING, NAMES, LIMIT)


def _restarted(watch: Watch) -> Watch:
    found = _new()
    found.restore(watch.pack())
    if watch.baseline is not None:
        found.restore_baseline(baselines.pack(watch.baseline))
    return found


class Life:
    """A watch over a simulated town, day after day."""

    def __init__(self, town: Town, watch: Watch | None = None) -> None:
        self.town, self.watch = town, watch or _new()
        self.memory: list[DaySums] = []

    def day(self, shift: Shift = NONE, *, unnamed: float = 0.0) -> list[Verdict]:
        """Live a day; return the verdict of each of its windows."""
        day = MONDAY + len(self.memory)
        sums, windows = self.town.day(day, shift)
        self.watch.start_day(day, self.memory)
        verdicts = [self.watch.observe(window, hour_of_week(day, at), 1 / 24) for at, window in enumerate(windows)]
        self.memory.append(sums._replace(unnamed=unnamed))
        return verdicts

    def days(self, count: int, shift: Shift = NONE) -> Iterator[list[Verdict]]:
        """Live several days."""
        for _ in range(count):
            yield self.day(shift)


def _grown(seed: int, days: int = 21, users: int = 1_200) -> Life:
    life = Life(Town(seed, users))
    for _ in life.days(days):
        pass
    return life


def test_a_young_app_learns_for_a_week_is_provisional_for_another_and_then_watched() -> None:
    states = [verdicts[-1].state for verdicts in Life(Town(1)).days(16)]
    assert states == ["learning"] * 7 + ["provisional"] * 7 + ["watching"] * 2


def test_while_it_learns_nothing_is_bet() -> None:
    for verdicts in Life(Town(1)).days(7):
        assert {(verdict.log_wealth, verdict.raised) for verdict in verdicts} == {(None, False)}


def test_a_young_baseline_is_a_whole_week_and_never_of_the_last_one() -> None:
    life = Life(Town(2))
    known = [life.watch.baseline for _ in life.days(18)]
    spans = [(found.first_day - MONDAY, found.last_day - MONDAY) for found in known if found is not None]
    assert spans == [(0, 6)] * 8 + [(1, 7), (2, 8), (3, 9)]


def test_an_old_app_has_a_baseline_of_four_weeks_that_ended_a_week_ago() -> None:
    life = _grown(3, 40)
    assert life.watch.baseline is not None
    assert (life.watch.baseline.first_day - MONDAY, life.watch.baseline.last_day - MONDAY) == (4, 31)


def test_stable_streams_raise_nothing() -> None:
    """4 streams of 45 days; with A = 365 days at most .5 alarms are expected, of conservative bets none."""
    raised, highest = 0, -math.inf
    for seed in range(4):
        for verdicts in Life(Town(100 + seed, season=0.6)).days(45):
            raised += sum(verdict.raised for verdict in verdicts)
            highest = max(highest, *(verdict.log_wealth or -math.inf for verdict in verdicts))
    assert raised == 0
    assert highest < math.log(LIMIT) - 1


@pytest.mark.parametrize(("shift", "most_days"), [(Shift(share=0.2), 1), (Shift(share=0.1), 5), (Shift(json=0.07), 1)])
def test_a_change_is_found_and_named(shift: Shift, most_days: int) -> None:
    found = []
    for seed in range(3):
        verdicts = [verdict for day in _grown(200 + seed, users=4_000).days(most_days, shift) for verdict in day]
        found += [verdict for verdict in verdicts if verdict.raised]
    assert len(found) == 3
    assert {verdict.leading for verdict in found} == {"json up" if shift.json else "embedding"}


def test_an_alarm_says_what_it_can_and_begins_again_at_nothing() -> None:
    verdicts = [verdict for day in _grown(4).days(2, Shift(share=0.3)) for verdict in day]
    at = next(at for at, verdict in enumerate(verdicts) if verdict.raised)
    alarm, after = verdicts[at], verdicts[at + 1]
    assert alarm.log_wealth is not None
    assert after.log_wealth is not None
    assert alarm.log_wealth >= alarm.log_limit == math.log(LIMIT)
    assert after.log_wealth <= math.log(10 / 24)
    assert (alarm.state, after.state) == ("alarm", "alarm")
    assert alarm.reason == f"Prompts moved by more than the tolerance of {_radius(alarm):.3f} standard deviations."


def _radius(alarm: Verdict) -> float:
    return float(alarm.reason.split("tolerance of ")[1].split()[0])


def test_an_open_alarm_freezes_the_baseline_and_is_raised_once() -> None:
    life = _grown(5)
    raised = [verdict.raised for day in life.days(2, Shift(share=0.3)) for verdict in day]
    frozen = life.watch.baseline
    raised += [verdict.raised for day in life.days(5, Shift(share=0.3)) for verdict in day]
    assert sum(raised) == 1
    assert life.watch.baseline is frozen


def test_an_alarm_passes_when_the_change_does_and_its_days_stay_out_of_the_baseline() -> None:
    life = _grown(6)
    changed = len(life.memory)
    assert any(verdict.raised for verdict in life.day(Shift(share=0.8)))
    life.day(Shift(share=0.8))
    states = [verdicts[-1].state for verdicts in life.days(20)]
    assert states[0] == "alarm"
    assert states[-1] == "watching"
    assert life.watch.baseline is not None
    with_them = baselines.fit(life.memory[7:35], WHITENING)
    rest = life.memory[7:changed] + life.memory[changed + 2 : 35]
    without = baselines.fit(rest[len(rest) % 7 :], WHITENING)
    assert baselines.pack(life.watch.baseline) == baselines.pack(without) != baselines.pack(with_them)


def test_a_change_that_lasts_becomes_how_things_are() -> None:
    life = _grown(7)
    lasting = [verdicts[-1].state for verdicts in life.days(LASTING_DAYS + 3, Shift(share=0.3))]
    assert lasting[LASTING_DAYS - 1] == "alarm"
    assert lasting[-1] == "watching"
    assert life.watch.baseline is not None
    assert life.watch.baseline.first_day > MONDAY + 21


def test_a_season_that_the_first_week_did_not_show_keeps_it_learning() -> None:
    """Something new in the second week: where no alarm tells of it, the dry run of day 14 does."""
    life = Life(Town(8))
    states = [life.day(Shift(share=0.25) if day >= 10 else NONE)[-1].state for day in range(15)]
    assert states[:7] == ["learning"] * 7
    assert "alarm" in states[10:14]
    quiet = Life(Town(8), Watch(WHITENING, NAMES, 1e300))
    states = [quiet.day(Shift(share=0.3) if day >= 9 else NONE)[-1].state for day in range(15)]
    assert states[7:] == ["provisional"] * 7 + ["learning"]
    assert quiet.watch.standing.reason.startswith("Season not covered")


def test_without_user_ids_it_stays_blind() -> None:
    life = Life(Town(9))
    states = {life.day(unnamed=0.9)[-1].state for _ in range(16)}
    assert states == {"learning", "blind"}
    assert life.watch.standing.state == "blind"


def test_a_few_users_a_day_are_never_alarmed_about() -> None:
    life = Life(Town(10, users=300))
    verdicts = [verdict for day in life.days(16) for verdict in day]
    verdicts += [verdict for day in life.days(3, Shift(share=0.9)) for verdict in day]
    assert verdicts[-1].state == "blind"
    assert not any(verdict.raised for verdict in verdicts)


def test_a_restart_after_any_window_changes_no_byte() -> None:
    straight, restarted = Life(Town(11)), Life(Town(11))
    for day in range(17):
        shift = Shift(share=0.3) if day == 16 else NONE
        assert straight.day(shift) == restarted.day(shift)
        assert straight.watch.pack() == restarted.watch.pack()
        restarted.watch = _restarted(restarted.watch)
        assert straight.watch.pack() == restarted.watch.pack()
    assert straight.watch.standing.state == "alarm"


def test_a_day_begins_once() -> None:
    life = _grown(12, 15)
    before, baseline = life.watch.pack(), life.watch.baseline
    life.watch.start_day(MONDAY + 14, [])
    assert life.watch.pack() == before
    assert life.watch.baseline is baseline


def test_the_state_is_small() -> None:
    assert len(_grown(13, 15).watch.pack()) < 2_000


def test_the_state_of_another_whitening_is_left_and_learned_anew() -> None:
    old = _grown(14, 15).watch
    matrix = simulated.whitening()._matrix.astype("int16")
    matrix[0, 1] = 1
    found = Watch(Whitening(matrix), NAMES, LIMIT)
    assert old.baseline is not None
    found.restore(old.pack())
    found.restore_baseline(baselines.pack(old.baseline))
    assert (found.day, found.baseline, found.standing.state) == (0, None, "learning")


def test_a_newer_state_is_refused() -> None:
    wire = msgspec.msgpack.decode(_new().pack())
    wire[0] += 1
    with pytest.raises(RefusedToStart, match="the watch over an app has version 2"):
        _new().restore(msgspec.msgpack.encode(wire))
