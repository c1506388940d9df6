"""What is kept of the texts: vectors, projections and style features, from the encoder and the feature functions."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from tests.oracle.log import Log, Prompt

from eddyline import features
from eddyline.encoders import OnnxEncoder

FEATURES, NUMERIC = 32, 8
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Row:
    """A text as the encoder sees it: ``(384,)``, ``(64,)``, and whether it was too long."""

    vector: Ints
    projected: Ints
    truncated: bool


@dataclass(frozen=True)
class Seen:
    """A prompt with everything that is counted of it."""

    prompt: Prompt
    row: Row
    flags: int
    features: Ints
    """``(32,)``, 1 where a style feature holds."""
    numeric: Ints
    """``(8,)``."""

    @property
    def order(self) -> tuple[int, str]:
        """What "first" means."""
        return self.prompt.at, self.prompt.id


@dataclass(frozen=True)
class Sums:
    """``n`` prompts and the sums of what is counted of each."""

    n: int
    x: Ints
    features: Ints
    numeric: Ints


def rows_of(log: Log, encoder: OnnxEncoder) -> dict[str, Row]:
    """Return every text of a log, encoded."""
    texts = [prompt.text for prompt in log.prompts] + [answer.text for answer in log.answers]
    texts += [prompt.response for prompt in log.prompts if prompt.response is not None]
    return encode(texts, encoder)


def encode(texts: Iterable[str], encoder: OnnxEncoder) -> dict[str, Row]:
    """Return texts, encoded."""
    distinct = sorted(set(texts))
    found = encoder.encode(distinct)
    columns = zip(found.vectors.astype(np.int64), found.projected.astype(np.int64), found.truncated, strict=True)
    return {text: Row(*row) for text, row in zip(distinct, columns, strict=True)}


def see(prompt: Prompt, rows: dict[str, Row]) -> Seen:
    """Return a prompt with what is counted of it."""
    style = features.style(prompt.text)
    bits, numeric = style_bits(prompt.text), np.array(padded(style.numeric), np.int64)
    return Seen(prompt, rows[prompt.text], style.flags, bits, numeric)


def style_bits(text: str) -> Ints:
    """Return ``(32,)``, 1 where a style feature of a text holds."""
    flags = features.style(text).flags
    return np.array([flags >> bit & 1 for bit in range(FEATURES)], np.int64)


def padded(numeric: Sequence[int]) -> list[int]:
    """Return numeric features with room for those to come."""
    return [*numeric, *[0] * (NUMERIC - len(numeric))]


def total(prompts: Sequence[Seen]) -> Sums:
    """Return the sums over prompts."""
    return Sums(
        len(prompts),
        sum((seen.row.vector for seen in prompts), np.zeros(384, np.int64)),
        sum((seen.features for seen in prompts), np.zeros(FEATURES, np.int64)),
        sum((seen.numeric for seen in prompts), np.zeros(NUMERIC, np.int64)),
    )
