"""The four terms that a deployment's estimate gives, held against what was planted."""

from collections.abc import Sequence
from typing import NamedTuple

from eddyline.demo.plan import Plan
from eddyline.demo.traffic import Asked
from eddyline.demo.truth import planted
from eddyline.outputs.adaptation import Adaptation, Estimate


class Term(NamedTuple):
    """One of them, in shares of the users' openers."""

    name: str
    cause: str
    """What was planted."""
    planted: float
    found: Estimate

    @property
    def covered(self) -> bool:
        """Whether what was planted lies within the 95 % interval of what was found."""
        return self.found.low <= self.planted <= self.found.high

    @property
    def certain(self) -> bool:
        """Whether the interval leaves out zero."""
        return self.found.low > 0 or self.found.high < 0


def terms(plan: Plan, asked: Sequence[Asked], found: Adaptation | None) -> list[Term]:
    """Return the terms of the feature that ``found`` is about; none where they are not identified."""
    if found is None or found.terms is None:
        return []
    feature = found.terms.feature
    truth = planted(plan, asked, feature)
    estimates = (found.terms.adaptation, found.terms.selection, found.terms.exogenous, found.terms.mix)
    if truth is None:
        return []
    columns = zip(truth._fields, _causes(plan), truth, estimates, strict=True)
    return [Term(name, cause, value, estimate) for name, cause, value, estimate in columns if estimate is not None]


def _causes(plan: Plan) -> tuple[str, str, str, str]:
    return (
        f"its users learn from it, half in {plan.half_life:g} prompts",
        f"{plan.fleeing:.0%} of its users who were terse leave",
        "the holidays come near, for all",
        f"{plan.partners_a_day} customers of a partner a day, for all",
    )
