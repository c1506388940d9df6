"""Scores as integers, so that sums of them are exact and order-free: units of 1/10,000."""

from math import isnan

UNIT = 10_000
"""The fixed-point value of a score of 1."""
LIMIT = 10_000_000
"""The largest magnitude in fixed point, a score of 1,000: 92,000 squares of it fit into an int64."""


def to_fixed(value: float) -> int:
    """Return ``value`` in units of 1/10,000, rounded half to even and clipped to [-1,000, 1,000]; never raises.

    Not-a-number is 0; whoever takes values from outside refuses it first.

    >>> to_fixed(0.71234), to_fixed(-5), to_fixed(1e6), to_fixed(float("-inf"))
    (7123, -50000, 10000000, -10000000)
    """
    largest = LIMIT // UNIT
    clipped = max(min(value, largest), -largest)
    return 0 if isnan(clipped) else round(clipped * UNIT)


def from_fixed(fixed: int) -> float:
    """Return the score that ``fixed`` stands for.

    >>> from_fixed(7123)
    0.7123
    """
    return fixed / UNIT
