"""docs/asyncapi.yaml says what the settings, the schemas and the dead letters say."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from eddyline import __version__
from eddyline.errors import DeadLetter
from eddyline.events import Record
from eddyline.inputs import schema as inputs_schema
from eddyline.outputs import schema as outputs_schema
from eddyline.outputs.dead_letter import dead_letter, pointer
from eddyline.settings import Topics

DOCUMENT = Path(__file__).parents[2] / "docs" / "asyncapi.yaml"
INTERNAL = {Topics().observations, Topics().partials}


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    """Read the document."""
    loaded: dict[str, Any] = yaml.safe_load(DOCUMENT.read_text("utf-8"))
    return loaded


def _follow(document: dict[str, Any], reference: dict[str, str]) -> Any:  # noqa: ANN401 - whatever is there
    found: Any = document
    for part in reference["$ref"].removeprefix("#/").split("/"):
        found = found[part]
    return found


def _messages(document: dict[str, Any]) -> dict[str, Any]:
    messages: dict[str, Any] = document["components"]["messages"]
    return messages


def test_the_document_is_of_this_version(document: dict[str, Any]) -> None:
    assert (document["asyncapi"], document["info"]["version"]) == ("3.0.0", __version__)


def test_every_topic_of_the_settings_is_a_channel_and_no_other(document: dict[str, Any]) -> None:
    topics = {name for name in Topics().__struct_fields__ if not name.endswith("_partitions")}
    named = {getattr(Topics(), name) for name in topics} - INTERNAL
    assert {channel["address"] for channel in document["channels"].values()} == named


def test_every_channel_has_one_operation_in_the_right_direction(document: dict[str, Any]) -> None:
    actions = {
        _follow(document, operation["channel"])["address"]: operation["action"]
        for operation in document["operations"].values()
    }
    assert len(actions) == len(document["operations"]) == len(document["channels"])
    assert all(action == ("send" if topic.startswith("eddyline.") else "receive") for topic, action in actions.items())


def test_every_message_is_in_a_channel(document: dict[str, Any]) -> None:
    used = [
        _follow(document, message)
        for channel in document["channels"].values()
        for message in channel["messages"].values()
    ]
    assert used == list(_messages(document).values())


def test_every_shipped_schema_is_the_payload_of_a_message(document: dict[str, Any]) -> None:
    payloads = [
        message["payload"]["schema"]["$ref"]
        for message in _messages(document).values()
        if "schema" in message["payload"]
    ]
    named = {(DOCUMENT.parent / path).resolve() for path in payloads}
    shipped = {*inputs_schema.FOLDER.glob("*.json"), *outputs_schema.FOLDER.glob("*.json")}
    assert named == {path.resolve() for path in shipped}


def test_the_headers_of_dead_letters_are_those_that_are_written(document: dict[str, Any]) -> None:
    whole = Record("prompts", 0, 0, b"x" * 10)
    cut = Record("prompts", 0, 0, b"x" * 2000, key=b"k" * 20_000)
    error = DeadLetter("bad_json", "")
    small, large = (
        {name for name, _ in dead_letter("dlq", record, error, stage="", producer="", keep=1000).headers}
        for record in (whole, cut)
    )
    only_a_place = {name for name, _ in pointer("dlq", cut, error, stage="", producer="", why="quota").headers}
    headers = _messages(document)["deadLetter"]["headers"]
    assert set(headers["required"]) == small & only_a_place
    assert set(headers["properties"]) == large | only_a_place
