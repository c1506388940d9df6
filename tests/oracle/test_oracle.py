"""The oracle and a replay agree on logs in which everything occurs; and the oracle does see a difference."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import orjson
import pytest
from tests.integration import flow
from tests.integration.running import Line
from tests.oracle import mismatch
from tests.oracle.mismatch import Mismatch, report
from tests.oracle.oracle import Truth, truth
from tests.oracle.references import Evalset
from tests.oracle.rules import Rules
from tests.oracle.stored import panels_of
from tests.watched import WATCHED

from eddyline import features, paneldays
from eddyline.changes import Changes
from eddyline.encoders import OnnxEncoder, open_encoder
from eddyline.encoders.configured import bundle_dir
from eddyline.events import Record
from eddyline.fold import Fold, FoldPolicy
from eddyline.judge import Judge, JudgePolicy
from eddyline.references import to_import
from eddyline.replay import Pipeline
from eddyline.settings import Settings, Topics, load_settings

NOW_MS = flow.START_MS + 10**9
BATCH = 128
NAMES = ("prompts", "responses", "shadow_responses", "feedback", "deployments")
EVALSETS = (
    Evalset("shop: a b/production", {f"q{n}": f"where is my {n} {flow.TOPICS[n % 6]}?" for n in range(40)}, 0),
    Evalset("support/production", {"one": "please help me with sizes"}, flow.START_MS + 37 * flow.HOUR_MS),
)


class Recorder(Pipeline):
    """A pipeline that keeps the finished results too."""

    def __init__(self, settings: Settings, encoder: OnnxEncoder) -> None:
        super().__init__(settings, encoder, NOW_MS)
        self.results: defaultdict[str, dict[str, bytes]] = defaultdict(dict)

    def _checkpoint(self, topic: str, partition: int, changes: Changes) -> None:  # noqa: ARG002 - results have keys of their own
        if topic == self.settings.topics.partials:
            self.results |= panels_of(changes.fields)
        for result in changes.results:
            self.results[result.key][result.field] = result.value

    def found(self, name: str) -> dict[str, bytes]:
        """Return the events of an output by id."""
        outputs = self.outputs[getattr(self.settings.topics, name)]
        return {id_: line for (_, id_), line in outputs.items()}

    def dead(self) -> Counter[str]:
        """Return how many dead letters there are of each reason."""
        letters = self.outputs[self.settings.topics.dead_letters].values()
        return Counter(json.loads(letter)["headers"]["dlq.reason"] for letter in letters)


class Crashing(Recorder):
    """A pipeline that crashes after checkpoints, before the deletion of what had expired."""

    def __init__(self, settings: Settings, encoder: OnnxEncoder, *, crashes: bool = True) -> None:
        super().__init__(settings, encoder)
        self._crashes = crashes
        self._fields: defaultdict[tuple[str, int], dict[str, bytes]] = defaultdict(dict)
        self._drops: list[tuple[tuple[str, int], str]] = []

    def _checkpoint(self, topic: str, partition: int, changes: Changes) -> None:
        super()._checkpoint(topic, partition, changes)
        self._fields[topic, partition].update(changes.fields)
        self._drops += [((topic, partition), name) for name in changes.drops]

    def feed(self, records: Sequence[Record]) -> None:
        """Run a batch; every other time crash after it."""
        super().feed(records)
        if self._crashes and records[0].offset % 2:
            self._restore()
        for state, name in self._drops:
            self._fields[state].pop(name, None)
        self._drops.clear()

    def _restore(self) -> None:
        topics = self.settings.topics
        fold, judge = FoldPolicy.of(self.settings), JudgePolicy.of(self.settings, WATCHED)
        self._folds = [Fold.restore(fold, at, self._fields[topics.observations, at]) for at in range(len(self._folds))]
        self._judges = [Judge.restore(judge, at, self._fields[topics.partials, at]) for at in range(len(self._judges))]
        self._drops.clear()
        for at, fold_state in enumerate(self._folds):
            self._checkpoint(topics.observations, at, fold_state.take_changes())
        for at, judge_state in enumerate(self._judges):
            self._checkpoint(topics.partials, at, judge_state.take_changes())

    def names(self) -> set[tuple[tuple[str, int], str]]:
        """Return the names of all fields of all states."""
        return {(state, name) for state, fields in self._fields.items() for name in fields}


@pytest.fixture(scope="module")
def encoder() -> OnnxEncoder:
    return open_encoder(bundle_dir(Settings()), threads=1, cache_size=10_000)


def settings_of(**changes: object) -> Settings:
    ours = {"privacy_pepper": "a pepper for tests", "judge_min_window": 4, "judge_min_reference": 40}
    return load_settings(None, {f"EDDYLINE_{name.upper()}": str(value) for name, value in (ours | changes).items()})


def run(lines: Sequence[Line], encoder: OnnxEncoder, settings: Settings, evalsets: Sequence[Evalset] = ()) -> Recorder:
    """Run lines through the stages in memory, each topic a source."""
    return fed(Recorder(settings, encoder), lines, encoder, evalsets)


def fed(pipeline: Recorder, lines: Sequence[Line], encoder: OnnxEncoder, evalsets: Sequence[Evalset] = ()) -> Recorder:
    """Feed lines to a pipeline until it has come to their end."""
    topics = {name.replace("_", "-"): getattr(Topics(), name) for name in NAMES}
    ends = Counter((topics[name], 0) for name, _ in lines)
    pipeline.start(dict.fromkeys(sorted(ends), 0))
    for evalset in evalsets:
        import_evalset(pipeline, evalset, encoder)
    offsets: Counter[str] = Counter()
    records = []
    for name, value in lines:
        records.append(Record(topics[name], 0, offsets[name], orjson.dumps(value)))
        offsets[name] += 1
    for at in range(0, len(records), BATCH):
        pipeline.feed(records[at : at + BATCH])
        pipeline.tick(ends)
    return pipeline


def import_evalset(pipeline: Pipeline, evalset: Evalset, encoder: OnnxEncoder) -> None:
    vectors = encoder.encode([*evalset.items.values()]).vectors
    imported = to_import(
        app=evalset.app,
        ids=[*evalset.items],
        vectors=vectors,
        flags=np.array([features.style(text).flags for text in evalset.items.values()], np.uint32),
        space_id=encoder.space_id,
        build_id=encoder.build_id,
        effective_ms=evalset.effective_ms,
    )
    pipeline.import_reference(imported)


Outputs = dict[str, Any]
"""The arguments of :meth:`Truth.mismatches`."""


def outputs_of(pipeline: Recorder) -> Outputs:
    events = {name: pipeline.found(name) for name in ("drift", "scores")}
    return {**events, "dead": pipeline.dead(), "results": pipeline.results}


@pytest.mark.parametrize(("seed", "window_seconds", "hours"), [(0, 1800, 40), (1, 900, 40), (3, 1200, 75)])
def test_a_replay_is_what_the_oracle_says(seed: int, window_seconds: int, hours: int, encoder: OnnxEncoder) -> None:
    lines = flow.flow(prompts=1000, hours=hours, users=90, seed=seed)
    settings = settings_of(windows_size_seconds=window_seconds)
    pipeline = run(lines, encoder, settings, EVALSETS)
    found = truth(lines, Rules.of(settings), encoder, EVALSETS).mismatches(**outputs_of(pipeline))
    assert not found, report(found)


def test_prompts_that_name_nothing_while_a_canary_runs_are_what_the_oracle_says(encoder: OnnxEncoder) -> None:
    told = ((12, "c1", "canary", 0.1), (13, "c1", "canary", 0.0), (14, "c1", "canary", 1.0), (15, "c2", "holdout", 0.2))
    mail = {"app": "mail", "environment": "staging"}
    lines: list[Line] = [
        ("deployments", {**mail, "deployment": name, "effective_at": flow.START_MS + hours * flow.HOUR_MS, "arm": arm})
        for hours, name, kind, share in told
        for arm in ({"kind": kind, "share": share, "first": 5},)
    ]
    lines += flow.flow(prompts=700, hours=30, users=90, seed=4)
    settings = settings_of(windows_size_seconds=1800)
    expected = truth(lines, Rules.of(settings), encoder)
    reasons = Counter(data["reason"] for data in data_of(expected.drift.values()))
    assert reasons["only some of the users have the deployment"] > 5
    found = expected.mismatches(**outputs_of(run(lines, encoder, settings)))
    assert not found, report(found)


def test_samples_that_overflow_are_what_the_oracle_says(encoder: OnnxEncoder) -> None:
    """More users in a window and an hour than a sample holds, in a day than a reference holds, in an eval set."""
    lines = flow.flow(prompts=3900, hours=26.5, users=9000, seed=5)
    settings = settings_of(windows_size_seconds=3600)
    items = {f"q{n}": f"where is my {flow.TOPICS[n % 6]} number {n % 40}?" for n in range(1100)}
    evalsets = [Evalset("shop: a b/production", items, 0)]
    expected = truth(lines, Rules.of(settings), encoder, evalsets)
    drift = data_of(expected.drift.values())
    assert max(data["gated_n"] for data in drift) > 64
    assert {(data["reference"] or {}).get("n", 0) > 1024 for data in drift} == {True, False}
    found = expected.mismatches(**outputs_of(run(lines, encoder, settings, evalsets)))
    assert not found, report(found)


def test_what_had_expired_and_was_not_deleted_before_a_crash_is_not_counted_again(encoder: OnnxEncoder) -> None:
    lines = flow.flow(prompts=700, hours=30, users=60, seed=2)
    settings = settings_of(windows_size_seconds=900, topics_observations_partitions=2)
    pipeline = fed(Crashing(settings, encoder), lines, encoder)
    found = truth(lines, Rules.of(settings), encoder).mismatches(**outputs_of(pipeline))
    assert not found, report(found)


def test_what_a_crash_kept_from_being_deleted_is_deleted_after_it(encoder: OnnxEncoder) -> None:
    lines = flow.flow(prompts=500, hours=30, users=60, seed=2)
    settings = settings_of(windows_size_seconds=900, topics_observations_partitions=2)
    crashed = fed(crashing := Crashing(settings, encoder), lines, encoder)
    fed(whole := Crashing(settings, encoder, crashes=False), lines, encoder)
    assert crashed.outputs == whole.outputs
    assert crashing.names() == whole.names()


class Case(NamedTuple):
    """A log, and what came of it on either way."""

    lines: list[Line]
    expected: Truth
    outputs: Outputs


@pytest.fixture(scope="module")
def case(encoder: OnnxEncoder) -> Case:
    lines = flow.flow(prompts=1000, hours=39, users=90, seed=7)
    settings = settings_of(windows_size_seconds=3600)
    outputs = outputs_of(run(lines, encoder, settings, EVALSETS))
    return Case(lines, truth(lines, Rules.of(settings), encoder, EVALSETS), outputs)


def test_a_log_in_whole_hours_is_what_the_oracle_says(case: Case) -> None:
    found = case.expected.mismatches(**case.outputs)
    assert not found, report(found)


def mismatches(case: Case, **changed: object) -> list[Mismatch]:
    """Compare what a test made of the outputs."""
    return case.expected.mismatches(**(case.outputs | changed))


def data_of(events: Iterable[bytes]) -> list[dict[str, Any]]:
    return [json.loads(event)["data"] for event in events]


def test_the_log_has_everything_that_is_counted(case: Case) -> None:
    drift, scores = data_of(case.expected.drift.values()), data_of(case.expected.scores.values())
    assert {data["deployment_source"] for data in drift} == {"attribute", "announced", "mixed", "none"}
    assert {data["state"] for data in drift} == {"learning", "quiet", "insufficient_data"}
    assert {(data["reference"] or {}).get("kind") for data in drift} == {None, "history", "evalset"}
    before, own = flow.SWITCH_MS - 24 * flow.HOUR_MS, flow.START_MS
    assert {f"{start}-{start + 24 * flow.HOUR_MS}" for start in (before, own)} <= {
        (data["reference"] or {}).get("id") for data in drift
    }
    styled = {data["reference"]["kind"] for data in drift if data["styles"]}
    assert styled == {"history", "evalset"}
    assert any(data["metrics"]["share_beyond_radius"]["value"] for data in drift if data["reference"])
    assert all(any(data[count] for data in drift) for count in ("n", "gated_n", "truncated", "tools"))
    assert any(not data["n"] and data["scores"] for data in drift)
    assert {score["scorer_version"] for score in scores} == {"1", "feedback", "supplied"}
    assert {score["candidate"] for score in scores} == {None, "v3"}
    assert {None, "v1"} < {score["deployment"] for score in scores}
    assert len(case.expected.dead) == 8


def test_the_log_has_a_whole_day_of_every_app_and_one_that_is_not(case: Case) -> None:
    days = Counter(key.split(":")[-1] for key in case.expected.results if key.startswith("eddyline:day:"))
    panels = Counter(key.split(":")[-1] for key in case.expected.results if key.startswith("judge:panel:"))
    assert days == {"2026-11-02": 4}
    assert panels == {"2026-11-02": 2}


def test_the_log_repeats_itself_and_is_out_of_order(case: Case) -> None:
    prompts = [value["id"] for name, value in case.lines if name == "prompts" and "id" in value]
    answers = [value["request_id"] for name, value in case.lines if name == "responses"]
    assert set(Counter(prompts).values()) == {1, 2}
    seen: set[str] = set()
    before = set()
    for name, value in case.lines:
        seen |= {value["id"]} if name == "prompts" and "id" in value else set()
        before |= {value["request_id"]} - seen if name == "responses" else set()
    assert len(set(answers) & before & set(prompts)) > 5


def leaves(value: object, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Return the path of every value that holds no others."""
    if isinstance(value, dict) and value:
        for name in value:
            yield from leaves(value[name], (*path, name))
    else:
        yield path


