"""The graph computes BERT: compared with a few lines of numpy, on a small network of random weights."""

import math
from collections.abc import Mapping

import numpy as np
import pytest
from numpy.typing import NDArray
from onnx import ModelProto

from eddyline.encoders.build.calibration import calibrate
from eddyline.encoders.build.graph import build
from eddyline.encoders.build.int8 import Int8
from eddyline.encoders.build.precision import Float32
from eddyline.encoders.build.ranges import pack, unpack
from eddyline.encoders.build.weights import Config, Network
from eddyline.encoders.bundle import TOKENIZER, Bundle
from eddyline.encoders.runtime import onnxruntime
from eddyline.encoders.tokens import HeadTailTokenizer

CONFIG = Config(hidden_size=16, num_attention_heads=4, num_hidden_layers=2, layer_norm_eps=1e-12)
VOCABULARY, POSITIONS = 30_522, 512
TEXTS = ["where is my order", "", "please summarise the text below in three short points", "cancel it " * 40]


@pytest.fixture(scope="module")
def network() -> Network:
    """Draw random weights for a network of two layers."""
    source, width = np.random.default_rng(11), CONFIG.hidden_size
    shapes: dict[str, tuple[int, ...]] = {
        "embeddings.word_embeddings.weight": (VOCABULARY, width),
        "embeddings.position_embeddings.weight": (POSITIONS, width),
        "embeddings.token_type_embeddings.weight": (2, width),
    }
    for index in range(CONFIG.num_hidden_layers):
        prefix = f"encoder.layer.{index}"
        sizes = {f"attention.self.{part}": (width, width) for part in ("query", "key", "value")}
        sizes |= {"attention.output.dense": (width, width)}
        sizes |= {"intermediate.dense": (4 * width, width), "output.dense": (width, 4 * width)}
        shapes |= {f"{prefix}.{name}.weight": shape for name, shape in sizes.items()}
        shapes |= {f"{prefix}.{name}.bias": shape[:1] for name, shape in sizes.items()}
    tensors = {name: source.normal(0, 0.3, shape).astype(np.float32) for name, shape in shapes.items()}
    norms = ["embeddings", *(f"encoder.layer.{i}.{part}" for i in range(2) for part in ("attention.output", "output"))]
    tensors |= {f"{name}.LayerNorm.weight": source.normal(1, 0.1, width).astype(np.float32) for name in norms}
    tensors |= {f"{name}.LayerNorm.bias": source.normal(0, 0.1, width).astype(np.float32) for name in norms}
    return Network(CONFIG, tensors)


@pytest.fixture(scope="module")
def tokenizer(bundle: Bundle) -> HeadTailTokenizer:
    """Open the tokenizer of the bundle."""
    return HeadTailTokenizer(bundle.files[TOKENIZER], bundle.manifest.truncation)


def bert(tensors: Mapping[str, NDArray[np.float32]], ids: list[int]) -> NDArray[np.float64]:
    """Compute the embedding of one text as the papers write it, in float64."""

    def linear(value: NDArray[np.float64], name: str) -> NDArray[np.float64]:
        result: NDArray[np.float64] = value @ tensors[f"{name}.weight"].T.astype(float) + tensors[f"{name}.bias"]
        return result

    def norm(value: NDArray[np.float64], name: str) -> NDArray[np.float64]:
        centred = value - value.mean(axis=-1, keepdims=True)
        scaled = centred / np.sqrt((centred**2).mean(axis=-1, keepdims=True) + CONFIG.layer_norm_eps)
        result: NDArray[np.float64] = scaled * tensors[f"{name}.LayerNorm.weight"] + tensors[f"{name}.LayerNorm.bias"]
        return result

    def heads(value: NDArray[np.float64], name: str) -> NDArray[np.float64]:
        return linear(value, name).reshape(len(ids), 4, 4).transpose(1, 0, 2)

    x = tensors["embeddings.word_embeddings.weight"][ids].astype(float)
    x = x + tensors["embeddings.position_embeddings.weight"][: len(ids)]
    x = norm(x + tensors["embeddings.token_type_embeddings.weight"][0], "embeddings")
    for index in range(CONFIG.num_hidden_layers):
        layer = f"encoder.layer.{index}"
        query, key, value = (heads(x, f"{layer}.attention.self.{part}") for part in ("query", "key", "value"))
        scores = np.exp(query @ key.transpose(0, 2, 1) / math.sqrt(CONFIG.head_size))
        mixed = (scores / scores.sum(axis=-1, keepdims=True) @ value).transpose(1, 0, 2).reshape(len(ids), -1)
        x = norm(linear(mixed, f"{layer}.attention.output.dense") + x, f"{layer}.attention.output")
        wide = linear(x, f"{layer}.intermediate.dense")
        active = wide * 0.5 * (1 + np.vectorize(math.erf)(wide / math.sqrt(2)))
        x = norm(linear(active, f"{layer}.output.dense") + x, f"{layer}.output")
    mean: NDArray[np.float64] = x.mean(axis=0)
    return mean / np.linalg.norm(mean)


def run(model: ModelProto, ids: list[int], padding: int = 0) -> NDArray[np.float32]:
    """Run a model on one text, followed by masked tokens."""
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    rows = np.array([ids + [0] * padding], np.int64)
    mask = np.array([[1] * len(ids) + [0] * padding], np.int64)
    (vectors,) = session.run(None, {"input_ids": rows, "attention_mask": mask})
    result: NDArray[np.float32] = vectors[0]
    return result


def test_the_float32_graph_is_bert_with_mean_pooling(network: Network, tokenizer: HeadTailTokenizer) -> None:
    model = build(network, Float32())
    for tokens in tokenizer.tokenize(TEXTS):
        assert np.allclose(run(model, tokens.ids), bert(network.tensors, tokens.ids), atol=2e-6)


def test_masked_tokens_change_nothing_but_last_bits(network: Network) -> None:
    model = build(network, Float32())
    assert np.allclose(run(model, [101, 2073, 102]), run(model, [101, 2073, 102], padding=9), atol=1e-6)


def test_the_int8_graph_is_near_the_float32_graph(network: Network, tokenizer: HeadTailTokenizer) -> None:
    ranges = calibrate(network, tokenizer, TEXTS)
    exact, quantised = build(network, Float32()), build(network, Int8(ranges))
    for tokens in tokenizer.tokenize(TEXTS):
        assert run(exact, tokens.ids) @ run(quantised, tokens.ids) > 0.995


def test_the_same_ranges_give_the_same_bytes(network: Network, tokenizer: HeadTailTokenizer) -> None:
    ranges = calibrate(network, tokenizer, TEXTS)
    again = unpack(pack(ranges, CONFIG), CONFIG)
    models = [build(network, Int8(seen)).SerializeToString(deterministic=True) for seen in (ranges, again)]
    assert models[0] == models[1]


def test_a_further_text_only_widens_a_range(network: Network, tokenizer: HeadTailTokenizer) -> None:
    few, more = calibrate(network, tokenizer, TEXTS[:2]), calibrate(network, tokenizer, TEXTS)
    assert all((more[name].low <= few[name].low).all() for name in few)
    assert all((more[name].high >= few[name].high).all() for name in few)
