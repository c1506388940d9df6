"""JSON Schemas (2020-12) of the events that leave, generated from their types.

``python -m eddyline.outputs.schema`` writes them to ``outputs/schemas``; a test fails when the files are not what the
types say. Within a major version fields are only added, so readers must ignore those that they do not know.
"""

import ast
import inspect
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, get_args

import msgspec

from eddyline.outputs import adaptation, alert, drift, score
from eddyline.outputs.cloudevent import SCHEMA_PREFIX, TYPE_PREFIX

DIALECT = "https://json-schema.org/draft/2020-12/schema"
FOLDER = Path(__file__).parent / "schemas"


def schemas() -> dict[str, dict[str, Any]]:
    """Return the schema of every whole CloudEvent, its data included, by the last part of its type."""
    return {
        adaptation.TYPE: _event_schema(adaptation.TYPE, (adaptation.SOURCE,), adaptation.Adaptation),
        alert.TYPE: _event_schema(alert.TYPE, get_args(alert.Source), alert.Alert),
        drift.TYPE: _event_schema(drift.TYPE, (drift.SOURCE,), drift.Drift),
        score.TYPE: _event_schema(score.TYPE, (score.SOURCE,), score.Score),
    }


def _event_schema(type_: str, sources: Sequence[str], data: type[msgspec.Struct]) -> dict[str, Any]:
    """Return the schema of an envelope; the schema of its data has the identifier that ``dataschema`` gives."""
    attributes = {
        "specversion": {"const": "1.0"},
        "type": {"const": TYPE_PREFIX + type_},
        "source": _one_of([f"/eddyline/{source}" for source in sources])
        | {"description": "The stage that emitted it."},
        "id": {
            "type": "string",
            "pattern": "^[0-9a-f]{64}$",
            "description": "The same thing described again has the same id: upsert by it.",
        },
        "time": {"type": "string", "format": "date-time", "description": "The event time that it speaks for."},
        "datacontenttype": {"const": "application/json"},
        "dataschema": {"const": SCHEMA_PREFIX + type_},
        "data": {"$id": SCHEMA_PREFIX + type_} | struct_schema(data),
    }
    head = {"$schema": DIALECT, "$id": f"urn:eddyline:event:{type_}", "title": type_, "type": "object"}
    return head | {"properties": attributes, "required": list(attributes)}


def _one_of(values: Sequence[str]) -> dict[str, Any]:
    return {"const": values[0]} if len(values) == 1 else {"enum": list(values)}


def struct_schema(struct: type[msgspec.Struct]) -> dict[str, Any]:
    """Return the schema of a struct, complete in itself; fields are described by the strings below them."""
    (top,), components = msgspec.json.schema_components([struct], ref_template="#/$defs/{name}")
    module = sys.modules[struct.__module__]
    for name, component in components.items():
        described = _descriptions(getattr(module, name))
        for field, found in component["properties"].items():
            if field in described:
                found["description"] = described[field]
    schema: dict[str, Any] = components.pop(top["$ref"].rpartition("/")[2])
    return schema | ({"$defs": dict(components)} if components else {})


def _descriptions(struct: type[msgspec.Struct]) -> dict[str, str]:
    """Return the strings that follow fields in the source of a struct and of its bases."""
    found = {}
    for owner in reversed([base for base in struct.__mro__ if issubclass(base, msgspec.Struct)][:-1]):
        definition = ast.parse(inspect.getsource(owner)).body[0]
        assert isinstance(definition, ast.ClassDef)  # noqa: S101 - what getsource returns for a class
        for field, comment in zip(definition.body, definition.body[1:], strict=False):
            match field, comment:
                case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(text))):
                    found[name] = inspect.cleandoc(text).replace("\n", " ")
    return found


def text(schema: Mapping[str, Any]) -> str:
    """Return a schema as the text of its file."""
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def write(found: Mapping[str, Mapping[str, Any]], folder: Path) -> None:
    """Write every schema to a file of its name."""
    folder.mkdir(exist_ok=True)
    for name, schema in found.items():
        (folder / f"{name}.json").write_text(text(schema), "utf-8")


if __name__ == "__main__":
    write(schemas(), FOLDER)
