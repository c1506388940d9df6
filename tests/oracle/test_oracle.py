"""The oracle and a replay agree on logs in which everything occurs; and the oracle does see a difference."""

import json
from collections import Counter, defaultdict
from collections.abc import Sequence

import orjson
import pytest
from tests.integration import flow
from tests.integration.running import Line
from tests.oracle.mismatch import report
from tests.oracle.oracle import Truth, truth
from tests.oracle.references import Evalset
from tests.oracle.rules import Rules

from eddyline.changes import Changes
from eddyline.encoders import OnnxEncoder, open_encoder
from eddyline.encoders.configured import bundle_dir
from eddyline.events import Record
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


@pytest.fixture(scope="module")
def encoder() -> OnnxEncoder:
    return open_encoder(bundle_dir(Settings()), threads=1, cache_size=10_000)


def settings_of(**changes: object) -> Settings:
    ours = {"privacy_pepper": "a pepper for tests", "judge_min_window": 4, "judge_min_reference": 40}
    return load_settings(None, {f"EDDYLINE_{name.upper()}": str(value) for name, value in (ours | changes).items()})


def run(lines: Sequence[Line], encoder: OnnxEncoder, settings: Settings, evalsets: Sequence[Evalset] = ()) -> Recorder:
    """Run lines through the stages in memory, each topic a source."""
    pipeline = Recorder(settings, encoder)
    topics = {name.replace("_", "-"): getattr(Topics(), name) for name in NAMES}
    ends = Counter((topics[name], 0) for name, _ in lines)
    pipeline.start(sorted(topic for topic, _ in ends))
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
    spaces = {"space_id": encoder.space_id, "build_id": encoder.build_id}
    imported = to_import(
        app=evalset.app, ids=[*evalset.items], vectors=vectors, effective_ms=evalset.effective_ms, **spaces
    )
    pipeline.import_reference(imported)


def mismatches(expected: Truth, pipeline: Recorder) -> str:
    found = expected.mismatches(
        drift=pipeline.found("drift"), scores=pipeline.found("scores"), dead=pipeline.dead(), results=pipeline.results
    )
    return report(found) if found else ""


@pytest.mark.parametrize("seed", range(4))
def test_a_replay_is_what_the_oracle_says(seed: int, encoder: OnnxEncoder) -> None:
    lines = flow.flow(prompts=1500, hours=40, users=90, seed=seed)
    settings = settings_of(windows_size_seconds=(1800, 900, 3600, 1200)[seed])
    pipeline = run(lines, encoder, settings, EVALSETS)
    assert not mismatches(truth(lines, Rules.of(settings), encoder, EVALSETS), pipeline)
