"""The encoder as the rest of Eddyline sees it."""

import threading
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from eddyline.encoders import OnnxEncoder, open_encoder
from eddyline.encoders.bundle import MODEL, Bundle
from eddyline.encoders.session import Session
from eddyline.errors import RefusedToStart
from eddyline.protocols import SCALE, Encoder


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Record how many texts each run of a model encodes."""
    sizes: list[int] = []
    run = Session.run

    def recorded(session: Session, rows: list[list[int]]) -> NDArray[np.float32]:
        sizes.append(len(rows))
        return run(session, rows)

    monkeypatch.setattr(Session, "run", recorded)
    return sizes


def cosine(left: NDArray[np.int8], right: NDArray[np.int8]) -> float:
    """Compare two int8 vectors."""
    first, second = left.astype(float), right.astype(float)
    return float(first @ second / np.linalg.norm(first) / np.linalg.norm(second))


def test_it_is_an_encoder(encoder: OnnxEncoder) -> None:
    as_seen_by_the_stages: Encoder = encoder
    assert as_seen_by_the_stages.space_id.startswith("minilm-l6-v2:")
    assert as_seen_by_the_stages.build_id.startswith("onnxruntime/")


def test_shapes_and_types_are_those_of_the_protocol(encoder: OnnxEncoder) -> None:
    encoded = encoder.encode(["one", "", "three " * 300])
    assert [column.shape for column in encoded] == [(3, 384), (3, 64), (3,)]
    assert [column.dtype.name for column in encoded] == ["int8", "int16", "bool"]
    assert encoded.truncated.tolist() == [False, False, True]


def test_no_texts_give_no_rows(encoder: OnnxEncoder) -> None:
    assert [column.shape for column in encoder.encode([])] == [(0, 384), (0, 64), (0,)]


@pytest.mark.parametrize("text", ["", " ", "\n\t", "\ud800", "\x00", "退款", "😂" * 500, "a" * 100_000])
def test_every_text_has_a_vector_of_about_unit_length(encoder: OnnxEncoder, text: str) -> None:
    norm = np.linalg.norm(encoder.encode([text]).vectors.astype(float))
    # The largest component of the empty text is clipped, which takes 4 % off.
    assert norm == pytest.approx(SCALE, rel=0.05)


def test_texts_of_one_meaning_are_nearer_than_texts_of_two(encoder: OnnxEncoder) -> None:
    vectors = encoder.encode(["where is my parcel", "track my package please", "write a poem about the sea"]).vectors
    assert cosine(vectors[0], vectors[1]) > cosine(vectors[0], vectors[2]) + 0.3


def test_a_change_at_the_end_of_a_long_text_is_seen(encoder: OnnxEncoder) -> None:
    head = "Please read the following report on our parcel service. " * 60
    vectors = encoder.encode([head + "Thank you and goodbye. " * 30, head + "def f(x): return x ** 2\n" * 30]).vectors
    assert cosine(vectors[0], vectors[1]) < 0.95


def test_a_text_that_occurs_twice_is_encoded_once(encoder: OnnxEncoder, runs: list[int]) -> None:
    vectors = encoder.encode(["hello", "goodbye"] * 50).vectors
    assert runs == [2]
    assert np.array_equal(vectors[:2], vectors[-2:])


def test_a_text_of_an_earlier_call_is_not_encoded_again(bundle_dir: Path, runs: list[int]) -> None:
    with open_encoder(bundle_dir, threads=1, cache_size=10) as encoder:
        first = encoder.encode(["hello"])
        second = encoder.encode(["hello", "order"])
    assert runs == [1, 1]
    assert np.array_equal(first.vectors[0], second.vectors[0])
    assert np.array_equal(first.projected[0], second.projected[0])


def test_without_a_cache_a_text_is_encoded_again(encoder: OnnxEncoder, runs: list[int]) -> None:
    encoder.encode(["hello"])
    encoder.encode(["hello"])
    assert runs == [1, 1]


def test_vectors_cannot_be_changed_by_a_reader(encoder: OnnxEncoder) -> None:
    with pytest.raises(ValueError, match="read-only"):
        encoder.encode(["hello"]).vectors[0, 0] = 1


def test_closing_ends_the_threads_of_the_encoder(bundle_dir: Path) -> None:
    before = threading.active_count()
    with open_encoder(bundle_dir, threads=2, cache_size=0) as encoder:
        encoder.encode(["one", "two words", "three words here"])
        assert threading.active_count() > before
    assert threading.active_count() == before


def test_a_model_of_another_dimension_is_refused(bundle: Bundle) -> None:
    with pytest.raises(RefusedToStart, match=r"to \[384\], expected .* to \[768\]"):
        Session(bundle.files[MODEL], 768)
