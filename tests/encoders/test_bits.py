"""The promise of the encoder: the same text gives the same bits, however and in whatever company it is encoded."""

import random
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from tests import real_text

from eddyline.encoders import OnnxEncoder, open_encoder
from eddyline.protocols import Encoded


def encode_in_pieces(encoder: OnnxEncoder, texts: Sequence[str], size: int) -> Encoded:
    """Encode ``size`` texts at a time."""
    parts = [encoder.encode(texts[start : start + size]) for start in range(0, len(texts), size)]
    return Encoded(
        np.concatenate([part.vectors for part in parts]),
        np.concatenate([part.projected for part in parts]),
        np.concatenate([part.truncated for part in parts]),
    )


def assert_same_bits(left: Encoded, right: Encoded) -> None:
    """Compare every column of two results."""
    assert np.array_equal(left.vectors, right.vectors)
    assert np.array_equal(left.projected, right.projected)
    assert np.array_equal(left.truncated, right.truncated)


def rows(encoded: Encoded, selection: slice | list[int]) -> Encoded:
    """Select rows of every column."""
    return Encoded(encoded.vectors[selection], encoded.projected[selection], encoded.truncated[selection])


@pytest.fixture(scope="module")
def alone(encoder: OnnxEncoder, generated_texts: list[str]) -> Encoded:
    """Encode every generated text in a call of its own."""
    return encode_in_pieces(encoder, generated_texts, 1)


@pytest.mark.parametrize("size", [7, 512])
def test_a_text_in_a_batch_has_the_bits_it_has_alone(
    encoder: OnnxEncoder, generated_texts: list[str], alone: Encoded, size: int
) -> None:
    assert_same_bits(alone, encode_in_pieces(encoder, generated_texts, size))


def test_the_order_of_a_batch_does_not_show(encoder: OnnxEncoder, generated_texts: list[str], alone: Encoded) -> None:
    order = list(range(len(generated_texts)))
    random.Random(3).shuffle(order)
    shuffled = encode_in_pieces(encoder, [generated_texts[index] for index in order], 300)
    assert_same_bits(rows(alone, order), shuffled)


def test_threads_inside_and_outside_do_not_show(bundle_dir: Path, generated_texts: list[str], alone: Encoded) -> None:
    halves = [slice(0, 1_000), slice(1_000, None)]
    with open_encoder(bundle_dir, threads=2, cache_size=500) as encoder, ThreadPoolExecutor(2) as callers:
        parts = list(callers.map(lambda half: encode_in_pieces(encoder, generated_texts[half], 100), halves))
    for half, part in zip(halves, parts, strict=True):
        assert_same_bits(rows(alone, half), part)


def test_a_replay_from_the_cache_has_the_same_bits(
    bundle_dir: Path, generated_texts: list[str], alone: Encoded
) -> None:
    texts = generated_texts[:600]
    with open_encoder(bundle_dir, threads=1, cache_size=400) as encoder:
        first, again = (encode_in_pieces(encoder, texts, 50) for _ in range(2))
    expected = rows(alone, slice(0, 600))
    assert_same_bits(expected, first)
    assert_same_bits(expected, again)


def test_real_texts_have_the_same_bits_alone_and_batched(encoder: OnnxEncoder) -> None:
    texts = [row["prompt"] for row in real_text.rows("clinc150")[::12]] + [
        row["prompt"] for row in real_text.rows("zh_questions")[::60]
    ]
    assert len(texts) > 2_000
    assert_same_bits(encode_in_pieces(encoder, texts, 1), encode_in_pieces(encoder, texts, 512))
