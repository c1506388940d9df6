"""The catalogue of metrics: named and labelled as promised, documented, and exposed as declared."""

import re
from collections import Counter
from pathlib import Path

import pytest
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from eddyline import telemetry
from eddyline.telemetry import CATALOGUE, Metric, Telemetry, metrics_page

ROOT = Path(__file__).parents[1]
BOUNDED = {"stage", "result", "reason", "step", "topic", "partition", "space_id", "build_id", "version", "python"}


def exposed(metrics: Telemetry) -> dict[tuple[str, ...], float]:
    """Return every sample by its name and the values of its labels, these in the order of their names."""
    families = text_string_to_metric_families(generate_latest(metrics.registry).decode())
    samples = [sample for family in families for sample in family.samples]
    return {(sample.name, *(sample.labels[name] for name in sorted(sample.labels))): sample.value for sample in samples}


def test_the_page_of_metrics_is_the_one_that_the_catalogue_gives() -> None:
    page = (ROOT / "docs/metrics.md").read_text("utf-8")
    assert page == metrics_page(), "run: python -m eddyline.telemetry > docs/metrics.md"


@pytest.mark.parametrize("metric", CATALOGUE, ids=lambda metric: metric.name)
def test_a_metric_is_named_by_the_rules(metric: Metric) -> None:
    assert re.fullmatch(r"eddyline_[a-z]+(_[a-z]+)*", metric.name)
    assert metric.name.endswith("_total") == (metric.kind == "counter")
    assert metric.name.endswith("_seconds") == (metric.kind == "histogram")
    assert bool(metric.buckets) == (metric.kind == "histogram")
    assert metric.help.endswith(".")


@pytest.mark.parametrize("metric", CATALOGUE, ids=lambda metric: metric.name)
def test_a_metric_has_only_labels_of_few_values(metric: Metric) -> None:
    assert set(metric.labels) <= BOUNDED


def test_every_metric_of_the_module_is_in_the_catalogue_once() -> None:
    declared = [value for value in vars(telemetry).values() if isinstance(value, Metric)]
    assert sorted(declared) == sorted(CATALOGUE)
    assert len({metric.name for metric in CATALOGUE}) == len(CATALOGUE)


def test_every_metric_is_exposed_under_its_name_and_kind() -> None:
    text = generate_latest(Telemetry().registry).decode()
    for metric in CATALOGUE:
        assert f"# TYPE {metric.name} {metric.kind}\n" in text


def test_what_encode_counts_comes_out_under_its_public_names() -> None:
    metrics = Telemetry()
    counts = Counter(
        {"accepted": 7, "tombstone": 1, "dlq:bad_json": 2, "quota": 1, "truncated": 3, "halves": 5, "joined": 4}
    )
    metrics.count_stage("encode", counts)
    metrics.count_stage("encode", counts)
    found = exposed(metrics)
    assert found["eddyline_records_total", "accepted", "encode"] == 14
    assert found["eddyline_records_total", "tombstone", "encode"] == 2
    assert found["eddyline_records_total", "dead_letter", "encode"] == 4
    assert found["eddyline_dlq_total", "bad_json"] == 4
    assert found["eddyline_dlq_over_quota_total",] == 2
    assert found["eddyline_truncated_texts_total",] == 6
    assert found["eddyline_join_halves_total",] == 10
    assert found["eddyline_join_joined_total",] == 8


def test_what_fold_and_judge_count_comes_out_under_its_public_names() -> None:
    metrics = Telemetry()
    metrics.count_stage("fold", {"added": 3, "duplicate": 2, "late": 1})
    metrics.count_stage("judge", {"merged": 4, "repeated": 5, "windows": 6})
    found = exposed(metrics)
    results = {name[1]: value for name, value in found.items() if name[0] == "eddyline_observations_total"}
    assert results == {"added": 3, "duplicate": 2, "late": 1}
    assert found["eddyline_partials_total", "repeated"] == 5
    assert found["eddyline_windows_judged_total",] == 6


def test_a_histogram_counts_seconds_into_its_buckets() -> None:
    metrics = Telemetry()
    for seconds in (0.002, 0.02, 5.0):
        metrics.observe(telemetry.BATCH_SECONDS, seconds, "flush")
    found = exposed(metrics)
    assert found["eddyline_batch_seconds_bucket", "0.03", "flush"] == 2
    assert found["eddyline_batch_seconds_count", "flush"] == 3
    assert found["eddyline_batch_seconds_sum", "flush"] == pytest.approx(5.022)


def test_partitions_of_one_stage_are_forgotten_without_those_of_another() -> None:
    metrics = Telemetry()
    for stage, partition in (("fold", "0"), ("fold", "1"), ("judge", "0")):
        metrics.set(telemetry.STATE_APPLIED_OFFSET, 9, stage, "topic", partition)
    metrics.clear(telemetry.STATE_APPLIED_OFFSET, "fold")
    left = [name[1:] for name in exposed(metrics) if name[0] == "eddyline_state_applied_offset"]
    assert left == [("0", "judge", "topic")]
    metrics.clear(telemetry.STATE_APPLIED_OFFSET)
    assert "eddyline_state_applied_offset" not in {name[0] for name in exposed(metrics)}
