"""How the heavy parts of the network are computed: in float32 here, in int8 in :mod:`.int8`."""

import math
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from eddyline.encoders.build.nodes import Nodes


class Precision(Protocol):
    """The parts of the network that a precision decides."""

    name: str

    def embedding(self, nodes: Nodes, table: NDArray[np.float32]) -> str:
        """Look ``input_ids`` up in ``table`` (vocabulary, d)."""

    def linear(
        self, nodes: Nodes, name: str, value: str, weight: NDArray[np.float32], bias: NDArray[np.float32]
    ) -> str:
        """Compute ``value @ weight + bias`` for a weight ``(inputs, outputs)``."""

    def gelu(self, nodes: Nodes, value: str) -> str:
        """Compute the Gaussian error linear unit."""


class Float32:
    """Standard operators only: runs on every execution provider."""

    name = "fp32"

    def embedding(self, nodes: Nodes, table: NDArray[np.float32]) -> str:
        """Store ``table`` as it is."""
        return nodes.add("Gather", nodes.constant("words", table), "input_ids")

    def linear(
        self, nodes: Nodes, name: str, value: str, weight: NDArray[np.float32], bias: NDArray[np.float32]
    ) -> str:
        """Multiply and add."""
        product = nodes.add("MatMul", value, nodes.constant(f"{name}.weight", weight))
        return nodes.add("Add", product, nodes.constant(f"{name}.bias", bias))

    def gelu(self, nodes: Nodes, value: str) -> str:
        """Spell the exact form, ``x (1 + erf(x / sqrt 2)) / 2``."""
        error = nodes.add("Erf", nodes.add("Div", value, nodes.number(math.sqrt(2))))
        return nodes.add("Mul", nodes.add("Mul", value, nodes.add("Add", error, nodes.number(1))), nodes.number(0.5))
