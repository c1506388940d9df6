"""Static int8 with SmoothQuant: fixed activation scales, so that no text can change the vector of another.

Dynamic quantisation takes the scale of an activation from the whole batch, and the same text gets another vector in
other company (cosine down to .95). Here the scales come from calibration texts. SmoothQuant (Xiao et al. 2023,
arXiv:2211.10438) first moves the outliers of the activations into the weights, channel by channel.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from onnx import TensorProto

from eddyline.encoders.build.nodes import MICROSOFT, Nodes
from eddyline.encoders.build.ranges import Range

ALPHA = 0.8
"""How much of an outlier moves from the activations (0) to the weights (1); .8 was the best of those tried."""
_LEAST = 1e-6
"""Keeps the scale of a channel that is always zero finite."""


class Activation(NamedTuple):
    """How float inputs become uint8: ``round(x / step) + zero``."""

    step: np.float32
    zero: np.uint8


class Int8:
    """Weights int8 by column, activations uint8 with one fixed scale a layer, for the CPU provider of onnxruntime."""

    name = "int8"

    def __init__(self, ranges: Mapping[str, Range]) -> None:
        self._ranges = ranges

    def embedding(self, nodes: Nodes, table: NDArray[np.float32]) -> str:
        """Store ``table`` as int8 by row: 12 MB instead of 47."""
        quantised, steps = quantise_columns(table.T)
        rows = nodes.add("Gather", nodes.constant("words", quantised.T), "input_ids")
        step = nodes.add("Gather", nodes.constant("words.step", steps[:, None]), "input_ids")
        return nodes.add("Mul", nodes.add("Cast", rows, to=TensorProto.FLOAT), step)

    def linear(
        self, nodes: Nodes, name: str, value: str, weight: NDArray[np.float32], bias: NDArray[np.float32]
    ) -> str:
        """Divide by the smoothing, round to uint8, multiply exactly in integers, scale back."""
        smoothing = smoothing_of(self._ranges[name], weight)
        activation = activation_of(self._ranges[name], smoothing)
        quantised, steps = quantise_columns(weight * smoothing[:, None])
        step = nodes.constant(f"{name}.step", np.array(activation.step))
        zero = nodes.constant(f"{name}.zero", np.array(activation.zero))
        smooth = nodes.add("Mul", value, nodes.constant(f"{name}.unsmooth", np.float32(1) / smoothing))
        return nodes.add(
            "MatMulIntegerToFloat",
            nodes.add("QuantizeLinear", smooth, step, zero),
            nodes.constant(f"{name}.weight", quantised),
            step,
            nodes.constant(f"{name}.weight.step", steps),
            zero,
            nodes.constant(f"{name}.weight.zero", np.zeros(len(steps), np.int8)),
            nodes.constant(f"{name}.bias", bias),
            domain=MICROSOFT,
        )

    def gelu(self, nodes: Nodes, value: str) -> str:
        """Use the fused operator."""
        return nodes.add("Gelu", value, domain=MICROSOFT)


def smoothing_of(seen: Range, weight: NDArray[np.float32]) -> NDArray[np.float32]:
    """Choose the divisor of every input channel, with a geometric mean of one.

    Computed in float64 and rounded once, so that the last bits of a processor's power function do not show.
    """
    largest = np.maximum(np.abs(seen.low), np.abs(seen.high)).astype(np.float64) + _LEAST
    strongest = np.abs(weight).max(axis=1).astype(np.float64) + _LEAST
    divisor: NDArray[np.float64] = largest**ALPHA / strongest ** (1 - ALPHA)
    divisor /= np.exp(np.log(divisor).mean())
    return divisor.astype(np.float32)


def activation_of(seen: Range, smoothing: NDArray[np.float32]) -> Activation:
    """Spread the smoothed range of a layer, zero included, over 0 ... 255."""
    low = min(float((seen.low / smoothing).min()), 0.0)
    high = max(float((seen.high / smoothing).max()), 0.0)
    step = (high - low) / 255
    return Activation(np.float32(step), np.uint8(round(-low / step)))


def quantise_columns(weight: NDArray[np.float32]) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Write ``weight`` (inputs, outputs) as int8 with one step a column ``(outputs,)``, symmetric."""
    steps = (np.maximum(np.abs(weight).max(axis=0), 1e-8) / 127).astype(np.float32)
    return np.clip(np.rint(weight / steps), -127, 127).astype(np.int8), steps