def other(value: object) -> object:
    """Return something of the same type that is as near as it can be."""
    match value:
        case float():
            return value + 1e-6
        case int():
            return value + 1
        case str():
            return value + " "
        case list():
            return [*value, "build_differs"]
    return "something"


def changed(event: bytes, path: tuple[str, ...]) -> bytes:
    whole = json.loads(event)
    inner = whole
    for name in path[:-1]:
        inner = inner[name]
    inner[path[-1]] = other(inner[path[-1]])
    return orjson.dumps(whole)


@pytest.mark.parametrize("name", ["drift", "scores"])
def test_any_field_of_an_event_that_is_changed_is_named(case: Case, name: str) -> None:
    event = max(case.outputs[name].values(), key=lambda event: len(list(leaves(json.loads(event)))))
    paths = list(leaves(json.loads(event)))
    assert len(paths) > 15
    for path in paths:
        found = mismatch.of_events(name, {"id": event}, {"id": changed(event, path)})
        assert [one.field for one in found] == [".".join(path)]


def test_an_event_that_is_missing_or_too_many_or_written_otherwise_is_named(case: Case) -> None:
    events = case.outputs["scores"]
    id_, *_ = events
    rest = {other: event for other, event in events.items() if other != id_}
    (missing,) = mismatches(case, scores=rest)
    assert missing.theirs is None
    (more,) = mismatches(case, scores=events | {"more": events[id_]})
    assert more.ours is None
    (bytes_,) = mismatches(case, scores=events | {id_: events[id_] + b" "})
    assert bytes_.field == "bytes"


