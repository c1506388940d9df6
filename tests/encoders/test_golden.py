"""Golden vectors: exact is fine, close is flagged, anything else is refused."""

import base64

import msgspec
import numpy as np
import pytest
from numpy.typing import NDArray

from eddyline.encoders import OnnxEncoder
from eddyline.encoders.bundle import GOLDEN, Bundle
from eddyline.encoders.golden import LEAST_COSINE, GoldenText, golden_text, read_golden
from eddyline.encoders.session import Session
from eddyline.errors import RefusedToStart


def encoder_with(bundle: Bundle, golden: list[GoldenText]) -> OnnxEncoder:
    """Open an encoder that expects other golden vectors."""
    files = {**bundle.files, GOLDEN: msgspec.json.encode(golden)}
    return OnnxEncoder(bundle._replace(files=files), threads=1, cache_size=0)


def vector_of(item: GoldenText) -> NDArray[np.int8]:
    """Decode a golden vector."""
    return np.frombuffer(base64.b64decode(item.vector), np.int8)


def test_this_machine_gives_the_vectors_of_the_bundle(encoder: OnnxEncoder, bundle: Bundle) -> None:
    check = encoder.verify()
    assert check.least_cosine >= LEAST_COSINE
    if encoder.build_id == bundle.manifest.golden_build_id:
        assert check.exact


def test_the_golden_texts_cover_what_is_special(bundle: Bundle) -> None:
    golden = read_golden(bundle.files[GOLDEN])
    texts = [item.text for item in golden]
    assert len(golden) >= 16
    assert "" in texts
    assert any(item.truncated for item in golden)
    assert any("\u4e00" <= character <= "\u9fff" for text in texts for character in text)
    assert any(character > "\U0001f000" for text in texts for character in text)


def test_a_vector_that_differs_in_a_rounding_is_flagged(bundle: Bundle) -> None:
    first, *rest = read_golden(bundle.files[GOLDEN])
    other = vector_of(first).copy()
    other[0] += 1
    check = encoder_with(bundle, [golden_text(first.text, other, truncated=first.truncated), *rest]).verify()
    assert not check.exact
    assert LEAST_COSINE <= check.least_cosine < 1


def test_vectors_of_another_model_are_refused(bundle: Bundle) -> None:
    first, second, *rest = read_golden(bundle.files[GOLDEN])
    swapped = golden_text(first.text, vector_of(second), truncated=first.truncated)
    with pytest.raises(RefusedToStart, match="does not reproduce the golden vectors"):
        encoder_with(bundle, [swapped, second, *rest]).verify()


def test_another_truncation_is_refused(bundle: Bundle) -> None:
    first, *rest = read_golden(bundle.files[GOLDEN])
    cut = golden_text(first.text, vector_of(first), truncated=True)
    with pytest.raises(RefusedToStart, match="does not reproduce the golden vectors"):
        encoder_with(bundle, [cut, *rest]).verify()


def test_a_model_whose_vectors_depend_on_the_batch_is_refused(
    encoder: OnnxEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = Session.run

    def batch_dependent(session: Session, rows: list[list[int]]) -> NDArray[np.float32]:
        return run(session, rows) + np.float32(0.01 * (len(rows) > 1))

    monkeypatch.setattr(Session, "run", batch_dependent)
    with pytest.raises(RefusedToStart, match="another vector in a batch than alone"):
        encoder.verify()
