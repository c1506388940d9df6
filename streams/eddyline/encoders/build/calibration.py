"""Calibration: run texts through the float32 network and keep the range of every input channel of a linear layer."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from onnx import ModelProto, TensorProto, helper

from eddyline.encoders.build.graph import build
from eddyline.encoders.build.nodes import Nodes
from eddyline.encoders.build.precision import Float32
from eddyline.encoders.build.ranges import Range
from eddyline.encoders.build.weights import Network
from eddyline.encoders.runtime import onnxruntime
from eddyline.encoders.tokens import HeadTailTokenizer


class _Tapped(Float32):
    """Float32 that remembers which value every linear layer reads."""

    def __init__(self) -> None:
        self.inputs: dict[str, str] = {}

    def linear(
        self, nodes: Nodes, name: str, value: str, weight: NDArray[np.float32], bias: NDArray[np.float32]
    ) -> str:
        self.inputs[name] = value
        return super().linear(nodes, name, value, weight, bias)


def calibrate(network: Network, tokenizer: HeadTailTokenizer, texts: Sequence[str]) -> dict[str, Range]:
    """Measure the range of every linear layer over ``texts``, tokenised as the encoder will tokenise them."""
    tapped = _Tapped()
    session = _session(build(network, tapped), list(tapped.inputs.values()))
    ranges: dict[str, Range] = {}
    for tokens in tokenizer.tokenize(texts):
        ids = np.array([tokens.ids], np.int64)
        values = session.run(list(tapped.inputs.values()), {"input_ids": ids, "attention_mask": np.ones_like(ids)})
        for name, value in zip(tapped.inputs, values, strict=True):
            ranges[name] = _wider(ranges.get(name), value[0])
    return ranges


def _session(model: ModelProto, taps: list[str]) -> onnxruntime.InferenceSession:
    model.graph.output.extend(helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in taps)
    return onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])


def _wider(seen: Range | None, value: NDArray[np.float32]) -> Range:
    low, high = value.min(axis=0), value.max(axis=0)
    return Range(np.minimum(seen.low, low), np.maximum(seen.high, high)) if seen else Range(low, high)
