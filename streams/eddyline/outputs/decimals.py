"""How many decimals events give: what lies beyond them is no more than rounding of the computation."""

import math

DECIMALS = 6


def rounded(value: float | None) -> float | None:
    """Return a number as events give it; None for none, and for what is no finite number."""
    return round(value, DECIMALS) if value is not None and math.isfinite(value) else None
