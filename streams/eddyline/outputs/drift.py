"""Drift events: one per closed window and deployment, alarm or not, on ``eddyline.drift.v1``."""

from typing import Literal

import msgspec

from eddyline.outputs.cloudevent import Output, cloud_event, identifier, rfc3339

TYPE = "drift.window.v1"
State = Literal["learning", "quiet", "insufficient_data"]


class Window(msgspec.Struct, frozen=True):
    """The window: open-inclusive, close-exclusive."""

    start: str
    end: str
    size_s: int


class ReferenceFacts(msgspec.Struct, frozen=True):
    """What the window was compared with."""

    kind: Literal["evalset", "history"]
    id: str
    n: int


class MetricValue(msgspec.Struct, frozen=True):
    """A metric and its value expected under no change at this n."""

    value: float | None
    null: float | None


class MeanScore(msgspec.Struct, frozen=True):
    """The mean of a scorer in the window, with its user-clustered standard error (null below two groups of users)."""

    mean: float
    error: float | None
    n: int


class Drift(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of one app, deployment and closed window."""

    app: str
    deployment: str | None
    deployment_source: Literal["attribute", "announced", "mixed", "none"]
    window: Window
    n: int
    """Prompts of users, all of them."""
    gated_n: int
    """Users: their first prompts of the day, which the metrics are computed from."""
    late: int
    """Events that came too late for their own window while this one was open."""
    truncated: int
    tools: int
    """Turns of tools, counted and not compared."""
    completeness: float
    """Share of the window's events that is certainly in it, in [0, 1]."""
    space_id: str
    reference: ReferenceFacts | None
    metrics: dict[str, MetricValue]
    scores: dict[str, MeanScore]
    """By scorer; those of a shadow response as ``scorer@candidate``."""
    state: State
    reason: str | None
    """Why there is no comparison, in one sentence."""
    flags: list[str]
    """``build_differs``, ``mixed_spaces``: read the numbers with care."""


def drift_output(topic: str, drift: Drift, start_ms: int, end_ms: int) -> Output:
    """Return the record of a drift event, keyed by app; it speaks for the end of its window."""
    size = str(drift.window.size_s)
    id_ = identifier(drift.app, drift.deployment or "", size, rfc3339(start_ms))
    return cloud_event(topic=topic, key=drift.app, type_=TYPE, source="judge", id_=id_, time_ms=end_ms, data=drift)


def window(start_ms: int, end_ms: int) -> Window:
    """Return a window as the event states it."""
    return Window(rfc3339(start_ms), rfc3339(end_ms), (end_ms - start_ms) // 1000)
