"""The end of the demo: four causes told apart, and held against what was planted."""

from io import StringIO

import pytest
from rich.console import Console
from tests.demo.adaptations import adaptation, event, terms_of

from eddyline.demo.plan import Plan
from eddyline.demo.screen import Counts
from eddyline.demo.story import Story
from eddyline.demo.summary import summary
from eddyline.demo.terms import Term, terms
from eddyline.demo.traffic import Asked, traffic
from eddyline.demo.truth import Planted, planted
from eddyline.demo.verdict import findings
from eddyline.outputs.adaptation import Estimate

PLAN = Plan(users=120, days=14)
FEATURE = "format_instruction"
COUNTS = Counts(prompts=1, responses=1, joined=0, sent=2, elapsed_s=1.0, waiting="")


@pytest.fixture(scope="module")
def asked() -> list[Asked]:
    """Give a small traffic."""
    return traffic(PLAN)


@pytest.fixture(scope="module")
def truth(asked: list[Asked]) -> Planted:
    """Give what was planted in it."""
    found = planted(PLAN, asked, FEATURE)
    assert found is not None
    return found


def term(planted: float, low: float, high: float) -> Term:
    return Term("adaptation", "because", planted, Estimate((low + high) / 2, low, high))


def story_of(truth: Planted, half_width: float) -> Story:
    story = Story()
    found = adaptation("2026-10-18", "adapting", terms_of(FEATURE, *truth, half_width=half_width))
    story.add_adaptation(event(found), PLAN.end_ms)
    return story


def test_a_term_covers_what_was_planted_within_its_interval() -> None:
    assert term(0.1, 0.0, 0.2).covered
    assert not term(0.3, 0.0, 0.2).covered


def test_a_term_is_certain_when_its_interval_leaves_out_zero() -> None:
    assert term(0.1, 0.05, 0.2).certain
    assert term(-0.1, -0.2, -0.05).certain
    assert not term(0.1, -0.05, 0.2).certain


def test_every_term_is_held_against_its_own_cause(asked: list[Asked], truth: Planted) -> None:
    found = terms(PLAN, asked, story_of(truth, 0.001).adaptation(PLAN.new))
    assert [one.name for one in found] == ["adaptation", "selection", "exogenous", "mix"]
    assert [one.planted for one in found] == list(truth)
    assert all(one.covered for one in found)
    assert len({one.cause for one in found}) == len(found)


def test_what_is_not_identified_is_held_against_nothing(asked: list[Asked]) -> None:
    assert terms(PLAN, asked, None) == []
    assert terms(PLAN, asked, adaptation("2026-10-18", "insufficient data")) == []


def test_four_certain_terms_that_cover_what_was_planted_are_seen(asked: list[Asked], truth: Planted) -> None:
    for half_width, seen in ((0.001, True), (0.5, False)):
        story = story_of(truth, half_width)
        split = terms(PLAN, asked, story.adaptation(PLAN.new))
        [apart] = [one for one in findings(PLAN, asked, story, split) if one.planted == "four causes at once"]
        assert apart.seen == seen


def test_the_summary_tells_the_four_apart_in_points(asked: list[Asked], truth: Planted) -> None:
    output = StringIO()
    story = story_of(truth, 0.02)
    Console(file=output, width=110).print(summary(PLAN, asked, story, COUNTS, []))
    told = output.getvalue()
    assert "adapting: Users changed." in told
    assert "prompts that ask for a format" in told
    assert all(f"{100 * value:+.1f}" in told for value in truth)


def test_the_summary_of_a_run_without_a_word_on_the_users_says_so(asked: list[Asked]) -> None:
    output = StringIO()
    Console(file=output, width=110).print(summary(PLAN, asked, Story(), COUNTS, []))
    assert "no word on the users" in output.getvalue()
