"""What a scorer is: a named, versioned function of one interaction."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Interaction(NamedTuple):
    """One prompt and its response, as far as they are at hand.

    Texts are never stored: when the two arrive as separate events, of the early one only the vector is at hand.
    """

    prompt: NDArray[np.int8] | None
    """``(d,)`` int8: the prompt's unit vector times :data:`eddyline.protocols.SCALE`."""
    response: NDArray[np.int8] | None
    """``(d,)`` int8: the response's, in the same embedding space."""
    text: str | None
    """The response's text."""


class Scorer(NamedTuple):
    """A scorer; register a new one in ``eddyline.scorers``."""

    name: str
    """Lower case with underscores; part of the score's id."""
    version: str
    """Changes when the same interaction would get another score; scores of two versions are not comparable."""
    score: Callable[[Interaction], float | None]
    """The score, finite and the same on every machine, or ``None`` when what it needs is not there."""
