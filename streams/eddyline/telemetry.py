"""What a worker says of itself in numbers: every metric, declared once, with its unit and labels.

Names follow ``eddyline_<noun>_<unit>[_total]``; units are seconds, records, or plain counts. Labels come from small
fixed sets (stages, results, reasons, partitions): never an app, a deployment, a user or an id. ``docs/metrics.md`` is
generated from this file (``python -m eddyline.telemetry``), and a test holds the two together.
"""

import sys
from collections.abc import Mapping
from typing import Literal, NamedTuple, TypeVar

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector

Kind = Literal["counter", "gauge", "histogram"]
M = TypeVar("M", Counter, Gauge)
QUICK = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 120.0)
"""Seconds that work takes."""
AGES = (0.1, 0.3, 1.0, 3.0, 5.0, 10.0, 30.0, 60.0, 300.0, 3600.0, 86_400.0)
"""Seconds that an event may be old."""


class Metric(NamedTuple):
    """A metric as it is documented and exposed."""

    name: str
    kind: Kind
    help: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()
    """Upper bounds of a histogram, in seconds."""


RECORDS = Metric(
    "eddyline_records_total",
    "counter",
    "Records that a stage has dealt with: encode says accepted, tombstone or dead_letter; fold and judge say applied, "
    "or skipped for one that their state included already.",
    ("stage", "result"),
)
DEAD_LETTERS = Metric(
    "eddyline_dlq_total", "counter", "Records sent to the dead letters, by the first part of the reason.", ("reason",)
)
OVER_QUOTA = Metric(
    "eddyline_dlq_over_quota_total",
    "counter",
    "Of these, those written as pointers because their partition was over `dlq.quota_bytes`.",
)
CIRCUIT_OPEN = Metric(
    "eddyline_dlq_circuit_open",
    "gauge",
    "1 where nothing more is read from an input partition until `eddyline dlq resume`, else 0; assigned ones only.",
    ("topic", "partition"),
)
OBSERVATIONS = Metric(
    "eddyline_observations_total",
    "counter",
    "What fold did with observations: added, duplicate (its id was seen) or late (its window was closed).",
    ("result",),
)
PARTIALS = Metric(
    "eddyline_partials_total",
    "counter",
    "What judge did with partials of windows: merged, or repeated (fold says it again after a crash).",
    ("result",),
)
WINDOWS_JUDGED = Metric("eddyline_windows_judged_total", "counter", "Windows of an app that were complete and judged.")
JOIN_HALVES = Metric(
    "eddyline_join_halves_total", "counter", "Responses, shadow responses and feedback that need their prompt."
)
JOIN_JOINED = Metric(
    "eddyline_join_joined_total", "counter", "Of these, those that met it; the difference waits, or waited in vain."
)
TRUNCATED_TEXTS = Metric("eddyline_truncated_texts_total", "counter", "Texts with more tokens than the encoder reads.")
BATCH_SECONDS = Metric(
    "eddyline_batch_seconds",
    "histogram",
    "A batch of encode, by step: read (decode, encoder, features), exchange (Redis), flush (Kafka).",
    ("step",),
    QUICK,
)
CHECKPOINT_SECONDS = Metric(
    "eddyline_checkpoint_seconds",
    "histogram",
    "A checkpoint of all changed partitions of a stage: flush to Kafka, write to Redis.",
    ("stage",),
    QUICK,
)
STATE_APPLIED_OFFSET = Metric(
    "eddyline_state_applied_offset",
    "gauge",
    "Offset of the last record that the stored state of a partition includes, -1 for none; owned partitions only.",
    ("stage", "topic", "partition"),
)
LAG_RECORDS = Metric(
    "eddyline_lag_records",
    "gauge",
    "Records of an assigned partition that a stage has not dealt with, as the watchdog last saw it.",
    ("stage", "topic", "partition"),
)
EVENT_AGE_SECONDS = Metric(
    "eddyline_event_age_seconds",
    "histogram",
    "How old an event was, by its own time, when everything that came of it was written; with `clock = live` only.",
    (),
    AGES,
)
MODEL_INFO = Metric("eddyline_model_info", "gauge", "Always 1: the encoder in use.", ("space_id", "build_id"))
BUILD_INFO = Metric("eddyline_build_info", "gauge", "Always 1: the version that runs.", ("version", "python"))

