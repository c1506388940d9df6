"""Whom a deployment is for, in words."""

from eddyline.assignment import BUCKETS
from eddyline.events import Arm


def told(arm: Arm) -> str:
    """Return an arm for people.

    >>> told(Arm()), told(Arm("canary", 0.1)), told(Arm("holdout", 0.2, 900))
    ('all users', '10 % of the users', 'all users but 20 %, buckets 900 to 99')
    """
    if arm.kind == "all":
        return "all users"
    share = f"{100 * arm.share:g} %"
    whom = f"{share} of the users" if arm.kind == "canary" else f"all users but {share}"
    named = round(arm.share * BUCKETS)
    if arm.first is None or not named:
        return whom
    return f"{whom}, buckets {arm.first} to {(arm.first + named - 1) % BUCKETS}"
