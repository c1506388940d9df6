"""Alerts: what somebody should know now, on ``eddyline.alerts.v1``, when it begins and when it is over.

The fields are Alertmanager's (its API v2: labels identify, annotations explain), so a sink has nothing to translate.
"""

from typing import Literal, NamedTuple, get_args

import msgspec

from eddyline.circuit import OpenCircuit
from eddyline.outputs.cloudevent import Output, Time, cloud_event, identifier, rfc3339

TYPE = "alert.v1"
Source = Literal["encode", "fold", "judge"]
DriftName = Literal["TrafficDrift", "EvalProductionDrift"]
DRIFTS: tuple[DriftName, ...] = get_args(DriftName)
"""Those that speak of an app's prompts."""
ADAPTATION = "UserAdaptation"
"""Users of a deployment have changed because of it."""
NAMES = ("StateGap", "DlqCircuitOpen", *DRIFTS, ADAPTATION)
"""Every ``alertname`` there is."""


class Alert(msgspec.Struct, frozen=True, kw_only=True):
    """One transition of an alert."""

    status: Literal["firing", "resolved"]
    """`firing` when it begins, `resolved` when it is over."""
    fingerprint: str
    """The same labels have the same one."""
    labels: dict[str, str]
    """`alertname`, `severity`, and what it is about. They identify the alert."""
    annotations: dict[str, str]
    """`summary`, one sentence; `description`, what it means and what to do."""
    startsAt: Time  # noqa: N815 - Alertmanager's name
    """When it began, in the time of the events that it is about."""
    endsAt: Time | None  # noqa: N815 - Alertmanager's name
    """When it was over; null while it is firing."""


def alert(
    topic: str,
    source: Source,
    labels: dict[str, str],
    annotations: dict[str, str],
    *,
    start_ms: int,
    end_ms: int | None,
) -> Output:
    """Return the record of a transition, keyed by fingerprint; its id follows from labels, status and start.

    Args:
        topic: where it goes.
        source: the stage that emits it.
        labels: what identifies it.
        annotations: what explains it.
        start_ms: when it began, in milliseconds since 1970.
        end_ms: when it was over; None while it is firing.
    """
    fingerprint = identifier(*(f"{name}={labels[name]}" for name in sorted(labels)))
    status: Literal["firing", "resolved"] = "firing" if end_ms is None else "resolved"
    starts = rfc3339(start_ms)
    data = Alert(
        status=status,
        fingerprint=fingerprint,
        labels=labels,
        annotations=annotations,
        startsAt=starts,
        endsAt=None if end_ms is None else rfc3339(end_ms),
    )
    return cloud_event(
        topic=topic,
        key=fingerprint,
        type_=TYPE,
        source=source,
        id_=identifier(fingerprint, starts, status),
        time_ms=start_ms if end_ms is None else end_ms,
        data=data,
    )


def state_gap(topic: str, source: Source, place: tuple[str, int], gap_ms: int, *, over: bool) -> Output:
    """Return the alert that records of a partition were gone before ``source`` could read them.

    Args:
        topic: where it goes.
        source: the stage that missed them.
        place: the topic and partition of the records.
        gap_ms: windows that start before this event time may miss events.
        over: whether all those windows are closed.
    """
    name, partition = place
    labels = {"alertname": "StateGap", "severity": "warning", "topic": name, "partition": str(partition)}
    annotations = {
        "summary": f"Records of {name}-{partition} were gone before {source} could read them",
        "description": f"Windows that start before {rfc3339(gap_ms)} may miss events; their completeness is below 1.",
    }
    return alert(topic, source, labels, annotations, start_ms=gap_ms, end_ms=gap_ms if over else None)


def circuit_open(topic: str, place: tuple[str, int], circuit: OpenCircuit, *, over_ms: int | None = None) -> Output:
    """Return the alert that a source sends little but dead letters, so that nothing more is read from it.

    Args:
        topic: where it goes.
        place: the topic and partition of the source.
        circuit: why.
        over_ms: when it was read on by command, in milliseconds since 1970; None while it is open.
    """
    name, partition = place
    labels = {"alertname": "DlqCircuitOpen", "severity": "critical", "topic": name, "partition": str(partition)}
    annotations = {
        "summary": f"Nothing more is read from {name}-{partition}: {circuit.reason}",
        "description": f"Its records wait from offset {circuit.offset + 1} on, and windows stay open. "
        f"Mend the producer, then 'eddyline dlq resume {name}:{partition}'.",
    }
    return alert(topic, "encode", labels, annotations, start_ms=circuit.since_ms, end_ms=over_ms)


class AppDrift(NamedTuple):
    """Something that an app does not do as it did."""

    alertname: DriftName
    app: str
    reason: str
    """What the detector says now, in one sentence."""
    false_alarms_a_year: float
    """At most so many false ones of this app are expected, of both names together."""
    moved: str = ""
    """What moved, in sentences, where that is known."""


_SUMMARIES = {
    "TrafficDrift": "Prompts of {} are not what they were",
    "EvalProductionDrift": "Prompts of {} have moved away from its eval set",
}


def app_drift(topic: str, drift: AppDrift, *, start_ms: int, end_ms: int | None = None) -> Output:
    """Return the alert that an app drifts.

    Args:
        topic: where it goes.
        drift: what happened to which app.
        start_ms: the end of the window, or the start of the local day, that showed it.
        end_ms: the start of the local day on which it was over; None while it is firing.
    """
    labels = {"alertname": drift.alertname, "severity": "warning", "app": drift.app}
    rate = f"At most {drift.false_alarms_a_year:.2g} false alarms of this app a year are expected."
    told = " ".join(filter(None, (drift.reason, drift.moved, rate)))
    annotations = {"summary": _SUMMARIES[drift.alertname].format(drift.app), "description": told}
    return alert(topic, "judge", labels, annotations, start_ms=start_ms, end_ms=end_ms)


def user_adaptation(
    topic: str, app: str, deployment: str, sentence: str, *, start_ms: int, end_ms: int | None = None
) -> Output:
    """Return the alert that users changed because of a deployment.

    Args:
        topic: where it goes.
        app: whose users.
        deployment: what they adapt to.
        sentence: what they do otherwise.
        start_ms: the end of the first local day that showed it.
        end_ms: the end of the last day on which the deployment was looked at; None while it is firing.
    """
    labels = {"alertname": ADAPTATION, "severity": "warning", "app": app, "deployment": deployment}
    rate = "Of 20 deployments to which nobody adapts, one raises this at most, however long it is looked at."
    annotations = {
        "summary": f"Users of {app} adapt to {deployment}: what it was evaluated on is no longer what it is asked",
        "description": f"{sentence} {rate}",
    }
    return alert(topic, "judge", labels, annotations, start_ms=start_ms, end_ms=end_ms)
