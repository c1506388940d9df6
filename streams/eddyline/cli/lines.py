"""One line per output event, for people or for programs.

A line for people never holds the value of a dead letter: that is what a user wrote.
"""

import base64
from collections.abc import Callable
from typing import TypeVar

import msgspec
import orjson
from rich.text import Text

from eddyline.cli.screen import cell, printable
from eddyline.events import Record
from eddyline.outputs.adaptation import Adaptation
from eddyline.outputs.alert import Alert
from eddyline.outputs.drift import Drift, MetricValue
from eddyline.outputs.score import Score

STATES = {"quiet": "green", "learning": "yellow", "insufficient_data": "yellow"}
SHORT = {
    "centroid_distance": "centroid",
    "centroid_cosine": "cosine",
    "nearest_neighbour_distance": "nearest",
    "share_beyond_radius": "beyond",
}

T = TypeVar("T", bound=msgspec.Struct)


class _Event(msgspec.Struct):
    data: msgspec.Raw


def line(kind: str, record: Record) -> Text:
    """Return a record of an output topic as one line for people.

    Args:
        kind: ``drift``, ``scores``, ``alerts``, ``adaptation`` or ``dead-letters``.
        record: as it was read.
    """
    try:
        return _LINES[kind](record)
    except msgspec.DecodeError as error:
        return Text(f"{_place(record)} is no event of Eddyline: {printable(str(error))}", "red")


def json_line(kind: str, record: Record) -> str:
    """Return a record as one line of JSON: a CloudEvent as it is, a dead letter with its place and its headers."""
    value = record.value or b""
    if kind != "dead-letters":
        return value.decode(errors="replace")
    return orjson.dumps(
        {
            "topic": record.topic,
            "partition": record.partition,
            "offset": record.offset,
            "headers": {name: (content or b"").decode(errors="replace") for name, content in record.headers},
            "value_base64": base64.b64encode(value).decode(),
        }
    ).decode()


def _drift(record: Record) -> Text:
    drift = _data(record, Drift)
    window = f"{drift.window.start[:16]}-{drift.window.end[11:16]}"
    return Text("  ").join(
        [
            Text(window, "dim"),
            Text(printable(drift.app)),
            Text(printable(drift.deployment or f"({drift.deployment_source})"), "bold"),
            Text(f"n {drift.n} ({drift.gated_n} users)"),
            *(Text(_metric(name, value)) for name, value in drift.metrics.items()),
            *(Text(f"{printable(name)} {score.mean:.3f}", "cyan") for name, score in drift.scores.items()),
            Text(printable(drift.state + (f": {drift.reason}" if drift.reason else "")), STATES.get(drift.state, "")),
            *(Text(printable(flag), "yellow") for flag in drift.flags),
            *([Text(f"complete {drift.completeness:.1%}", "yellow")] if drift.completeness < 1 else []),
        ]
    )


def _metric(name: str, metric: MetricValue) -> str:
    value = "-" if metric.value is None else f"{metric.value:.4f}"
    null = "" if metric.null is None else f" ({metric.null:.4f})"
    return f"{SHORT.get(name, printable(name))} {value}{null}"


def _score(record: Record) -> Text:
    score = _data(record, Score)
    deployment = score.deployment or "-"
    arm = f"{deployment} / {score.candidate} in shadow" if score.candidate else deployment
    return Text("  ").join(
        [
            Text(printable(score.ts), "dim"),
            Text(printable(score.app)),
            Text(printable(arm), "bold"),
            Text(f"{printable(score.scorer)} {score.value:.3f}", "cyan"),
            Text(printable(score.request_id), "dim"),
        ]
    )


def _dead_letter(record: Record) -> Text:
    headers = {name: (content or b"").decode(errors="replace") for name, content in record.headers}

    def header(name: str) -> str:
        return printable(headers.get(f"dlq.{name}", "?"))

    length = headers.get("dlq.length", str(len(record.value or b"")))
    return Text("  ").join(
        [
            Text(cell("time_ms", record.timestamp_ms), "dim"),
            Text(f"{header('topic')}-{header('partition')}@{header('offset')}"),
            Text(header("reason"), "bold red"),
            Text(header("message")),
            Text(f"{printable(length)} bytes", "dim"),
        ]
    )


def _alert(record: Record) -> Text:
    alert = _data(record, Alert)
    color = "bold red" if alert.status == "firing" else "green"
    return Text("  ").join(
        [
            Text(alert.endsAt or alert.startsAt, "dim"),
            Text(alert.status, color),
            Text(printable(alert.labels.get("alertname", "?")), "bold"),
            Text(printable(alert.annotations.get("summary", ""))),
        ]
    )


def _adaptation(record: Record) -> Text:
    found = _data(record, Adaptation)
    return Text("  ").join(
        [
            Text(printable(found.day), "dim"),
            Text(printable(found.app)),
            Text(printable(found.deployment), "bold"),
            Text(printable(found.verdict), "cyan"),
            Text(printable(found.sentence)),
            *(Text(printable(flag), "yellow") for flag in found.flags),
        ]
    )


_LINES: dict[str, Callable[[Record], Text]] = {
    "drift": _drift,
    "scores": _score,
    "alerts": _alert,
    "adaptation": _adaptation,
    "dead-letters": _dead_letter,
}


def _data(record: Record, shape: type[T]) -> T:
    event = msgspec.json.decode(record.value or b"", type=_Event)
    return msgspec.json.decode(event.data, type=shape)


def _place(record: Record) -> str:
    return f"{record.topic}-{record.partition}@{record.offset}"
