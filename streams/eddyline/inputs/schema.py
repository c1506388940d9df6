"""JSON Schemas (2020-12) of native events, generated from :mod:`eddyline.inputs.wire`.

``python -m eddyline.inputs.schema`` writes them to ``inputs/schemas``; a test fails when the files are not what the
types say. A producer that validates against them never sees ``invalid_field`` among its dead letters.
"""

from pathlib import Path
from typing import Any

import msgspec

from eddyline.inputs import wire
from eddyline.outputs.schema import DIALECT, struct_schema, write

FOLDER = Path(__file__).parent / "schemas"
SHAPES: dict[str, type[msgspec.Struct]] = {
    "prompt.v1": wire.PromptV1,
    "response.v1": wire.ResponseV1,
    "shadow-response.v1": wire.ShadowResponseV1,
    "feedback.v1": wire.FeedbackV1,
    "deployment.v1": wire.DeploymentV1,
}


def schemas() -> dict[str, dict[str, Any]]:
    """Return the schema of every native event by its name."""
    return {
        name: {"$schema": DIALECT, "$id": f"urn:eddyline:schema:{name}"} | struct_schema(shape)
        for name, shape in SHAPES.items()
    }


if __name__ == "__main__":
    write(schemas(), FOLDER)
