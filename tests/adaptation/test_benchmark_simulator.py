"""The simulated worlds of the adaptation benchmark hold what they say: the truth that was planted in them."""

from zoneinfo import ZoneInfo

import numpy as np
import pytest
from benchmarks.adaptation.paneled import change_day, panel_days, rollout
from benchmarks.adaptation.prompts import PLANTED, PROMPTS_OF_A_TOPIC, Prompts
from benchmarks.adaptation.scenarios import SCENARIOS
from benchmarks.adaptation.truth import truth
from benchmarks.adaptation.users import Plan, holdout, thirds
from benchmarks.adaptation.world import World

from eddyline.adaptation.effect import effect
from eddyline.adaptation.panel import Days
from eddyline.adaptation.reading import read
from eddyline.panel import PROJECTED
from eddyline.paneldays import STYLES

BEFORE, AFTER = range(14), range(14, 28)
TOPICS = 20


@pytest.fixture(scope="module")
def prompts() -> Prompts:
    """Random ones; the second half has the planted feature."""
    rng = np.random.default_rng(1)
    p = TOPICS * PROMPTS_OF_A_TOPIC
    bits = rng.integers(0, 2, (2 * p, STYLES))
    bits[:, PLANTED] = np.arange(2 * p) >= p
    projected = rng.integers(-3000, 3000, (2 * p, PROJECTED))
    topic = np.arange(p).reshape(TOPICS, -1)
    return Prompts(topic, np.hstack([bits, projected]).astype(float), bits @ (1 << np.arange(STYLES)), bits[:, :3])


@pytest.mark.parametrize("plan", [holdout(300, 0.2), thirds(300)], ids=["holdout", "staged"])
def test_a_study_is_what_the_panel_days_of_the_same_world_give(prompts: Prompts, plan: Plan) -> None:
    world = World(prompts, plan, SCENARIOS["all"], seed=1)
    made = world.study(BEFORE, AFTER)
    found = read(rollout(world), Days(panel_days(world)), change_day(world) + 13, ZoneInfo("UTC"))
    assert found.arms.kind == "assigned"
    assert made.share == pytest.approx(found.study.share)
    for mine, its in zip(
        (*made[:3], *made.before, *made.after), (*found.study[:3], *found.study.before, *found.study.after), strict=True
    ):
        assert np.array_equal(mine, its)


@pytest.mark.parametrize(("name", "size"), [("null", 0.0), ("season + mix", 0.0), ("adaptation", 0.077)])
def test_the_planted_effect_is_the_truth_and_is_found(prompts: Prompts, name: str, size: float) -> None:
    worlds = [World(prompts, holdout(500, 0.2), SCENARIOS[name], seed) for seed in range(60)]
    true = np.mean([truth(world, BEFORE, AFTER).effect for world in worlds])
    found = [effect(world.study(BEFORE, AFTER).changes()) for world in worlds]
    values = np.array([one.value[PLANTED] for one in found if one is not None])
    assert true == pytest.approx(size, abs=0.004)
    assert abs(values.mean() - true) < 4 * values.std() / len(values) ** 0.5
    assert values.std() < 0.03


def test_nobody_adapts_before_an_answer(prompts: Prompts) -> None:
    openers = World(prompts, holdout(300, 0.2), SCENARIOS["adaptation"], seed=2).openers
    assert (openers.seen > 0).any()
    assert ((openers.chance > openers.without) == (openers.seen > 0)).all()


def test_who_was_told_changes_at_once(prompts: Prompts) -> None:
    world = World(prompts, holdout(300, 0.2), SCENARIOS["announcement"], seed=2)
    has = world.openers.day >= world.users.reached[world.openers.user]
    assert has.any()
    assert ((world.openers.chance > world.openers.without) == has).all()


def test_only_treated_users_without_the_habit_are_driven_away(prompts: Prompts) -> None:
    null, churn = (
        World(prompts, holdout(300, 0.2), SCENARIOS[name]._replace(churn=False), seed=3).users
        for name in ("null", "selective churn")
    )
    gone = np.isfinite(churn.end)
    assert not np.isfinite(null.end).any()
    assert np.isfinite(churn.reached[gone]).all()
    assert churn.habit[gone].max() < 0.08 < churn.habit[~gone].max()
    assert gone.mean() == pytest.approx(0.8 * 0.7 * (1 - 0.92**9), abs=0.08)


def test_a_season_takes_both_arms_alike(prompts: Prompts) -> None:
    true = [truth(World(prompts, holdout(500, 0.2), SCENARIOS["season"], seed), BEFORE, AFTER) for seed in range(20)]
    assert np.mean([one.exogenous for one in true]) == pytest.approx(0.09, abs=0.01)
    assert [one.effect for one in true] == [0.0] * 20
