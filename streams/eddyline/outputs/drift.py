"""Drift events: one per closed window and deployment, alarm or not, on ``eddyline.drift.v1``."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from eddyline.outputs.cloudevent import Count, Output, Time, cloud_event, identifier, rfc3339

TYPE = "drift.window.v1"
SOURCE = "judge"
State = Literal["learning", "quiet", "insufficient_data"]
WatchState = Literal["learning", "provisional", "watching", "blind", "alarm"]
Share = Annotated[float, Meta(ge=0, le=1)]


class Window(msgspec.Struct, frozen=True):
    """The window: open-inclusive, close-exclusive."""

    start: Time
    """The first millisecond in it."""
    end: Time
    """The first millisecond after it."""
    size_s: Count
    """Its length in seconds."""


class ReferenceFacts(msgspec.Struct, frozen=True):
    """What the window was compared with."""

    kind: Literal["evalset", "history"]
    """An imported eval set, or the app's own earlier traffic."""
    id: str
    """Which one."""
    n: Count
    """Prompts in it."""


class MetricValue(msgspec.Struct, frozen=True):
    """A metric and its value expected under no change at this n."""

    value: float | None
    """The distance; null where there is nothing to compute it from."""
    null: float | None
    """What it would be on average without any change."""


class StyleShift(msgspec.Struct, frozen=True):
    """How often a yes/no style feature holds, now and in the reference."""

    share: Share
    """Share of the window's gated prompts that have it."""
    reference: Share
    """Share of the reference's prompts that have it."""
    null: Annotated[float, Meta(ge=0)]
    """How far the two would be apart on average without any change."""


class MeanScore(msgspec.Struct, frozen=True):
    """The mean of a scorer in the window, with its user-clustered standard error (null below two groups of users)."""

    mean: float
    """Mean score."""
    error: float | None
    """Its standard error, users being the clusters."""
    n: Count
    """Scores in it."""


class BaselineFacts(msgspec.Struct, frozen=True):
    """What the app's windows are watched against: its own days."""

    first_day: str
    """The first of them, a local date."""
    last_day: str
    """The last of them."""
    users_a_day: float | None
    """Users on a day of it."""
    tolerance: float | None
    """Error of its mean, in standard deviations of a prompt, users being what is counted: what moves by less is not
    seen."""


class StyleMove(msgspec.Struct, frozen=True):
    """A style feature whose share changed."""

    feature: str
    """Its name."""
    before: Share
    """Share of the prompts that had it."""
    now: Share
    """Share of those that have it."""


class RegionFacts(msgspec.Struct, frozen=True, kw_only=True):
    """Prompts that lie where there were few before: what came, at least so much of it."""

    share: Share
    """Share of the prompts from now that are there."""
    before: Share
    """Share of the prompts from before that are there."""
    null: Share
    """Share of the prompts from now that would be there had nothing changed."""
    examples: list[str]
    """Up to five event ids, the most central first."""


class MovedFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What moved, as an open alarm tells it."""

    styles: list[StyleMove]
    """The style features that moved most, at most five, the surest first."""
    region: RegionFacts | None
    """What came; null if no more came to one place than chance explains."""


class WatchFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What the detector says of the app, all its deployments together, after this window."""

    state: WatchState
    """`learning` and `blind` bet on nothing; `provisional` and `watching` do; `alarm`: one is open."""
    reason: str
    """Why, in one sentence."""
    log_wealth: float | None
    """Natural log of the wealth in days; null where nothing is bet on."""
    log_limit: float
    """What it takes for an alarm."""
    false_alarms_a_year: float
    """At most so many false alarms of this app a year are expected."""
    leading: str | None
    """Which bet led when the limit was reached, `embedding` or a rate; else null."""
    effective_n: float | None
    """Of all gated prompts in this window, how many independent ones would say as much; null without a baseline."""
    baseline: BaselineFacts | None
    """What it is watched against; null while there is none."""
    moved: MovedFacts | None
    """What moved: of the 12 hours before an alarm, then of each whole day while it is open; else null."""


