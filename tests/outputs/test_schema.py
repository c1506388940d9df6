"""The shipped schemas of what leaves: they are what the types say, and what leaves is valid."""

import json
from typing import Any

import orjson
import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from eddyline.outputs.cloudevent import Output, rfc3339
from eddyline.outputs.drift import Drift, MeanScore, MetricValue, ReferenceFacts, drift_output, window
from eddyline.outputs.schema import FOLDER, schemas, text
from eddyline.outputs.score import Score, score_id, score_output

START, END = 1_795_248_000_000, 1_795_248_300_000
TYPES = ("drift.window.v1", "score.v1")


def _learning() -> Output:
    drift = Drift(
        app="chat/production",
        deployment=None,
        deployment_source="mixed",
        window=window(START, END),
        n=0,
        gated_n=0,
        late=0,
        truncated=0,
        tools=0,
        completeness=0.5,
        space_id="minilm:1",
        reference=None,
        metrics={},
        scores={},
        state="learning",
        reason="there is no eval set, and not enough history yet",
        flags=["mixed_spaces"],
    )
    return drift_output("drift", drift, START, END)


def _quiet() -> Output:
    drift = Drift(
        app="chat/production",
        deployment="v1",
        deployment_source="attribute",
        window=window(START, END),
        n=40,
        gated_n=12,
        late=0,
        truncated=1,
        tools=2,
        completeness=1.0,
        space_id="minilm:1",
        reference=ReferenceFacts("evalset", "a", 300),
        metrics={"centroid_distance": MetricValue(0.04, 0.005), "centroid_cosine": MetricValue(None, None)},
        scores={"relevance": MeanScore(0.6, None, 3), "relevance@next": MeanScore(0.5, 0.1, 30)},
        state="quiet",
        reason=None,
        flags=[],
    )
    return drift_output("drift", drift, START, END)


def _score(candidate: str | None) -> Output:
    score = Score(
        app="chat/production",
        deployment=None,
        candidate=candidate,
        request_id="r1",
        ts=rfc3339(START),
        scorer="relevance",
        scorer_version="1",
        value=-0.71,
        sample_rate=1.0,
        space_id="minilm:1",
    )
    return score_output("scores", score_id("r1", "relevance", "1", candidate), START, score)


EVENTS = [
    ("drift.window.v1", _learning()),
    ("drift.window.v1", _quiet()),
    ("score.v1", _score(None)),
    ("score.v1", _score("next")),
]


def _validator(name: str) -> Draft202012Validator:
    schema = json.loads((FOLDER / f"{name}.json").read_text("utf-8"))
    return Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)


@pytest.mark.parametrize("name", TYPES)
def test_a_schema_file_is_what_the_types_say(name: str) -> None:
    written = (FOLDER / f"{name}.json").read_text("utf-8")
    assert written == text(schemas()[name]), "run python -m eddyline.outputs.schema"


def test_every_type_has_a_schema_and_no_file_is_left_over() -> None:
    assert {path.stem for path in FOLDER.glob("*.json")} == set(TYPES) == set(schemas())


@pytest.mark.parametrize("name", TYPES)
def test_a_schema_is_one(name: str) -> None:
    Draft202012Validator.check_schema(schemas()[name])


@pytest.mark.parametrize(("name", "output"), EVENTS)
def test_what_leaves_is_valid(name: str, output: Output) -> None:
    _validator(name).validate(orjson.loads(output.value))


@pytest.mark.parametrize(("name", "output"), EVENTS)
def test_every_field_that_is_missing_or_of_a_wrong_type_is_noticed(name: str, output: Output) -> None:
    event = orjson.loads(output.value)
    validator = _validator(name)
    for field in event:
        assert not validator.is_valid({key: value for key, value in event.items() if key != field})
    for field in event["data"]:
        without = {key: value for key, value in event["data"].items() if key != field}
        assert not validator.is_valid(event | {"data": without})
        assert not validator.is_valid(event | {"data": without | {field: [[]]}})


def _described(schema: dict[str, Any]) -> bool:
    return all("description" in field for field in schema["properties"].values())


@pytest.mark.parametrize("name", TYPES)
def test_every_field_of_the_data_is_described(name: str) -> None:
    data = schemas()[name]["properties"]["data"]
    assert all(_described(schema) for schema in (data, *data.get("$defs", {}).values()))
