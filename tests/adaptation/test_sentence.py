"""The verdict in words, for each of the eight."""

from typing import get_args

import pytest
from tests.adaptation.facts import QUIET

from eddyline import features
from eddyline.adaptation.rates import Rate, Rates
from eddyline.adaptation.sentence import Change, Story, sentence
from eddyline.adaptation.verdict import Facts
from eddyline.outputs.adaptation import Verdict

ALONE = QUIET._replace(control="none", without=0, usual=True)
JSON = Change("json", now=0.31, value=0.09, low=0.05, high=0.13)
TOLD = Story(
    deployment="2026.11.1",
    leading=JSON,
    half_width=0.031,
    excluded=0.034,
    rates=Rates(Rate(0.88, 0.001), Rate(1.1, 0.3)),
    mix=JSON._replace(feature="question"),
    exogenous=JSON._replace(feature="politeness"),
    placebo_days=21,
)
UNTOLD = Story("v2", None, None, None, None, None, None, 0)
CASES: list[tuple[Verdict, Facts, str]] = [
    (
        "adapted",
        QUIET,
        """Users of 2026.11.1 now begin 31 % of conversations with prompts that contain JSON; without it they
        would begin 22 %: +9 points (5 to 13); the change has settled.""",
    ),
    (
        "adapting",
        QUIET,
        """Users of 2026.11.1 now begin 31 % of conversations with prompts that contain JSON; without it they
        would begin 22 %: +9 points (5 to 13); it may still grow or fade.""",
    ),
    (
        "insufficient data",
        QUIET._replace(treated=42, without=12),
        """Too early to tell how users of 2026.11.1 change: 42 users with it and 12 without it wrote both
        before and after, 100 and 30 are needed.""",
    ),
    (
        "insufficient data",
        ALONE._replace(treated=42),
        "Too early to tell how users of 2026.11.1 change: 42 of them wrote both before and after it, 100 are needed.",
    ),
    (
        "insufficient data",
        ALONE._replace(usual=None),
        """Too early to tell how users of 2026.11.1 change: nobody is without it, and the days since can only
        be held against 56 days without a deployment, of which 21 are known.""",
    ),
    (
        "not identified",
        QUIET,
        """Users of 2026.11.1 differed from those without it before they saw any of its answers, so what they
        do now cannot be put down to its answers: an announcement, a changed interface or uneven groups
        would look the same.""",
    ),
    (
        "not identified",
        ALONE,
        """Users of 2026.11.1 changed more than at times without a deployment (prompts that contain JSON: +9
        points (5 to 13), up to 3 points is usual), but nobody is without it to compare with, so it cannot
        be told from season or from other events.""",
    ),
    (
        "none detected",
        ALONE,
        """Users of 2026.11.1 changed no more than at times without a deployment (prompts that contain JSON: +9
        points (5 to 13), up to 3 points is usual), but nobody is without it to compare with, so season may
        hide an effect or mimic one.""",
    ),
    (
        "none detected",
        QUIET,
        """No change because of 2026.11.1 was found: for prompts that contain JSON, which came nearest to one,
        more than 3 points up or down is ruled out.""",
    ),
    (
        "selection",
        QUIET,
        """Users with 2026.11.1 came back 12 % less often than users without it, so who writes has changed
        because of it; that users themselves changed was not found.""",
    ),
    (
        "mix changed",
        QUIET,
        """Other people write now than before, with or without 2026.11.1 alike, so it is not the reason
        (prompts that ask a question: +9 points (5 to 13)); a change because of it was not found.""",
    ),
    (
        "exogenous",
        QUIET,
        """Users changed with or without 2026.11.1 alike, so season or something else is the reason (prompts
        that say please or thanks: +9 points (5 to 13)); a change because of it was not found.""",
    ),
]


@pytest.mark.parametrize(("verdict", "facts", "expected"), CASES)
def test_a_verdict_is_told_in_one_plain_sentence(verdict: Verdict, facts: Facts, expected: str) -> None:
    assert sentence(verdict, facts, TOLD) == " ".join(expected.split())


def test_every_verdict_has_a_sentence_with_a_control_and_without() -> None:
    assert {verdict for verdict, _, _ in CASES} == set(get_args(Verdict))


@pytest.mark.parametrize("verdict", get_args(Verdict))
@pytest.mark.parametrize("facts", [QUIET, ALONE])
def test_a_verdict_without_numbers_is_still_a_sentence(verdict: Verdict, facts: Facts) -> None:
    told = sentence(verdict, facts, UNTOLD)
    assert told[0].isupper()
    assert told.endswith(".")
    assert "v2" in told
    assert not any(word in told for word in ("None", "nan", "( ", " ;"))


@pytest.mark.parametrize("name", features.NAMES)
def test_every_feature_has_its_words(name: str) -> None:
    told = sentence("adapted", QUIET, TOLD._replace(leading=JSON._replace(feature=name)))
    assert f"prompts that {features.PHRASES[name]};" in told


def test_a_change_that_no_single_feature_shows_claims_no_share() -> None:
    unsure = Change("json", now=0.31, value=0.01, low=-0.02, high=0.04)
    told = sentence("adapting", QUIET, TOLD._replace(leading=unsure))
    assert "though no single feature stands out (the surest: prompts that contain JSON, +1 point (-2 to 4))" in told


def test_a_share_that_would_be_below_nothing_is_nothing() -> None:
    told = sentence("adapted", QUIET, TOLD._replace(leading=JSON._replace(now=0.07)))
    assert "begin 7 % of conversations" in told
    assert "would begin 0 %" in told


def test_small_changes_keep_a_digit_and_large_ones_do_not() -> None:
    assert str(Change("json", 0.004, -0.0043, -0.0071, -0.0015)) == "-0.4 points (-0.7 to -0.1)"
    assert str(Change("json", 0.4, 0.0001, -0.2, 0.2)) == "+0 points (-20 to 20)"
    assert "begin 0.4 % of" in sentence("adapted", QUIET, TOLD._replace(leading=JSON._replace(now=0.004)))