class EvalSetFacts(msgspec.Struct, frozen=True, kw_only=True):
    """How far the app is from its eval set, by the last complete local day of its ruler users."""

    id: str
    """Which eval set."""
    state: WatchState
    """As that of the watch; it speaks after 14 complete days."""
    reason: str
    """Why, in one sentence."""
    since: str | None
    """The local day of its renewal: days from then on are compared with the 14 before."""
    day: str | None
    """The day that the following is of."""
    users: Count
    """Ruler users on it: half of all, by hash, who never supply an item."""
    distance: float | None
    """Squared distance of their mean vector to that of the eval set, in [0, 4]."""
    null: float | None
    """What it would be with so many users if the eval set were a random draw of this traffic."""
    unchanged: float | None
    """What it would be with so many users had nothing changed since the renewal."""
    z: float | None
    """The change since the renewal, in standard deviations of a day."""
    style_shift: float | None
    """Squared shift of a style feature since the renewal, in standard deviations of a prompt, mean over features."""
    style_null: float | None
    """What it would be had nothing changed."""
    style: StyleMove | None
    """The style feature that moved most since the renewal."""
    log_wealth: float | None
    """Natural log of the wealth in days; null where nothing was bet on."""
    log_limit: float
    """What it takes for an alarm."""


class Drift(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of one app, deployment and closed window."""

    app: str
    """Application and environment: `support/production`."""
    deployment: str | None
    """The deployment that answered; null where it is not known."""
    deployment_source: Literal["attribute", "announced", "mixed", "none"]
    """How it is known: from the events, from an announcement; `mixed` when several cannot be told apart."""
    window: Window
    """When."""
    n: Count
    """Prompts of users, all of them."""
    gated_n: Count
    """Users: their first prompts of the day, which the metrics are computed from."""
    unnamed: Count
    """Prompts of users that name none: they are no part of what is compared."""
    late: Count
    """Events that came too late for their own window while this one was open."""
    truncated: Count
    """Prompts longer than the encoder reads, those of tools among them."""
    tools: Count
    """Turns of tools, counted and not compared."""
    completeness: Share
    """Share of the window's events that is certainly in it, in [0, 1]."""
    space_id: str
    """The embedding space of the metrics: numbers of two spaces are not comparable."""
    reference: ReferenceFacts | None
    """What the window was compared with; null while there is nothing."""
    metrics: dict[str, MetricValue]
    """By name of the metric."""
    styles: dict[str, StyleShift]
    """By style feature; features that no prompt has are left out, and all of them without a reference whose style is
    known."""
    watch: WatchFacts | None
    """The app against its own past, with a stated false-alarm rate; null in another embedding space."""
    eval_set: EvalSetFacts | None
    """The app against its imported eval set, since that was renewed; null without one."""
    scores: dict[str, MeanScore]
    """By scorer; those of a shadow response as ``scorer@candidate``."""
    state: State
    """`learning`: no reference yet. `insufficient_data`: too few users. `quiet`: compared, no alarm."""
    reason: str | None
    """Why there is no comparison, in one sentence."""
    flags: list[str]
    """``build_differs``, ``mixed_spaces``, ``many_scorers``: read the numbers with care."""


def drift_output(topic: str, drift: Drift, start_ms: int, end_ms: int) -> Output:
    """Return the record of a drift event, keyed by app; it speaks for the end of its window."""
    size = str(drift.window.size_s)
    id_ = identifier(drift.app, drift.deployment or "", size, rfc3339(start_ms))
    return cloud_event(topic=topic, key=drift.app, type_=TYPE, source=SOURCE, id_=id_, time_ms=end_ms, data=drift)


def window(start_ms: int, end_ms: int) -> Window:
    """Return a window as the event states it."""
    return Window(rfc3339(start_ms), rfc3339(end_ms), (end_ms - start_ms) // 1000)
