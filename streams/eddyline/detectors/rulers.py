"""Ruler users: half of the users, by hash, who never supply an item of an eval set and so can measure its distance.

A set that is chosen from last week's prompts is fitted to that week and to its users: in that week they lie nearer to
it than they ever will again, and the weeks after a renewal would look like drift. Users who had no part in the choice,
neither by their prompts nor by a mean that the set was fitted to, are an unbiased ruler. The price is half of the
prompts.
"""

from eddyline.cells import GROUPS, group_of
from eddyline.daysums import Breakdown, DaySums

RULERS = slice(GROUPS // 2, GROUPS)
"""Groups of users who measure; the others may supply items."""
LEAST_USERS = 100
"""Ruler users of a day below which nothing is concluded from it."""


def may_supply(user: bytes) -> bool:
    """Whether a user's prompts may become eval items, or be what a set is fitted to.

    A prompt that names no user may not: it could be a ruler user's.
    """
    return bool(user) and group_of(user) < RULERS.start


def of(day: DaySums) -> Breakdown:
    """Return the part of a day that ruler users sent, 8 rows."""
    groups = day.groups
    return Breakdown(groups.n[RULERS], groups.x[RULERS], groups.features[RULERS])


def are_enough(day: DaySums) -> bool:
    """Whether there are enough users, in two groups or more: a single one has no scatter."""
    n = day.groups.n[RULERS]
    return int(n.sum()) >= LEAST_USERS and int((n > 0).sum()) > 1
