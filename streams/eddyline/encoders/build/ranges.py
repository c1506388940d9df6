"""Calibration ranges: the smallest and largest value of every input channel of every linear layer.

They are the only trace of the calibration texts in a bundle, and all that is needed to build the int8 model again.
"""

import io
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from eddyline.encoders.build.weights import Config
from eddyline.errors import RefusedToStart


class Range(NamedTuple):
    """The values that a linear layer sees, ``(channels,)`` each."""

    low: NDArray[np.float32]
    high: NDArray[np.float32]


def channels(config: Config) -> dict[str, int]:
    """Count the input channels of every linear layer, in the order of the network."""
    width = config.hidden_size
    per_layer = {"qkv": width, "attention": width, "expand": width, "contract": 4 * width}
    return {f"layer{i}.{name}": count for i in range(config.num_hidden_layers) for name, count in per_layer.items()}


def pack(ranges: Mapping[str, Range], config: Config) -> bytes:
    """Write ``ranges`` as a float32 array ``(2, channels of all layers)``: low, high."""
    rows = [np.concatenate([getattr(ranges[name], side) for name in channels(config)]) for side in Range._fields]
    buffer = io.BytesIO()
    np.save(buffer, np.stack(rows).astype("<f4"), allow_pickle=False)
    return buffer.getvalue()


def unpack(content: bytes, config: Config) -> dict[str, Range]:
    """Read what :func:`pack` wrote; raises RefusedToStart for ranges of another network."""
    counts = channels(config)
    array = np.load(io.BytesIO(content), allow_pickle=False)
    if array.shape != (2, sum(counts.values())):
        raise RefusedToStart(f"the ranges have shape {array.shape}, expected (2, {sum(counts.values())})")
    parts = np.split(array, np.cumsum(list(counts.values()))[:-1], axis=1)
    return {name: Range(*part) for name, part in zip(counts, parts, strict=True)}
