"""Golden vectors: a few texts of a bundle whose vectors are known, encoded again at every start."""

import base64
from collections.abc import Sequence
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

LEAST_COSINE = 0.999
"""Another runtime or processor flips roundings: cosines of .9991 and more were measured. Less is another model."""


class GoldenText(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A text and what it must become."""

    text: str
    truncated: bool
    vector: str
    """The int8 vector, base64."""


class GoldenCheck(NamedTuple):
    """How the vectors of this machine agree with those of the bundle."""

    exact: bool
    """Every bit is equal: vectors of this build may be compared with those of ``golden_build_id`` without a flag."""
    least_cosine: float
    """The smallest cosine between a golden vector and its counterpart, 1.0 when exact."""


def read_golden(content: bytes) -> tuple[GoldenText, ...]:
    """Read ``golden.json``; raises ``msgspec.ValidationError``."""
    return msgspec.json.decode(content, type=tuple[GoldenText, ...])


def golden_text(text: str, vector: NDArray[np.int8], *, truncated: bool) -> GoldenText:
    """Record what ``text`` becomes."""
    return GoldenText(text, truncated, base64.b64encode(vector.tobytes()).decode())


def compare(golden: Sequence[GoldenText], vectors: NDArray[np.int8]) -> GoldenCheck:
    """Compare ``vectors`` (n, d), one a golden text, with the recorded ones."""
    expected = np.stack([np.frombuffer(base64.b64decode(item.vector), np.int8) for item in golden])
    if np.array_equal(expected, vectors):
        return GoldenCheck(exact=True, least_cosine=1.0)
    left, right = expected.astype(np.float64), vectors.astype(np.float64)
    norms = np.linalg.norm(left, axis=1) * np.linalg.norm(right, axis=1)
    return GoldenCheck(exact=False, least_cosine=float(((left * right).sum(axis=1) / norms).min()))
