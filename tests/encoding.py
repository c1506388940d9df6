"""A fake encoder: a unit vector that depends on the text alone, for tests in which no text means anything."""

import hashlib
from collections.abc import Sequence

import numpy as np

from eddyline.protocols import SCALE, Encoded


class DigestEncoder:
    """Encodes a text as the 384 bits of its SHA-384: different texts are nearly orthogonal."""

    space_id, build_id = "digest", "digest"

    def encode(self, texts: Sequence[str]) -> Encoded:
        """Return a row of plus and minus 1 / sqrt(384), quantised, for every text."""
        digests = b"".join(hashlib.sha384(text.encode()).digest() for text in texts)
        bits = np.unpackbits(np.frombuffer(digests, np.uint8)).reshape(len(texts), 384)
        vectors = ((2 * bits.astype(np.int8) - 1) * round(SCALE / 384**0.5)).astype(np.int8)
        return Encoded(vectors, vectors[:, :64].astype(np.int16), np.zeros(len(texts), np.bool_))
