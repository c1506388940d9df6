"""Quantisation: steps by column, outliers moved into the weights, zero exact."""

import numpy as np
import pytest
from numpy.typing import NDArray

from eddyline.encoders.build.int8 import activation_of, quantise_columns, smoothing_of
from eddyline.encoders.build.ranges import Range, channels, pack, unpack
from eddyline.encoders.build.weights import Config
from eddyline.errors import RefusedToStart

CONFIG = Config(hidden_size=4, num_attention_heads=2, num_hidden_layers=1, layer_norm_eps=1e-12)


def seen(*largest: float) -> Range:
    """Say that channels were seen between minus and plus ``largest``."""
    high = np.array(largest, np.float32)
    return Range(-high, high)


def random_weight() -> NDArray[np.float32]:
    """Draw a weight of 3 inputs and 5 outputs."""
    return np.random.default_rng(2).normal(size=(3, 5)).astype(np.float32)


def test_a_column_uses_the_whole_int8_range_and_is_off_by_half_a_step_at_most() -> None:
    weight = random_weight()
    quantised, steps = quantise_columns(weight)
    assert np.abs(quantised).max(axis=0).tolist() == [127] * 5
    assert (np.abs(quantised * steps - weight) <= steps / 2 * 1.0001).all()


def test_a_column_of_zeros_stays_zero() -> None:
    quantised, steps = quantise_columns(np.zeros((3, 2), np.float32))
    assert not quantised.any()
    assert (steps > 0).all()


def test_a_channel_with_outliers_is_divided_by_more() -> None:
    smoothing = smoothing_of(seen(100, 1, 1), np.ones((3, 5), np.float32))
    assert smoothing[0] > 10 * smoothing[1]
    assert np.log(smoothing).mean() == pytest.approx(0, abs=1e-6)


def test_a_channel_that_is_always_zero_has_a_finite_divisor() -> None:
    assert np.isfinite(1 / smoothing_of(seen(0, 1, 1), random_weight())).all()


def test_zero_is_exact_and_inside_the_range() -> None:
    only_positive = Range(np.array([0.5, 2], np.float32), np.array([1, 5.1], np.float32))
    activation = activation_of(only_positive, np.ones(2, np.float32))
    assert activation.zero == 0
    assert activation.step == pytest.approx(5.1 / 255)
    assert activation_of(seen(1, 2), np.ones(2, np.float32)).zero in (127, 128)


def test_ranges_survive_packing() -> None:
    source = np.random.default_rng(3)
    ranges = {name: Range(*source.normal(size=(2, n)).astype(np.float32)) for name, n in channels(CONFIG).items()}
    read = unpack(pack(ranges, CONFIG), CONFIG)
    assert list(read) == ["layer0.qkv", "layer0.attention", "layer0.expand", "layer0.contract"]
    assert all(np.array_equal(read[name], ranges[name]) for name in ranges)


def test_ranges_of_another_network_are_refused() -> None:
    ranges = {name: seen(*[1] * count) for name, count in channels(CONFIG).items()}
    wider = Config(hidden_size=8, num_attention_heads=2, num_hidden_layers=1, layer_norm_eps=1e-12)
    with pytest.raises(RefusedToStart, match="the ranges have shape"):
        unpack(pack(ranges, CONFIG), wider)
