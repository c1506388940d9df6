"""Log wealth in integers: natural logarithms in units of ``2**-20``, always rounded down.

Rounding down keeps every bound, since wealth can only be understated, and it absorbs the last bits in which the
mathematical libraries of two machines differ (in all but about one of 10**9 numbers).
"""

import math

UNIT = 2**20
MOST = math.floor(math.log(10.0) * UNIT)
"""What one window adds at most to the log of any wealth: a single window never alarms."""
NOTHING = -(2**31)
"""The log of no wealth at all, as far as int32 goes."""


def floor(log: float) -> int:
    """Return a natural logarithm in units, rounded down."""
    return math.floor(log * UNIT)
