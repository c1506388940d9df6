"""The verdict on a deployment: one table, of which the first row that holds is the verdict and all others are flags.

What a row asks is in :class:`Facts` and nowhere else, so the verdict is a pure function of a dozen numbers. The levels
belong to the level of all looks together, .05: four fifths of it for style, one fifth for embeddings; what explains
traffic away (an announcement, selection, mix, season) has to be surer than that.
"""

from collections.abc import Callable
from typing import NamedTuple

from eddyline.outputs.adaptation import Arms, Control, Verdict

LEAST_TREATED = 100
"""Users of the deployment who must have been there before and after."""
LEAST_CONTROL = 30
"""The same of those without it."""
SEQUENTIAL_LEVEL = 0.05
STYLE_LEVEL = 0.04
EMBEDDING_LEVEL = 0.01
OTHER_LEVEL = 0.01
"""Of the first openers, of the rates, of mix and of exogenous change."""
SEASON = "season may hide or mimic"
"""The flag of whatever is said without a control."""


class Facts(NamedTuple):
    """What a verdict depends on; a probability is None where its test could not be made."""

    control: Control
    treated: int
    """Users of the deployment with openers before and after."""
    without: int
    """Users without it, the same; 0 without a control."""
    usual: bool | None = None
    """Without a control: whether W and K lie within their placebo bands; None with too few placebo days."""
    first_opener: float | None = None
    """The arms differ in the first opener after the change."""
    style: float | None = None
    """Any style feature changed, at this look alone."""
    embedding: float | None = None
    """The embeddings moved, at this look alone."""
    sequential: float | None = None
    """Both at all looks until now; where it is there, it decides instead of the two."""
    settled: bool = False
    """Whether the effect hardly moves any more, see :mod:`eddyline.adaptation.settled`."""
    rates: float | None = None
    """The arms differ in how many users stayed or came."""
    mix: float | None = None
    """Who writes changed without the deployment, too."""
    exogenous: float | None = None
    """Users changed without it, too."""
    mix_leads: bool = False
    """Whether mix has a larger share of all change than exogenous."""

    @property
    def changed(self) -> bool:
        """Whether the deployment changed its users."""
        if self.sequential is not None:
            return self.sequential <= SEQUENTIAL_LEVEL
        return _holds(self.style, STYLE_LEVEL) or _holds(self.embedding, EMBEDDING_LEVEL)

    @property
    def enough_users(self) -> bool:
        """Whether there are enough users in every arm that there is."""
        return self.treated >= LEAST_TREATED and (self.control == "none" or self.without >= LEAST_CONTROL)


class _Row(NamedTuple):
    verdict: Verdict
    controls: tuple[Control, ...]
    """With which of them it is asked."""
    holds: Callable[[Facts], bool]


_CONTROLLED: tuple[Control, ...] = ("holdout", "staged")
_NONE: tuple[Control, ...] = ("none",)

TABLE = (
    _Row("insufficient data", _CONTROLLED + _NONE, lambda facts: not facts.enough_users),
    _Row("insufficient data", _NONE, lambda facts: facts.usual is None),
    _Row("not identified", _CONTROLLED, lambda facts: _holds(facts.first_opener)),
    _Row("not identified", _NONE, lambda facts: facts.usual is False),
    _Row("none detected", _NONE, lambda _: True),
    _Row("adapted", _CONTROLLED, lambda facts: facts.changed and facts.settled),
    _Row("adapting", _CONTROLLED, lambda facts: facts.changed and not facts.settled),
    _Row("selection", _CONTROLLED, lambda facts: _holds(facts.rates)),
    _Row("mix changed", _CONTROLLED, lambda facts: _holds(facts.mix) and facts.mix_leads),
    _Row("exogenous", _CONTROLLED, lambda facts: _holds(facts.exogenous)),
    _Row("mix changed", _CONTROLLED, lambda facts: _holds(facts.mix)),
    _Row("none detected", _CONTROLLED, lambda _: True),
)
"""The rows, the first that holds first. Mix stands twice: with exogenous change beside it, the larger share leads."""


def verdict(facts: Facts) -> tuple[Verdict, list[str]]:
    """Return the verdict and its flags: the verdicts of the other rows that hold, and what limits all of them."""
    holding = [row.verdict for row in TABLE if facts.control in row.controls and row.holds(facts)]
    others = [found for found in dict.fromkeys(holding[1:]) if found not in {holding[0], "none detected"}]
    return holding[0], others + [SEASON] * (facts.control == "none")


def not_identified(facts: Facts, arms: Arms, why: str | None) -> list[str]:
    """Return which parts of the change cannot be told, and why.

    Args:
        facts: of the look.
        arms: how they are known.
        why: there is no control, or the arms are not known by the users' buckets; None where nothing is to be said.
    """
    if facts.control == "none":
        reason = why or "nobody is without the deployment"
        return [
            f"adaptation and exogenous change cannot be told apart: {reason}",
            f"selection and mix cannot be told apart: {reason}",
        ]
    found = []
    if _holds(facts.first_opener):
        found.append("adaptation: the groups differed before anybody saw an answer of the deployment")
    if arms == "observed":
        reason = f" ({why})" if why else ""
        found.append(f"who left because of it: what those would have used who did not come back is unknown{reason}")
    if facts.rates is None:
        found.append("whether it kept users away: how many were meant to be without it is unknown")
    return found


def _holds(probability: float | None, level: float = OTHER_LEVEL) -> bool:
    return probability is not None and probability <= level