CATALOGUE: tuple[Metric, ...] = (
    RECORDS,
    DEAD_LETTERS,
    OVER_QUOTA,
    CIRCUIT_OPEN,
    OBSERVATIONS,
    PARTIALS,
    WINDOWS_JUDGED,
    JOIN_HALVES,
    JOIN_JOINED,
    TRUNCATED_TEXTS,
    BATCH_SECONDS,
    CHECKPOINT_SECONDS,
    STATE_APPLIED_OFFSET,
    LAG_RECORDS,
    EVENT_AGE_SECONDS,
    MODEL_INFO,
    BUILD_INFO,
)

_COUNTS: dict[str, dict[str, tuple[Metric, tuple[str, ...]]]] = {
    "encode": {
        "accepted": (RECORDS, ("encode", "accepted")),
        "tombstone": (RECORDS, ("encode", "tombstone")),
        "quota": (OVER_QUOTA, ()),
        "truncated": (TRUNCATED_TEXTS, ()),
        "halves": (JOIN_HALVES, ()),
        "joined": (JOIN_JOINED, ()),
    },
    "fold": {result: (OBSERVATIONS, (result,)) for result in ("added", "duplicate", "late")},
    "judge": {
        "merged": (PARTIALS, ("merged",)),
        "repeated": (PARTIALS, ("repeated",)),
        "windows": (WINDOWS_JUDGED, ()),
    },
}
"""What the counts of the pure stages are called outside."""
_DEAD = "dlq:"


class Telemetry:
    """The metrics of one process, in a registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._counters = {metric.name: self._new(Counter, metric) for metric in _of_kind("counter")}
        self._gauges = {metric.name: self._new(Gauge, metric) for metric in _of_kind("gauge")}
        self._histograms = {
            metric.name: Histogram(
                metric.name, metric.help, metric.labels, buckets=metric.buckets, registry=self.registry
            )
            for metric in _of_kind("histogram")
        }

    def _new(self, kind: type[M], metric: Metric) -> M:
        return kind(metric.name, metric.help, metric.labels, registry=self.registry)

    def count(self, metric: Metric, *labels: str, by: float = 1) -> None:
        """Add to a counter; its labels in the order of the catalogue."""
        child = self._counters[metric.name]
        (child.labels(*labels) if labels else child).inc(by)

    def set(self, metric: Metric, value: float, *labels: str) -> None:
        """Set a gauge."""
        child = self._gauges[metric.name]
        (child.labels(*labels) if labels else child).set(value)

    def clear(self, metric: Metric, *labels: str) -> None:
        """Forget the series of a gauge that begin with ``labels``: its partitions are another worker's now."""
        gauge = self._gauges[metric.name]
        if labels:
            gauge.remove_by_labels(dict(zip(metric.labels[: len(labels)], labels, strict=True)))
        else:
            gauge.clear()

    def observe(self, metric: Metric, seconds: float, *labels: str) -> None:
        """Add to a histogram."""
        child = self._histograms[metric.name]
        (child.labels(*labels) if labels else child).observe(seconds)

    def count_stage(self, stage: str, counts: Mapping[str, int]) -> None:
        """Add what a pure stage has counted since the last call."""
        for name, by in counts.items():
            if name.startswith(_DEAD):
                self.count(RECORDS, stage, "dead_letter", by=by)
                self.count(DEAD_LETTERS, name.removeprefix(_DEAD), by=by)
            else:
                metric, labels = _COUNTS[stage][name]
                self.count(metric, *labels, by=by)


def _of_kind(kind: Kind) -> list[Metric]:
    return [metric for metric in CATALOGUE if metric.kind == kind]


def metrics_page() -> str:
    """Return what ``docs/metrics.md`` holds."""
    rows = "\n".join(map(_row, CATALOGUE))
    return f"""\
# Metrics

What `/metrics` of a worker says, see [operations](operations.md#health-and-metrics). Beside these there are the usual
`process_*` ones: CPU time, memory, open files. A counter starts at 0 with its process. Labels have few values: stages,
steps, results, reasons of dead letters, topics and partitions.

| metric | kind | labels | meaning |
|---|---|---|---|
{rows}
"""


def _row(metric: Metric) -> str:
    labels = ", ".join(f"`{label}`" for label in metric.labels)
    return f"| `{metric.name}` | {metric.kind} | {labels} | {metric.help} |"


if __name__ == "__main__":
    sys.stdout.write(metrics_page())
