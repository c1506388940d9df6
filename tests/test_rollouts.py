"""Rollouts: from announcements and what was inferred to what users may adapt to."""

import random
from itertools import permutations

from eddyline.events import Arm
from eddyline.partials import Announced
from eddyline.rollouts import Rollout, Wave, rollouts
from eddyline.timeline import Timeline

ALL = Arm()
MINUTE, DAY = 60_000, 86_400_000
FOREVER = 10**15


def said(deployment: str, effective_ms: int, action: str = "deploy", arm: Arm = ALL, id_: str = "") -> Announced:
    return Announced(id_ or f"{effective_ms} {deployment}", "chat/production", deployment, effective_ms, action, arm)


def found(*announced: Announced, until_ms: int = FOREVER, **inferred: int) -> list[Rollout]:
    """Return the rollouts of announcements that arrive in another order, twice."""
    arriving = [*announced, *announced]
    random.Random(1).shuffle(arriving)
    timeline = Timeline(None, inferred)
    for one in arriving:
        timeline.add(one)
    return rollouts(timeline.announcements, timeline.inferred, until_ms)


def names(rollout: Rollout) -> tuple[str | None, ...]:
    return rollout.deployment, rollout.previous, rollout.ended_by


def test_a_deployment_follows_the_one_before() -> None:
    first, second = found(said("v1", DAY), said("v2", 3 * DAY))
    assert first == Rollout("v1", None, "announced", (Wave(DAY, ALL),), None, 3 * DAY, "deploy")
    assert second == Rollout("v2", "v1", "announced", (Wave(3 * DAY, ALL),), DAY, None, None)


def test_what_takes_effect_later_is_not_known_yet() -> None:
    story = (said("v1", DAY), said("v2", 3 * DAY))
    assert [names(one) for one in found(*story, until_ms=3 * DAY)] == [("v1", None, None)]
    assert found(*story, until_ms=DAY) == []


def test_saying_it_again_is_no_rollout_and_no_wave() -> None:
    again = said("v1", 2 * DAY, id_="another")
    assert found(said("v1", DAY), again, said("v1", DAY, id_="third")) == found(said("v1", DAY))


def test_more_users_of_one_deployment_are_waves_of_one_rollout() -> None:
    arms = [Arm("canary", 0.1, 0), Arm("canary", 0.5, 0), Arm()]
    (_, rollout) = found(said("v1", 0), *(said("v2", (1 + n) * DAY, arm=arm) for n, arm in enumerate(arms)))
    assert rollout.waves == tuple(Wave((1 + n) * DAY, arm) for n, arm in enumerate(arms))
    assert (rollout.previous, rollout.free_since_ms, rollout.end_ms) == ("v1", 0, None)


def test_of_two_waves_at_one_time_the_larger_id_counts() -> None:
    one, two = said("v2", DAY, arm=Arm("canary", 0.1, 0), id_="a"), said("v2", DAY, arm=Arm("canary", 0.2, 0), id_="b")
    for order in permutations((one, two)):
        assert found(*order)[0].waves == (Wave(DAY, two.arm),)


def test_a_wave_for_nobody_is_none() -> None:
    (rollout,) = found(said("v2", DAY, arm=Arm("canary", 0.0, 0)), said("v2", 2 * DAY))
    assert rollout.waves == (Wave(2 * DAY, ALL),)


def test_a_rollback_ends_a_rollout_and_is_none_itself() -> None:
    _, rollout = found(said("v1", 0), said("v2", DAY), said("v1", 4 * DAY, "rollback"))
    assert (rollout.end_ms, rollout.ended_by) == (4 * DAY, "rollback")


