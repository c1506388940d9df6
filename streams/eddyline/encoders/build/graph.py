"""The network as an ONNX graph: BERT, mean pooling, unit length; Devlin et al. 2019, Reimers and Gurevych 2019."""

import numpy as np
from numpy.typing import NDArray
from onnx import ModelProto, TensorProto, ValueInfoProto, helper

from eddyline.encoders.build.nodes import MICROSOFT, Nodes
from eddyline.encoders.build.precision import Precision
from eddyline.encoders.build.weights import Network, attention_scale

OUTPUT = "sentence_embedding"
_OPSET, _IR_VERSION = 17, 8
_MASKED = -1e4
"""Added to the attention of a padding token: zero after the softmax, finite in every precision."""


def build(network: Network, precision: Precision) -> ModelProto:
    """Build the model: ``input_ids`` and ``attention_mask`` (n, length) int64 to unit vectors (n, d) float32."""
    bert = _Bert(network, precision)
    bert.pooled(bert.encoded())
    inputs = [_tensor(name, TensorProto.INT64, "length") for name in ("input_ids", "attention_mask")]
    outputs = [_tensor(OUTPUT, TensorProto.FLOAT, network.config.hidden_size)]
    graph = helper.make_graph(bert.nodes.nodes, f"minilm-{precision.name}", inputs, outputs, bert.nodes.constants)
    opsets = [helper.make_opsetid("", _OPSET), helper.make_opsetid(MICROSOFT, 1)]
    return helper.make_model(graph, opset_imports=opsets, producer_name="eddyline", ir_version=_IR_VERSION)


def _tensor(name: str, kind: int, width: str | int) -> ValueInfoProto:
    return helper.make_tensor_value_info(name, kind, ["n", width])


class _Bert:
    def __init__(self, network: Network, precision: Precision) -> None:
        self.nodes = Nodes()
        self._config, self._tensors = network
        self._precision = precision
        self._mask = self.nodes.add("Cast", "attention_mask", to=TensorProto.FLOAT)

    def encoded(self) -> str:
        """Embed the tokens and send them through every layer: (n, length, d)."""
        value = self._embedded()
        bias = self._attention_bias()
        for index in range(self._config.num_hidden_layers):
            value = self._feed_forward(index, self._attention(index, value, bias))
        return value

    def pooled(self, value: str) -> str:
        """Average over the tokens that are not masked and bring to unit length: the sum has the same direction."""
        add, axis = self.nodes.add, self.nodes.integers(1)
        total = add("Squeeze", add("MatMul", add("Unsqueeze", self._mask, axis), value), axis)
        norm = add("Max", add("ReduceL2", total, axes=[-1], keepdims=1), self.nodes.number(1e-12))
        return add("Div", total, norm, output=OUTPUT)

    def _embedded(self) -> str:
        add, nodes = self.nodes.add, self.nodes
        words = self._precision.embedding(nodes, self._tensors["embeddings.word_embeddings.weight"])
        types = self._tensors["embeddings.token_type_embeddings.weight"][0]
        table = nodes.constant("positions", self._tensors["embeddings.position_embeddings.weight"] + types)
        length = add("Slice", add("Shape", "input_ids"), nodes.integers(1), nodes.integers(2))
        positions = add("Slice", table, nodes.integers(0), length, nodes.integers(0))
        return self._normalised(add("Add", words, positions), "embeddings.LayerNorm")

    def _attention_bias(self) -> str:
        add, nodes = self.nodes.add, self.nodes
        masked = add("Mul", add("Sub", nodes.number(1.0), self._mask), nodes.number(_MASKED))
        return add("Unsqueeze", masked, nodes.integers(1, 2))

    def _attention(self, index: int, value: str, bias: str) -> str:
        add, prefix = self.nodes.add, f"encoder.layer.{index}.attention"
        query, key, content = self._heads(index, value)
        scores = add("MatMul", query, add("Transpose", key, perm=[0, 1, 3, 2]))
        weights = add("Softmax", add("Add", scores, bias), axis=-1)
        mixed = add("Transpose", add("MatMul", weights, content), perm=[0, 2, 1, 3])
        joined = add("Reshape", mixed, self.nodes.integers(0, 0, self._config.hidden_size))
        output = self._linear(f"layer{index}.attention", joined, f"{prefix}.output.dense")
        return self._normalised(add("Add", output, value), f"{prefix}.output.LayerNorm")

    def _heads(self, index: int, value: str) -> list[str]:
        """Compute query, key and value in one product, (n, heads, length, head size) each."""
        add, config = self.nodes.add, self._config
        name = f"layer{index}.qkv"
        product = self._precision.linear(self.nodes, name, value, *self._query_key_value(index))
        shape = self.nodes.integers(0, 0, 3, config.num_attention_heads, config.head_size)
        split = add("Transpose", add("Reshape", product, shape), perm=[2, 0, 3, 1, 4])
        indices = [self.nodes.constant(f"index_{i}", np.array(i, np.int64)) for i in range(3)]
        return [add("Gather", split, index, axis=0) for index in indices]

    def _query_key_value(self, index: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Put the three matrices side by side; the scale of the dot product goes into the query's."""
        prefix = f"encoder.layer.{index}.attention.self"
        scales = {"query": attention_scale(self._config), "key": np.float32(1), "value": np.float32(1)}
        weights = [self._tensors[f"{prefix}.{part}.weight"].T * scale for part, scale in scales.items()]
        biases = [self._tensors[f"{prefix}.{part}.bias"] * scale for part, scale in scales.items()]
        return np.concatenate(weights, axis=1), np.concatenate(biases)

    def _feed_forward(self, index: int, value: str) -> str:
        prefix = f"encoder.layer.{index}"
        wide = self._linear(f"layer{index}.expand", value, f"{prefix}.intermediate.dense")
        active = self._precision.gelu(self.nodes, wide)
        output = self._linear(f"layer{index}.contract", active, f"{prefix}.output.dense")
        return self._normalised(self.nodes.add("Add", output, value), f"{prefix}.output.LayerNorm")

    def _linear(self, name: str, value: str, source: str) -> str:
        weight, bias = self._tensors[f"{source}.weight"].T, self._tensors[f"{source}.bias"]
        return self._precision.linear(self.nodes, name, value, weight, bias)

    def _normalised(self, value: str, source: str) -> str:
        scale = self.nodes.constant(f"{source}.weight", self._tensors[f"{source}.weight"])
        bias = self.nodes.constant(f"{source}.bias", self._tensors[f"{source}.bias"])
        epsilon = self._config.layer_norm_eps
        return self.nodes.add("LayerNormalization", value, scale, bias, axis=-1, epsilon=epsilon)
