"""What was planted in numbers: each of the four causes is worth something exactly where it is at work."""

import msgspec

from eddyline.demo.plan import Plan
from eddyline.demo.traffic import traffic
from eddyline.demo.truth import Planted, planted

SHORT = Plan(days=14, shadowed=0.0)
FEATURE = "format_instruction"
CALM = {"rush": 0.0, "new_topic_share": 0.0}
CLOSED = {"partners_a_day": 0}


def planted_in(plan: Plan) -> Planted:
    found = planted(plan, traffic(plan), FEATURE)
    assert found is not None
    return found


def test_everything_at_once_is_worth_what_it_is_made_of() -> None:
    found = planted_in(SHORT)
    assert found.adaptation > 0.05
    assert found.selection < -0.03
    assert found.exogenous > 0.05
    assert found.mix > 0.02


def test_a_deployment_that_nobody_minds_or_learns_from_causes_exactly_nothing() -> None:
    found = planted_in(msgspec.structs.replace(SHORT, adapted_ceiling=0.0, fleeing=0.0))
    assert found[:2] == (0.0, 0.0)


def test_learning_is_adaptation_and_not_selection() -> None:
    found = planted_in(msgspec.structs.replace(SHORT, fleeing=0.0, **CLOSED))
    assert found.adaptation > 0.05
    assert abs(found.selection) < 0.02


def test_leaving_is_selection_and_not_adaptation() -> None:
    found = planted_in(msgspec.structs.replace(SHORT, adapted_ceiling=0.0))
    assert found.selection < -0.03
    assert abs(found.adaptation) < 0.01


def test_the_rush_is_exogenous_and_the_partner_mix() -> None:
    calm, closed = (planted_in(msgspec.structs.replace(SHORT, **changes)) for changes in (CALM, CLOSED))
    assert abs(calm.exogenous) < 0.01
    assert calm.mix > 0.02
    assert abs(closed.mix) < 0.01
    assert closed.exogenous > 0.05


def test_what_the_deployment_caused_is_of_its_own_users() -> None:
    asked = traffic(SHORT)
    own = planted(SHORT, [prompt for prompt in asked if not prompt.user.holdout], FEATURE)
    assert own is not None
    assert own[:2] == planted_in(SHORT)[:2]


def test_less_than_a_week_before_the_deployment_has_nothing_to_compare_with() -> None:
    plan = Plan(users=30, days=13)
    assert planted(plan, traffic(plan), FEATURE) is None
