"""Scores as integers in units of 1/10,000."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eddyline.scorers import LIMIT, UNIT, from_fixed, to_fixed

INT64 = 2**63


@pytest.mark.parametrize(
    ("value", "fixed"),
    [
        (0.0, 0),
        (-0.0, 0),
        (1.0, 10_000),
        (0.71234, 7_123),
        (5, 50_000),
        (1e6, LIMIT),
        (-1e300, -LIMIT),
        (10**400, LIMIT),
    ],
)
def test_a_score_becomes_an_integer_within_the_limit(value: float, fixed: int) -> None:
    assert to_fixed(value) == fixed


def test_halves_are_rounded_to_even() -> None:
    assert [to_fixed(k / 32) for k in (1, 3, 5, -1, -3)] == [312, 938, 1562, -312, -938]


def test_what_is_not_a_number_is_zero_and_what_is_infinite_is_the_limit() -> None:
    assert [to_fixed(value) for value in (math.nan, math.inf, -math.inf)] == [0, LIMIT, -LIMIT]


def test_ninety_thousand_squares_at_the_limit_fit_into_an_int64() -> None:
    assert 90_000 * LIMIT**2 < INT64


@given(st.integers(-LIMIT, LIMIT))
def test_a_fixed_score_survives_the_way_to_a_float_and_back(fixed: int) -> None:
    assert to_fixed(from_fixed(fixed)) == fixed


@given(st.floats())
def test_every_float_becomes_an_integer_near_it_or_the_limit(value: float) -> None:
    fixed = to_fixed(value)
    assert abs(fixed) <= LIMIT
    if abs(value) * UNIT <= LIMIT:
        assert abs(fixed - value * UNIT) <= 0.5
