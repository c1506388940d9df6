"""The whitening gives prompts like those it was fitted on unit variance in every direction."""

from pathlib import Path

import numpy as np
import pytest

from eddyline.detectors.whitening import UNIT, Whitening
from eddyline.encoders.build.texts import PROMPTS, draw
from eddyline.encoders.build.whitening import whitening
from eddyline.errors import RefusedToStart


def test_whitened_vectors_are_uncorrelated_with_variance_one() -> None:
    source = np.random.default_rng(5)
    mixing = source.normal(size=(8, 8)) * 30
    vectors = np.clip(np.rint(source.normal(size=(5_000, 8)) @ mixing), -127, 127).astype(np.int8)
    found = Whitening(whitening(vectors, 4)).apply(vectors.astype(np.int64)) / UNIT
    assert np.abs(np.cov(found, rowvar=False) - np.eye(4)).max() < 0.01


def test_directions_are_in_falling_order_of_variance_and_of_fixed_sign() -> None:
    source = np.random.default_rng(4)
    vectors = np.rint(source.normal(size=(4_000, 4)) * np.array([50, 60, 90, 55])).clip(-127, 127).astype(np.int8)
    found = whitening(vectors, 2)
    assert found.argmax(axis=0).tolist() == [2, 1]


def test_only_prompts_are_drawn_for_it(tmp_path: Path) -> None:
    file = tmp_path / "texts.jsonl"
    file.write_text('{"prompt": "asked", "response": "answered"}\n')
    assert draw([file], 5, PROMPTS) == ["asked"]


def test_directions_without_variance_are_refused() -> None:
    vectors = np.zeros((100, 4), np.int8)
    vectors[:, 0], vectors[:50, 1] = np.arange(100), 1
    with pytest.raises(RefusedToStart, match="vary too little"):
        whitening(vectors, 2)
