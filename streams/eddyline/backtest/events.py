"""What a report reads of the events that the stages write: drift events, and the alerts of apps that changed."""

from datetime import datetime

import msgspec

from eddyline.outputs.alert import DRIFTS
from eddyline.outputs.drift import MetricValue, WatchFacts

DISTANCE = "centroid_distance"


class _Window(msgspec.Struct):
    start: datetime
    end: datetime


class _Drift(msgspec.Struct):
    app: str
    deployment: str | None
    window: _Window
    n: int
    gated_n: int
    late: int
    metrics: dict[str, MetricValue]
    watch: WatchFacts | None


class _DriftEvent(msgspec.Struct):
    data: _Drift


class _Alert(msgspec.Struct):
    labels: dict[str, str]
    startsAt: datetime  # noqa: N815 - Alertmanager's name
    endsAt: datetime | None  # noqa: N815 - Alertmanager's name


class _AlertEvent(msgspec.Struct):
    data: _Alert


_drift, _alert = msgspec.json.Decoder(_DriftEvent), msgspec.json.Decoder(_AlertEvent)


class DriftEvent(msgspec.Struct, frozen=True, kw_only=True):
    """One closed window of an app and deployment. Times are in milliseconds since 1970."""

    app: str
    deployment: str | None
    start_ms: int
    end_ms: int
    n: int
    """Prompts."""
    gated_n: int
    """Users: their first prompts of the day."""
    late: int
    """Events that came too late for their window."""
    distance: MetricValue | None
    """Centroid distance from the reference, and its value under no change."""
    watch: WatchFacts | None
    """What the detector says of the app."""


class AppAlert(msgspec.Struct, frozen=True):
    """An alarm of an app as its alert tells it."""

    alert: str
    """``TrafficDrift`` or ``EvalProductionDrift``."""
    app: str
    begin_ms: int
    """End of the window that raised it, or start of the local day."""
    end_ms: int | None
    """None where it begins."""


def read_drift(value: bytes) -> DriftEvent:
    """Return what a report reads of a drift event."""
    data = _drift.decode(value).data
    return DriftEvent(
        app=data.app,
        deployment=data.deployment,
        start_ms=_ms(data.window.start),
        end_ms=_ms(data.window.end),
        n=data.n,
        gated_n=data.gated_n,
        late=data.late,
        distance=data.metrics.get(DISTANCE),
        watch=data.watch,
    )


def read_alert(value: bytes) -> AppAlert | None:
    """Return what an alert says of an alarm; None for an alert of another kind."""
    data = _alert.decode(value).data
    name, end = data.labels["alertname"], data.endsAt
    if name not in DRIFTS:
        return None
    return AppAlert(name, data.labels["app"], _ms(data.startsAt), None if end is None else _ms(end))


def _ms(time: datetime) -> int:
    return round(time.timestamp() * 1000)
