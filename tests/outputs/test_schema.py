"""The shipped schemas of what leaves: they are what the types say, and what leaves is valid."""

import json
from typing import Any

import orjson
import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from tests.outputs.examples import START, adapted, learning, quiet, score_of, unknown

from eddyline.outputs.alert import state_gap
from eddyline.outputs.cloudevent import Output
from eddyline.outputs.schema import FOLDER, schemas, text

TYPES = ("adaptation.v1", "alert.v1", "drift.window.v1", "score.v1")


EVENTS = [
    ("adaptation.v1", adapted()),
    ("adaptation.v1", unknown()),
    ("alert.v1", state_gap("alerts", "judge", ("partials", 3), START, over=False)),
    ("alert.v1", state_gap("alerts", "fold", ("observations", 0), START, over=True)),
    ("drift.window.v1", learning()),
    ("drift.window.v1", quiet()),
    ("score.v1", score_of(None)),
    ("score.v1", score_of("next")),
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
