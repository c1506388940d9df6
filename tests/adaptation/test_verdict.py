"""The verdict: each row of the table, which row goes before which, and what is flagged beside."""

import itertools
from typing import Any, get_args

import pytest
from tests.adaptation.facts import QUIET

from eddyline.adaptation.verdict import SEASON, Facts, not_identified, verdict
from eddyline.outputs.adaptation import Verdict

ALONE = QUIET._replace(control="none", without=0, usual=True, first_opener=None, style=None, embedding=None, rates=None)
ROWS: list[tuple[Facts, dict[str, Any], Verdict]] = [
    (QUIET, {}, "none detected"),
    (QUIET, {"treated": 99}, "insufficient data"),
    (QUIET, {"treated": 100}, "none detected"),
    (QUIET, {"without": 29}, "insufficient data"),
    (QUIET, {"without": 30}, "none detected"),
    (QUIET, {"control": "staged", "without": 29}, "insufficient data"),
    (QUIET, {"first_opener": 0.01}, "not identified"),
    (QUIET, {"first_opener": 0.0101}, "none detected"),
    (QUIET, {"style": 0.04}, "adapting"),
    (QUIET, {"style": 0.0401}, "none detected"),
    (QUIET, {"embedding": 0.01}, "adapting"),
    (QUIET, {"embedding": 0.0101}, "none detected"),
    (QUIET, {"style": 0.04, "settled": True}, "adapted"),
    (QUIET, {"settled": True}, "none detected"),
    (QUIET, {"sequential": 0.05}, "adapting"),
    (QUIET, {"sequential": 0.05, "settled": True}, "adapted"),
    (QUIET, {"sequential": 0.06, "style": 0.001, "embedding": 0.001}, "none detected"),
    (QUIET, {"rates": 0.01}, "selection"),
    (QUIET, {"rates": 0.0101}, "none detected"),
    (QUIET, {"mix": 0.01}, "mix changed"),
    (QUIET, {"mix": 0.01, "mix_leads": False}, "mix changed"),
    (QUIET, {"exogenous": 0.01}, "exogenous"),
    (QUIET, {"exogenous": 0.0101}, "none detected"),
    (QUIET, {"mix": 0.01, "exogenous": 0.01}, "mix changed"),
    (QUIET, {"mix": 0.01, "exogenous": 0.01, "mix_leads": False}, "exogenous"),
    (QUIET, {"usual": False}, "none detected"),
    (ALONE, {}, "none detected"),
    (ALONE, {"treated": 99}, "insufficient data"),
    (ALONE, {"usual": None}, "insufficient data"),
    (ALONE, {"usual": False}, "not identified"),
    (ALONE, {"first_opener": 0.001, "style": 0.001, "rates": 0.001, "mix": 0.001}, "none detected"),
]
ALL_THAT_MAY_HOLD: list[tuple[dict[str, Any], Verdict]] = [
    ({"without": 29}, "insufficient data"),
    ({"first_opener": 0.001}, "not identified"),
    ({"style": 0.001}, "adapting"),
    ({"rates": 0.001}, "selection"),
    ({"mix": 0.001}, "mix changed"),
    ({"exogenous": 0.001}, "exogenous"),
]
"""By precedence."""


@pytest.mark.parametrize(("base", "changed", "expected"), ROWS)
def test_each_row_of_the_table(base: Facts, changed: dict[str, Any], expected: Verdict) -> None:
    assert verdict(base._replace(**changed))[0] == expected


def test_every_verdict_can_be_reached() -> None:
    assert {expected for _, _, expected in ROWS} == set(get_args(Verdict))


@pytest.mark.parametrize("size", range(1, len(ALL_THAT_MAY_HOLD) + 1))
def test_the_first_row_that_holds_is_the_verdict_and_all_others_are_flags(size: int) -> None:
    for chosen in itertools.combinations(ALL_THAT_MAY_HOLD, size):
        facts = QUIET
        for changed, _ in chosen:
            facts = facts._replace(**changed)
        found, flags = verdict(facts)
        assert [found, *flags] == [name for _, name in chosen]


def test_where_exogenous_change_leads_mix_is_its_flag() -> None:
    facts = QUIET._replace(mix=0.001, exogenous=0.001, mix_leads=False)
    assert verdict(facts) == ("exogenous", ["mix changed"])


def test_nothing_is_flagged_where_nothing_holds() -> None:
    assert verdict(QUIET) == ("none detected", [])


def test_without_a_control_it_is_always_said_that_season_may_hide_or_mimic() -> None:
    for usual in (None, False, True):
        assert verdict(ALONE._replace(usual=usual))[1][-1] == SEASON


def test_tests_that_could_not_be_made_hold_nothing() -> None:
    facts = QUIET._replace(first_opener=None, style=None, embedding=None, rates=None, mix=None, exogenous=None)
    assert verdict(facts) == ("none detected", [])


def test_without_a_control_neither_pair_can_be_told_apart_and_the_reason_is_said() -> None:
    found = not_identified(ALONE, "none", "everybody has it since 2026-11-03")
    assert len(found) == 2
    assert all(line.endswith(": everybody has it since 2026-11-03") for line in found)
    assert not_identified(ALONE, "none", None)[0].endswith(": nobody is without the deployment")


def test_with_assigned_arms_that_were_alike_everything_is_identified() -> None:
    assert not_identified(QUIET, "assigned", None) == []


def test_what_observed_arms_cannot_tell_is_listed() -> None:
    found = not_identified(QUIET._replace(rates=None, first_opener=0.001), "observed", "9 of 90 contradict")
    assert [line.split(":")[0] for line in found] == [
        "adaptation",
        "who left because of it",
        "whether it kept users away",
    ]
    assert "(9 of 90 contradict)" in found[1]