def test_a_dead_letter_too_many_is_named(case: Case) -> None:
    (found,) = mismatches(case, dead=case.outputs["dead"] + Counter(["bad_timestamp"]))
    assert (found.what, found.field) == ("dead letters", "bad_timestamp")


@pytest.mark.parametrize("kind", ["window", "rolling", "day", "panel"])
def test_a_changed_number_in_redis_is_named(case: Case, kind: str) -> None:
    key = next(key for key in case.outputs["results"] if key.split(":")[1] == kind)
    (field, value), *_ = case.outputs["results"][key].items()
    assert value.count(b"\x00" * 8), "no count that could be raised"
    raised = value.replace(b"\x00" * 8, b"\x01" + b"\x00" * 7, 1) if kind != "panel" else one_more(value)
    found = mismatches(case, results=case.outputs["results"] | {key: {field: raised}})
    assert found
    assert {one.what for one in found} == {key}


def one_more(value: bytes) -> bytes:
    """Return a day of the panel with a prompt more in the first row."""
    day = paneldays.unpack(value)
    day.n[0] += 1
    return paneldays.pack(day)


def test_a_report_shows_the_first_ten_and_says_how_many_there_are(case: Case) -> None:
    lines = report(mismatches(case, scores={})).splitlines()
    assert lines[0] == f"{len(case.expected.scores)} differences"
    assert len(lines) == 11
    assert "support/production" in lines[1]
