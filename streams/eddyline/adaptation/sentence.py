"""The verdict in one sentence, for somebody who is on call and knows no statistics.

Shares are of conversations, since only the first prompt of each is compared; differences are in points, which are
hundredths of all conversations, with the range that they lie in 95 times out of 100.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from eddyline import features
from eddyline.adaptation.placebo import LEAST_DAYS
from eddyline.adaptation.rates import Rates
from eddyline.adaptation.verdict import LEAST_CONTROL, LEAST_TREATED, Facts
from eddyline.outputs.adaptation import Verdict

_FINE = 0.04
"""Of an interval narrower than this, tenths of points are told."""
_WHOLE = 0.01
"""Shares from here on are told in whole per cent."""


class Change(NamedTuple):
    """A change of the share of conversations that begin with a feature, with its 95 % interval."""

    feature: str
    now: float
    """The share after the deployment, in [0, 1]."""
    value: float
    low: float
    high: float

    @property
    def sure(self) -> bool:
        """Whether the interval leaves out 0."""
        return self.low > 0 or self.high < 0

    def __str__(self) -> str:
        """Say it in points.

        >>> str(Change("json", 0.31, 0.09, 0.05, 0.13)), str(Change("json", 0.31, -0.009, -0.021, 0.004))
        ('+9 points (5 to 13)', '-0.9 points (-2.1 to 0.4)')
        """
        digits = _digits(self.high - self.low)
        value, low, high = (round(100 * number, digits) + 0.0 for number in (self.value, self.low, self.high))
        unit = "point" if abs(value) == 1 else "points"
        return f"{value:+.{digits}f} {unit} ({low:.{digits}f} to {high:.{digits}f})"


class Story(NamedTuple):
    """What a sentence may tell; None where there is no such thing."""

    deployment: str
    leading: Change | None
    """The feature that changed the surest: because of the deployment; without a control, within users."""
    half_width: float | None
    """Without a control: so much of that is usual."""
    excluded: float | None
    """A larger change than this, of the leading feature, is ruled out."""
    rates: Rates | None
    mix: Change | None
    """What came with who came and left anyway, in the feature where that is the surest."""
    exogenous: Change | None
    """What came with users who changed anyway, in the feature where that is the surest."""
    placebo_days: int
    """Days at which the comparison could be made without a deployment."""


def sentence(verdict: Verdict, facts: Facts, story: Story) -> str:
    """Return the verdict of ``facts`` in words."""
    return _SENTENCES[verdict](facts, story)


def _insufficient(facts: Facts, story: Story) -> str:
    head = f"Too early to tell how users of {story.deployment} change:"
    if facts.enough_users and story.placebo_days >= LEAST_DAYS:
        return f"{head} nobody is without it, so that a whole week before and a whole week after are needed."
    if facts.enough_users:
        return (
            f"{head} nobody is without it, and the days since can only be held against {LEAST_DAYS} days "
            f"without a deployment, of which {story.placebo_days} are known."
        )
    if facts.control == "none":
        return f"{head} {facts.treated} of them wrote both before and after it, {LEAST_TREATED} are needed."
    return (
        f"{head} {facts.treated} users with it and {facts.without} without it wrote both before and after, "
        f"{LEAST_TREATED} and {LEAST_CONTROL} are needed."
    )


def _not_identified(facts: Facts, story: Story) -> str:
    if facts.control == "none":
        return (
            f"Users of {story.deployment} changed more than at times without a deployment{_beside(story)}, "
            "but nobody is without it to compare with, so it cannot be told from season or from other events."
        )
    return (
        f"Users of {story.deployment} differed from those without it before they saw any of its answers, so what "
        "they do now cannot be put down to its answers: an announcement, a changed interface or uneven groups would "
        "look the same."
    )


def _none_detected(facts: Facts, story: Story) -> str:
    if facts.control == "none":
        return (
            f"Users of {story.deployment} changed no more than at times without a deployment{_beside(story)}, "
            "but nobody is without it to compare with, so season may hide an effect or mimic one."
        )
    if story.leading is None or story.excluded is None:
        return f"No change because of {story.deployment} was found, and none could have been: no feature varies."
    return (
        f"No change because of {story.deployment} was found: for prompts that {_phrase(story.leading)}, which came "
        f"nearest to one, more than {_points(story.excluded)} up or down is ruled out."
    )


def _changed(end: str) -> Callable[[Facts, Story], str]:
    def told(_: Facts, story: Story) -> str:
        found = story.leading
        if found is None:
            return f"Users of {story.deployment} now write differently because of it, in no feature of style; {end}."
        if not found.sure:
            return (
                f"Users of {story.deployment} now write differently because of it, though no single feature stands "
                f"out (the surest: prompts that {_phrase(found)}, {found}); {end}."
            )
        return (
            f"Users of {story.deployment} now begin {_percent(found.now)} of conversations with prompts that "
            f"{_phrase(found)}; without it they would begin {_percent(found.now - found.value)}: {found}; {end}."
        )

    return told


def _selection(_: Facts, story: Story) -> str:
    what = "came or stayed more or less often" if story.rates is None else str(story.rates)
    return (
        f"Users with {story.deployment} {what} than users without it, so who writes has changed because of it; "
        "that users themselves changed was not found."
    )


def _mix_changed(_: Facts, story: Story) -> str:
    return (
        f"Other people write now than before, with or without {story.deployment} alike, so it is not the reason"
        f"{_told(story.mix)}; a change because of it was not found."
    )


def _exogenous(_: Facts, story: Story) -> str:
    return (
        f"Users changed with or without {story.deployment} alike, so season or something else is the reason"
        f"{_told(story.exogenous)}; a change because of it was not found."
    )


_SENTENCES: Mapping[Verdict, Callable[[Facts, Story], str]] = {
    "insufficient data": _insufficient,
    "not identified": _not_identified,
    "none detected": _none_detected,
    "adapting": _changed("it may still grow or fade"),
    "adapted": _changed("the change has settled"),
    "selection": _selection,
    "mix changed": _mix_changed,
    "exogenous": _exogenous,
}


def _beside(story: Story) -> str:
    if story.leading is None or story.half_width is None:
        return ""
    usual = _points(story.half_width)
    return f" (prompts that {_phrase(story.leading)}: {story.leading}, up to {usual} is usual)"


def _told(change: Change | None) -> str:
    return f" (prompts that {_phrase(change)}: {change})" if change else ""


def _phrase(change: Change) -> str:
    return features.PHRASES[change.feature]


def _digits(width: float) -> int:
    return 1 if width < _FINE else 0


def _points(size: float) -> str:
    return f"{100 * size:.{_digits(2 * size)}f} points"


def _percent(share: float) -> str:
    share = min(1.0, max(0.0, share))
    return f"{100 * share:.0f} %" if share >= _WHOLE or share == 0 else f"{100 * share:.1f} %"
