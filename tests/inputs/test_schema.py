"""The shipped schemas of native events: they are what the types say, and they accept what is accepted."""

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from eddyline.inputs.schema import FOLDER, schemas
from eddyline.outputs.schema import text

EXAMPLES: dict[str, dict[str, Any]] = {
    "prompt.v1": {"ts": 1795248000, "prompt": "hello", "user": None, "scores": [{"name": "a", "value": 1}]},
    "response.v1": {"ts": "2026-11-21T08:00:00Z", "request_id": "r1", "response": "hi"},
    "shadow-response.v1": {"ts": 1795248000.5, "request_id": "r1", "response": "hi", "candidate": "next"},
    "feedback.v1": {"ts": 1795248000, "request_id": "r1", "name": "thumbs", "value": -1},
    "deployment.v1": {"app": "chat", "deployment": "v2", "effective_at": 1795248000, "arm": {"kind": "all"}},
}


@pytest.mark.parametrize("name", list(EXAMPLES))
def test_a_schema_file_is_what_the_types_say(name: str) -> None:
    written = (FOLDER / f"{name}.json").read_text("utf-8")
    assert written == text(schemas()[name]), "run python -m eddyline.inputs.schema"


def test_every_kind_has_a_schema_and_no_file_is_left_over() -> None:
    assert {path.stem for path in FOLDER.glob("*.json")} == set(EXAMPLES) == set(schemas())


@pytest.mark.parametrize(("name", "example"), list(EXAMPLES.items()))
def test_a_schema_accepts_an_event_and_refuses_one_without_a_required_field(name: str, example: dict[str, Any]) -> None:
    schema = json.loads((FOLDER / f"{name}.json").read_text("utf-8"))
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    assert validator.is_valid(example | {"unknown": 1})
    for field in schema["required"]:
        assert not validator.is_valid({key: value for key, value in example.items() if key != field})


@pytest.mark.parametrize("name", list(EXAMPLES))
def test_every_field_is_described(name: str) -> None:
    assert all("description" in field for field in schemas()[name]["properties"].values())


def test_names_with_a_slash_or_a_newline_are_refused_by_the_schema_too() -> None:
    validator = Draft202012Validator(schemas()["prompt.v1"])
    refused = [
        app for app in ("a/b", "a\n", "a\x00", "") if not validator.is_valid(EXAMPLES["prompt.v1"] | {"app": app})
    ]
    assert refused == ["a/b", "a\n", "a\x00", ""]
