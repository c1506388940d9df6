"""A growing ONNX graph: nodes are appended in a fixed order, so that the same input gives the same bytes."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import NodeProto, TensorProto, helper, numpy_helper

MICROSOFT = "com.microsoft"
"""Domain of the operators that onnxruntime adds for its CPU provider."""


class Nodes:
    """Nodes and constants; every method returns the name of the value that it adds."""

    def __init__(self) -> None:
        self.nodes: list[NodeProto] = []
        self._constants: dict[str, TensorProto] = {}

    @property
    def constants(self) -> list[TensorProto]:
        """The constants, in the order in which they were first used."""
        return list(self._constants.values())

    def constant(self, name: str, value: NDArray[Any]) -> str:
        """Add ``value`` under ``name``, once."""
        if name not in self._constants:
            self._constants[name] = numpy_helper.from_array(np.array(value, order="C"), name)
        return name

    def integers(self, *values: int) -> str:
        """Add a constant int64 vector, as axes and shapes are."""
        return self.constant(f"integers_{'_'.join(map(str, values))}", np.array(values, np.int64))

    def number(self, value: float) -> str:
        """Add a constant float32 scalar."""
        return self.constant(f"number_{value!r}", np.array(value, np.float32))

    def add(self, operator: str, *inputs: str, output: str = "", domain: str = "", **attributes: Any) -> str:  # noqa: ANN401 - whatever the operator takes
        """Append a node with one output."""
        output = output or f"{operator}_{len(self.nodes)}"
        name = f"n{len(self.nodes)}_{operator}"
        self.nodes.append(helper.make_node(operator, list(inputs), [output], name=name, domain=domain, **attributes))
        return output
