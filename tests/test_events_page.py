"""docs/events.md names every field, header and reason code that there is, and its examples are valid."""

import ast
import json
import re
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from eddyline import features
from eddyline.drift import METRICS
from eddyline.errors import DeadLetter
from eddyline.events import Record
from eddyline.inputs import schema as inputs_schema
from eddyline.outputs import adaptation, alert
from eddyline.outputs import schema as outputs_schema
from eddyline.outputs.dead_letter import dead_letter, pointer
from eddyline.outputs.drift import Drift, EvalSetFacts, MovedFacts, WatchFacts
from eddyline.outputs.score import Score
from eddyline.scorers import SCORERS
from eddyline.settings import Dlq, Settings, Topics

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "events.md").read_text("utf-8")
CODE = set(re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", PAGE, flags=re.DOTALL)))
EXAMPLES: list[dict[str, Any]] = [json.loads(block) for block in re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)]
CUT = Record("prompts", 0, 0, b"x" * 2000, key=b"k" * 20_000)
HEADERS = {
    name
    for letter in (
        dead_letter("dlq", CUT, DeadLetter("bad_json", ""), stage="", producer="", keep=1000),
        pointer("dlq", CUT, DeadLetter("bad_json", ""), stage="", producer="", why="quota"),
    )
    for name, _ in letter.headers
}
SECTIONS = {
    "### `prompts`": "prompt.v1",
    "### `responses`": "response.v1",
    "### `feedback`": "feedback.v1",
    "### `deployments`": "deployment.v1",
}


def _section(heading: str) -> str:
    return re.split(r"\n#{2,3} ", PAGE.partition(heading + "\n")[2])[0]


def _reasons() -> set[str]:
    """Return the reason codes in the source: whatever is the first argument of a DeadLetter."""
    found = set()
    for path in (ROOT / "streams").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "DeadLetter":
                found |= _codes(node.args[0])
    return found


def _codes(argument: ast.expr) -> set[str]:
    match argument:
        case ast.Constant(value=str(code)):
            return {code.partition(":")[0]}
        case ast.JoinedStr(values=[ast.Constant(value=str(code)), *_]):
            return {code.partition(":")[0]}
        case ast.Call(func=ast.Name(id="_fault")):
            return {"bad_json", "bad_encoding"}
        case _:
            pytest.fail(f"a reason code that cannot be read from the source: {ast.unparse(argument)}")


def test_every_reason_code_that_can_be_raised_is_documented_and_no_other() -> None:
    rows = re.findall(r"^\| `([a-z_]+)(?::<path>)?` \|", _section("## Dead letters"), re.MULTILINE)
    assert set(rows) == _reasons()


@pytest.mark.parametrize(("heading", "name"), list(SECTIONS.items()))
def test_every_field_of_an_input_has_a_row_and_is_bold_when_it_is_required(heading: str, name: str) -> None:
    schema = inputs_schema.schemas()[name]
    found = {field: stars for stars, field in re.findall(r"^\| (\**)`([a-z_]+)`", _section(heading), re.MULTILINE)}
    assert set(found) == set(schema["properties"])
    assert {field for field, stars in found.items() if stars} == set(schema["required"])


def test_shadow_responses_add_their_candidate() -> None:
    assert re.findall(r"^\| \*\*`([a-z_]+)`", _section("### `shadow-responses`"), re.MULTILINE) == ["candidate"]


@pytest.mark.parametrize(
    ("heading", "struct"),
    [
        ("### Drift events", Drift),
        ("### The watch", WatchFacts),
        ("### The watch", MovedFacts),
        ("### The eval set", EvalSetFacts),
        ("### Score events", Score),
        ("### Alerts", alert.Alert),
        ("### Adaptation events", adaptation.Adaptation),
        ("### Terms of an adaptation event", adaptation.Terms),
        ("### Tests of an adaptation event", adaptation.Tests),
    ],
)
def test_every_field_of_an_output_has_a_row(heading: str, struct: type[msgspec.Struct]) -> None:
    cells = re.findall(r"^\| ((?:`[a-zA-Z_]+`(?:, )?)+) \|", _section(heading), re.MULTILINE)
    rows = [name for cell in cells for name in re.findall("`(.*?)`", cell)]
    fields = set(struct.__struct_fields__)
    assert fields <= set(rows)
    others = {metric.name for metric in METRICS} | set(alert.NAMES)
    assert set(rows) - fields <= others | {*MovedFacts.__struct_fields__, *WatchFacts.__struct_fields__}


@pytest.mark.parametrize(
    "struct",
    [
        adaptation.Estimate,
        adaptation.UserCounts,
        adaptation.FeatureChange,
        adaptation.Curve,
        adaptation.CurvePoint,
        adaptation.Placebo,
    ],
)
def test_every_field_of_a_part_of_an_adaptation_event_is_explained(struct: type[msgspec.Struct]) -> None:
    section = re.sub(r"```.*?```", "", _section("### Adaptation events"), flags=re.DOTALL)
    assert set(struct.__struct_fields__) <= set(re.findall("`([a-z_]+)`", section))


def test_every_verdict_has_a_row_and_no_other() -> None:
    rows = re.findall(r"^\| `([a-z ]+)` \|", _section("### Verdicts"), re.MULTILINE)
    assert tuple(rows) == get_args(adaptation.Verdict)


def test_every_alert_has_a_row_and_no_other() -> None:
    assert set(re.findall(r"^\| `([A-Z]\w+)` \|", _section("### Alerts"), re.MULTILINE)) == set(alert.NAMES)


def test_every_metric_scorer_topic_and_setting_that_is_named_is_there() -> None:
    assert {metric.name for metric in METRICS} <= CODE
    assert {scorer.name for scorer in SCORERS} <= CODE
    topics = Topics()
    names = {value for value in msgspec.structs.astuple(topics) if isinstance(value, str)}
    assert names <= CODE
    sections = {section.name: section.type for section in msgspec.structs.fields(Settings)}
    for name in CODE - HEADERS:
        section, _, field = name.partition(".")
        if section in sections and re.fullmatch("[a-z_]+", field):
            assert field in sections[section].__struct_fields__, name


def test_every_style_feature_has_a_row_that_says_what_it_says_of_itself() -> None:
    rows = dict(re.findall(r"^\| `([a-z_]+)` \| (.*) \|$", _section("### Style features"), re.MULTILINE))
    described = features.describe()
    assert rows == {name: described[name] for name in features.NAMES}


def test_every_header_of_a_dead_letter_is_documented_and_no_other() -> None:
    settings = {f"dlq.{name}" for name in Dlq.__struct_fields__}
    assert {name for name in CODE if re.fullmatch(r"dlq\.[a-z0-9_]+", name)} - settings == HEADERS


def test_the_examples_are_valid() -> None:
    schemas = inputs_schema.schemas() | outputs_schema.schemas()
    names = ["prompt.v1", "deployment.v1", "drift.window.v1", "score.v1", "alert.v1", "adaptation.v1"]
    for name, example in zip(names, EXAMPLES, strict=True):
        Draft202012Validator(schemas[name]).validate(example)
