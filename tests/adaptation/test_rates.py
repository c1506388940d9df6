"""Whether users stayed and came alike in both arms."""

import numpy as np
import pytest
from tests.adaptation.studies import study, subset

from eddyline.adaptation.rates import Rate, Rates, against_share, rates, two_proportions
from eddyline.adaptation.study import Study

RUNS = 400
ALLOWED = 12
"""Of 400 runs at a level of .01 more are this unlikely: binomial, below .001."""


def test_two_proportions_are_compared_with_their_pooled_variance() -> None:
    found = two_proportions(80, 100, 45, 50)
    assert found is not None
    assert found.ratio == pytest.approx(0.8 / 0.9)
    assert found.p == pytest.approx(0.1213, abs=1e-4)  # z = .1 / sqrt(5/6 * 1/6 * .03)


@pytest.mark.parametrize(("numbers", "expected"), [((0, 9, 0, 9), 1.0), ((9, 9, 9, 9), 1.0), ((3, 9, 0, 9), None)])
def test_without_variance_or_events_no_rate_is_a_number_that_is_none(
    numbers: tuple[int, int, int, int], expected: float | None
) -> None:
    found = two_proportions(*numbers)
    assert found is not None
    assert found.ratio == expected
    assert 0 < found.p <= 1


def test_a_rate_of_nobody_is_not_tested() -> None:
    assert two_proportions(0, 0, 1, 2) is None
    assert two_proportions(1, 2, 0, 0) is None
    assert against_share(0, 0, 0.2) is None


def test_the_control_is_held_against_its_announced_share() -> None:
    found = against_share(8, 0, 0.5)
    assert found == Rate(None, 2 * 0.5**8)
    found = against_share(0, 8, 0.5)
    assert found is not None
    assert found.p == pytest.approx(2 * 0.5**8)
    alike = against_share(80, 20, 0.2)
    assert alike is not None
    assert alike.ratio == pytest.approx(1)
    assert alike.p == 1


@pytest.mark.parametrize("share", [None, 0.0, 1.0])
def test_without_an_announced_share_of_both_arms_nothing_is_tested(share: float | None) -> None:
    assert against_share(80, 20, share) is None


def test_two_tests_share_the_level() -> None:
    assert Rates(Rate(1.0, 0.02), Rate(1.0, 0.3)).p == 0.04
    assert Rates(Rate(1.0, 0.02), None).p == 0.02
    assert Rates(Rate(1.0, 0.7), Rate(1.0, 0.9)).p == 1
    assert Rates(None, None).p is None


def test_alike_arms_are_hardly_ever_said_to_differ() -> None:
    rng = np.random.default_rng(11)
    stayed, came = rng.binomial([400, 100], 0.85, (RUNS, 2)), rng.binomial(60, 0.2, RUNS)
    found = [
        Rates(two_proportions(int(k), 400, int(of_control), 100), against_share(60 - int(new), int(new), 0.2)).p
        for (k, of_control), new in zip(stayed, came, strict=True)
    ]
    assert sum(p is not None and p <= 0.01 for p in found) <= ALLOWED


def test_users_who_leave_because_of_a_deployment_are_seen() -> None:
    found = rates(study(3, 2000, leaving=0.4), "assigned")
    assert found.staying is not None
    assert found.staying.ratio is not None
    assert found.staying.ratio < 0.9
    assert found.p is not None
    assert found.p < 1e-6


def test_observed_arms_of_those_who_stayed_are_held_against_the_announced_share() -> None:
    found = rates(_observed(study(3, 2000, leaving=0.4)), "observed")
    assert found.staying is not None
    assert found.staying.ratio is not None
    assert found.staying.ratio < 0.9
    assert found.staying.p < 1e-4
    alike = rates(_observed(study(3, 2000)), "observed").staying
    assert alike is not None
    assert alike.p > 0.01


def test_observed_arms_without_an_announced_share_say_nothing() -> None:
    assert rates(_observed(study(3))._replace(share=None), "observed") == Rates(None, None)


@pytest.mark.parametrize("users", [0, 1, 5])
def test_hardly_any_users_give_no_numbers_or_honest_ones(users: int) -> None:
    p = rates(subset(study(1), np.arange(users)), "assigned").p
    assert p is None or 0 < p <= 1


def _observed(found: Study) -> Study:
    """Return it as if nobody knew the arm of those who did not come back."""
    gone = found.before.active & ~found.after.active
    return found._replace(treated=found.treated | gone, control=found.control | gone)


def test_who_came_is_counted_without_those_of_before() -> None:
    found = study(5, 3000)
    entered = found.after.active & ~found.before.active
    dropped = found._replace(treated=found.treated & ~(entered & (np.arange(len(found.user)) % 3 > 0)))
    rate = rates(dropped, "assigned").entry
    assert rate is not None
    assert rate.ratio == pytest.approx(1 / 3, abs=0.15)
    assert rate.p < 1e-6
