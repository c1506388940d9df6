"""Who has the deployment and who has not, as announced and as the traffic shows."""

import numpy as np
import pytest

from eddyline.adaptation.arms import Arms, Usage, arms_of, reached
from eddyline.assignment import BUCKETS, UNKNOWN
from eddyline.events import Arm
from eddyline.rollouts import Rollout, Wave

START, DAY = 1_000_000, 86_400_000
END = START + 10 * DAY
HELD_OUT = Arm("holdout", 0.2, 100)
"""Buckets 100 to 299 stay with what was there before."""


def rollout(*waves: Arm) -> Rollout:
    """Return a rollout with a wave a day."""
    steps = tuple(Wave(START + place * DAY, arm) for place, arm in enumerate(waves))
    return Rollout("v2", "v1", "announced", steps, None, None, None)


def usage(own: list[int], other: list[int], **columns: list[int]) -> Usage:
    """Return what users did; where nothing else is said their buckets are unknown and they were there before."""
    users = len(own)

    def column(name: str, default: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        return np.array(columns.get(name, [default] * users), np.int64)

    return Usage(
        np.arange(users, dtype=np.uint64),
        column("bucket", UNKNOWN),
        np.array(own, np.int64),
        np.array(other, np.int64),
        column("unnamed", 0),
        column("before", 1).astype(np.bool_),
    )


def by_bucket(arm: Arm, *, wrong: int = 0, crossed: int = 0) -> Usage:
    """Return one user a bucket who used what it says, but for the first ``wrong`` and the next ``crossed``."""
    gets = reached(arm)
    own, other = np.where(gets, 3, 0), np.where(gets, 0, 3)
    own[:wrong], other[:wrong] = other[:wrong].copy(), own[:wrong].copy()
    own[wrong : wrong + crossed] = other[wrong : wrong + crossed] = 3
    return usage(own.tolist(), other.tolist(), bucket=list(range(BUCKETS)))


def sizes(arms: Arms) -> tuple[int, int]:
    return int(arms.treated.sum()), int(arms.control_mask.sum())


def test_a_rollout_to_all_that_everybody_uses_has_no_arms() -> None:
    arms = arms_of(rollout(Arm()), usage([5, 5], [0, 0]), END)
    assert (arms.kind, arms.control, arms.reason) == ("none", "none", None)
    assert sizes(arms) == (2, 0)


def test_a_rollout_to_all_of_an_app_whose_prompts_name_nothing_has_no_arms() -> None:
    assert arms_of(rollout(Arm()), usage([0, 0], [0, 0], unnamed=[4, 5]), END).kind == "none"


@pytest.mark.parametrize(("others", "kind"), [(9, "none"), (11, "observed")])
def test_a_hundredth_of_the_prompts_elsewhere_makes_a_rollout_to_all_one_to_some(others: int, kind: str) -> None:
    assert arms_of(rollout(Arm()), usage([1000 - others, 0], [0, others]), END).kind == kind


def test_prompts_that_name_nothing_are_those_of_a_rollout_to_all() -> None:
    arms = arms_of(rollout(Arm()), usage([9, 0, 0], [0, 9, 0], unnamed=[0, 0, 9]), END)
    assert arms.treated.tolist() == [True, False, True]
    assert arms.control_mask.tolist() == [False, True, False]


def test_who_left_before_anybody_could_tell_his_arm_counts_in_both() -> None:
    arms = arms_of(rollout(Arm("holdout", 0.5)), usage([9, 0, 0, 0], [0, 9, 0, 0], before=[1, 1, 1, 0]), END)
    assert arms.treated.tolist() == [True, False, True, False]
    assert arms.control_mask.tolist() == [False, True, True, False]


def test_who_names_no_deployment_is_in_no_observed_arm_of_a_partial_rollout() -> None:
    arms = arms_of(rollout(Arm("canary", 0.5)), usage([9, 0, 0], [0, 9, 0], unnamed=[0, 0, 9]), END)
    assert not arms.treated[2]
    assert not arms.control_mask[2]


@pytest.mark.parametrize(("arm", "share"), [(Arm("holdout", 0.2), 0.2), (Arm("canary", 0.1), 0.9)])
def test_an_announced_share_is_that_of_the_control(arm: Arm, share: float) -> None:
    arms = arms_of(rollout(arm), usage([9, 0], [0, 9]), END)
    assert (arms.kind, arms.control, arms.share) == ("observed", "holdout", share)


def test_of_several_steps_without_buckets_nobody_knows_the_share() -> None:
    arms = arms_of(rollout(Arm("canary", 0.1), Arm("canary", 0.3)), usage([9, 0], [0, 9]), END)
    assert (arms.kind, arms.share) == ("observed", None)


@pytest.mark.parametrize(("crossed", "kind"), [(5, "observed"), (6, "none")])
def test_users_of_both_are_in_neither_arm_until_there_are_too_many(crossed: int, kind: str) -> None:
    own, other = [1] * 50 + [0] * (50 - crossed) + [1] * crossed, [0] * 50 + [1] * 50
    arms = arms_of(rollout(Arm("canary", 0.5)), usage(own, other), END)
    assert (arms.kind, arms.crossed) == (kind, crossed)
    if kind == "observed":
        assert sizes(arms) == (50, 50 - crossed)
        assert arms.reason is None
    else:
        assert arms.reason == "users are not assigned to one arm: 6 of 100 users used both"


@pytest.mark.parametrize(
    ("own", "other", "missing"), [([9], [0], "another deployment"), ([0], [9], "the deployment"), ([0], [0], "the")]
)
def test_where_only_one_of_two_deployments_is_named_there_are_no_arms(
    own: list[int], other: list[int], missing: str
) -> None:
    arms = arms_of(rollout(Arm("canary", 0.5)), usage(own, other, unnamed=[3]), END)
    assert arms.kind == "none"
    assert str(arms.reason).startswith(f"no prompt names {missing}")


def test_buckets_assign_also_those_who_never_came_back() -> None:
    users = by_bucket(HELD_OUT)
    users.own[50] = users.other[150] = 0
    arms = arms_of(rollout(HELD_OUT), users, END)
    assert (arms.kind, arms.control, arms.share, arms.reason) == ("assigned", "holdout", 0.2, None)
    assert sizes(arms) == (800, 200)
    assert arms.treated[50]
    assert arms.control_mask[150]
    assert arms.checked == 998


def test_a_range_of_buckets_goes_round() -> None:
    arms = arms_of(rollout(Arm("canary", 0.3, 900)), by_bucket(Arm("canary", 0.3, 900)), END)
    assert np.flatnonzero(arms.treated).tolist() == [*range(200), *range(900, 1000)]
    assert arms.share == pytest.approx(0.7)


@pytest.mark.parametrize(("wrong", "kind"), [(20, "assigned"), (21, "observed")])
def test_buckets_that_the_traffic_contradicts_are_not_believed(wrong: int, kind: str) -> None:
    arms = arms_of(rollout(HELD_OUT), by_bucket(HELD_OUT, wrong=wrong), END)
    assert arms.kind == kind
    if kind == "observed":
        assert arms.reason == "21 of 1000 users contradict their bucket"
        assert arms.share is None
        assert not arms.treated[0]


@pytest.mark.parametrize(("crossed", "kind"), [(50, "assigned"), (51, "none")])
def test_a_router_that_ignores_the_user_gives_no_arms_whatever_was_announced(crossed: int, kind: str) -> None:
    arms = arms_of(rollout(HELD_OUT), by_bucket(HELD_OUT, crossed=crossed), END)
    assert (arms.kind, arms.crossed) == (kind, crossed)
    if kind == "assigned":
        assert arms.treated[0], "whoever crossed stays in the arm that he was assigned to"


@pytest.mark.parametrize(("first", "user"), [(100, 0), (800, 999)])
def test_users_of_unknown_bucket_are_in_neither_arm(first: int, user: int) -> None:
    arm = Arm("holdout", 0.2, first)
    users = by_bucket(arm)
    users.bucket[user] = UNKNOWN
    arms = arms_of(rollout(arm), users, END)
    assert sum(sizes(arms)) == 999
    assert not arms.treated[user] | arms.control_mask[user]


def test_without_any_bucket_arms_are_observed() -> None:
    arms = arms_of(rollout(HELD_OUT), usage([9, 0], [0, 9]), END)
    assert (arms.kind, arms.reason) == ("observed", "no user's bucket is known")


def test_buckets_stand_unchecked_where_no_prompt_names_a_deployment() -> None:
    arms = arms_of(rollout(HELD_OUT), usage([0, 0], [0, 0], bucket=[50, 150], unnamed=[9, 9]), END)
    assert (arms.kind, arms.checked) == ("assigned", 0)


STAGED = rollout(Arm("canary", 0.1, 0), Arm("canary", 0.4, 0), Arm("holdout", 0.3, 700), Arm())


@pytest.mark.parametrize(("days", "treated", "control"), [(1, 100, 900), (2, 100, 600), (3, 100, 300)])
def test_a_staged_rollout_compares_the_first_wave_with_those_not_yet_reached(
    days: int, treated: int, control: int
) -> None:
    users = usage([0] * BUCKETS, [0] * BUCKETS, bucket=list(range(BUCKETS)))
    arms = arms_of(STAGED, users, START + days * DAY)
    assert (arms.kind, arms.control) == ("assigned", "holdout" if days == 1 else "staged")
    assert sizes(arms) == (treated, control)
    assert arms.share == pytest.approx(control / (treated + control))


def test_users_of_a_wave_between_may_have_used_both() -> None:
    users = usage([9, 5, 0], [0, 5, 9], bucket=[50, 200, 800])
    arms = arms_of(STAGED, users, START + 2 * DAY)
    assert (arms.kind, arms.crossed) == ("assigned", 0)
    assert arms.treated.tolist() == [True, False, False]
    assert arms.control_mask.tolist() == [False, False, True]


def test_a_wave_that_takes_somebody_back_leaves_him_in_neither_arm() -> None:
    users = usage([9, 5, 0], [0, 5, 9], bucket=[50, 200, 800])
    arms = arms_of(rollout(Arm("canary", 0.4, 0), Arm("canary", 0.1, 0)), users, END)
    assert arms.treated.tolist() == [True, False, False]
    assert arms.control_mask.tolist() == [False, False, True]


def test_after_the_last_wave_nobody_is_left_to_compare_with() -> None:
    arms = arms_of(STAGED, usage([9, 0], [0, 9], bucket=[50, 800]), START + 3 * DAY + 1)
    assert (arms.kind, arms.control) == ("none", "none")
    assert arms.reason == "everybody has it since 1970-01-04T00:16:40.000Z"
    assert arms.treated.all()


def test_waves_that_reach_everybody_together_leave_nobody_either() -> None:
    together = rollout(Arm("canary", 0.5, 0), Arm("canary", 0.5, 500), Arm("canary", 0.6, 0))
    arms = arms_of(together, usage([9, 0], [0, 9], bucket=[50, 800]), END)
    assert arms.reason == "everybody has it since 1970-01-02T00:16:40.000Z"


def test_a_wave_for_nobody_is_none() -> None:
    arms = arms_of(rollout(Arm("canary", 0.0, 0), HELD_OUT), by_bucket(HELD_OUT), END)
    assert (arms.kind, arms.control) == ("assigned", "holdout")
    assert sizes(arms) == (800, 200)


def test_nobody_at_all_is_no_error() -> None:
    for arm in (Arm(), HELD_OUT, Arm("canary", 0.5)):
        assert sizes(arms_of(rollout(arm), usage([], []), END)) == (0, 0)