def test_a_rollout_that_was_rolled_back_within_a_minute_is_not_in_force_at_the_end_of_its_day() -> None:
    story = (said("v1", 0), said("v2", DAY), said("v1", DAY + MINUTE // 2, "rollback"))
    for until_ms in (DAY + MINUTE, 2 * DAY, 30 * DAY):
        assert [one.deployment for one in found(*story, until_ms=until_ms) if one.end_ms is None] == []


def test_a_late_rollback_counts_from_when_it_took_effect() -> None:
    timeline = Timeline([said("v1", 0), said("v2", DAY)])
    assert rollouts(timeline.announcements, {}, 9 * DAY)[-1].end_ms is None
    timeline.add(said("v1", 2 * DAY, "rollback"))
    assert rollouts(timeline.announcements, {}, 9 * DAY)[-1].end_ms == 2 * DAY


def test_after_a_rollback_the_app_is_free_of_deployments() -> None:
    *_, rollout = found(said("v1", 0), said("v2", DAY), said("v1", 2 * DAY, "rollback"), said("v3", 9 * DAY))
    assert (rollout.previous, rollout.free_since_ms) == ("v1", 2 * DAY)


def test_a_rollback_of_what_nobody_named_ends_the_calm_too() -> None:
    *_, rollout = found(said("v1", 0), said("v1", 2 * DAY, "rollback"), said("v2", 9 * DAY))
    assert rollout.free_since_ms == 2 * DAY


def test_an_old_deployment_that_is_deployed_again_is_a_rollout_again() -> None:
    story = (said("v1", 0), said("v2", DAY), said("v1", DAY + MINUTE, "rollback"), said("v2", 2 * DAY))
    assert [names(one) for one in found(*story)][1:] == [("v2", "v1", "rollback"), ("v2", "v1", None)]


def test_deploying_what_the_others_have_rolls_a_canary_back() -> None:
    canary = said("v2", DAY, arm=Arm("canary", 0.1, 0))
    assert [names(one) for one in found(said("v1", 0), canary, said("v1", 2 * DAY))] == [
        ("v1", None, "deploy"),
        ("v2", "v1", "rollback"),
    ]


def test_a_retired_deployment_is_over_and_retiring_another_one_is_nothing() -> None:
    story = (said("v1", 0), said("v2", DAY, arm=Arm("canary", 0.1, 0)))
    assert found(*story, said("v0", 2 * DAY, "retire")) == found(*story)
    assert found(*story, said("v1", 2 * DAY, "retire"))[-1].end_ms is None
    assert found(*story, said("v2", 2 * DAY, "retire"))[-1][-2:] == (2 * DAY, "retire")


def test_a_canary_that_is_followed_by_another_one_is_over() -> None:
    first, second = (said(name, at * DAY, arm=Arm("canary", 0.1, 0)) for name, at in (("v2", 1), ("v3", 2)))
    assert [names(one) for one in found(said("v1", 0), first, second)][1:] == [
        ("v2", "v1", "deploy"),
        ("v3", "v1", None),
    ]


def test_of_two_at_one_time_the_one_with_the_smaller_id_never_was() -> None:
    story = (said("v1", 0), said("v2", DAY, id_="a"), said("v3", DAY, id_="b"))
    assert [names(one) for one in found(*story)] == [("v1", None, "deploy"), ("v3", "v1", None)]
    assert found(*story)[-1].free_since_ms == 0


def test_a_rollback_at_the_same_time_leaves_nothing() -> None:
    assert [one.deployment for one in found(said("v1", 0), said("v2", DAY), said("v1", DAY, "rollback", id_="z"))] == [
        "v1"
    ]


def test_what_was_inferred_first_was_there_already() -> None:
    assert found(v1=0) == []
    assert found(v1=0, v2=0) == []


def test_what_is_inferred_later_is_a_rollout_after_it() -> None:
    (rollout,) = found(v1=0, v2=DAY)
    assert rollout == Rollout("v2", "v1", "inferred", (Wave(DAY, ALL),), None, None, None)


def test_what_nobody_announced_ends_what_was_announced() -> None:
    first, second = found(said("v1", 0), v2=DAY)
    assert (first.end_ms, first.ended_by) == (DAY, "deploy")
    assert (second.source, second.previous) == ("inferred", "v1")


def test_an_announcement_before_or_after_supersedes_what_was_inferred() -> None:
    for effective_ms in (DAY, 5 * DAY):
        (rollout,) = found(said("v2", effective_ms), v1=0, v2=2 * DAY)
        assert (rollout.source, rollout.effective_ms, rollout.previous) == ("announced", effective_ms, "v1")


def test_announcements_end_what_was_inferred() -> None:
    for action, deployment in (("rollback", "v1"), ("retire", "v2")):
        (rollout,) = found(said(deployment, 3 * DAY, action), v1=0, v2=DAY)
        assert (rollout.source, rollout.end_ms, rollout.ended_by) == ("inferred", 3 * DAY, action)


def test_the_first_announcement_is_a_rollout_after_nothing() -> None:
    assert names(found(said("v1", DAY))[0]) == ("v1", None, None)


def test_at_most_the_last_rollout_has_no_end() -> None:
    rng = random.Random(3)
    actions = ["deploy", "deploy", "rollback", "retire"]
    arms = [Arm(), Arm("canary", 0.1, 0), Arm("holdout", 0.2), Arm("canary", 0.0)]
    for _ in range(300):
        story = [
            said(rng.choice("abc"), rng.randrange(9), rng.choice(actions), arm, str(n))
            for n, arm in enumerate(rng.choices(arms, k=rng.randrange(9)))
        ]
        inferred = {name: rng.randrange(9) for name in "bd"}
        rollouts_ = found(*story, until_ms=9, **inferred)
        assert [one for one in rollouts_[:-1] if one.end_ms is None] == []
        ends = [one.end_ms for one in rollouts_ if one.end_ms is not None]
        assert ends == sorted(ends)
        assert all(one.effective_ms < (one.end_ms or FOREVER) for one in rollouts_)
        assert all(list(one.waves) == sorted(one.waves, key=lambda wave: wave.effective_ms) for one in rollouts_)
        assert all((one.free_since_ms or 0) <= one.effective_ms for one in rollouts_)
