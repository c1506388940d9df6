"""Style features: about twenty readable yes/no questions about a prompt, and its length.

Where the embedding says *that* prompts moved, the features say *how*: more format instructions, fewer questions.
A feature is a plain function of a :class:`~eddyline.features.reading.Reading`; its family's file holds it, and one line
below registers the family. The order is the order of the bits in every stored count: only ever append, and raise
:data:`VERSION` when a bit changes its meaning. Word lists are English unless a file says otherwise.

At most the first 4,000 and the last 1,000 characters of a text are read, so the time for one text is bounded.
"""

from typing import NamedTuple

from eddyline.features import instruction, language, material, register, size, speech_act, turn
from eddyline.features.reading import read

VERSION = 1
"""Changes when the meaning of a bit changes; counts of two versions are not comparable."""

_YES_NO = (
    *speech_act.FEATURES,
    *register.FEATURES,
    *instruction.FEATURES,
    *material.FEATURES,
    *turn.FEATURES,
    *language.FEATURES,
)
_NUMERIC = size.FEATURES
_BITS = tuple((1 << place, feature.holds) for place, feature in enumerate(_YES_NO))

NAMES: tuple[str, ...] = tuple(feature.name for feature in _YES_NO)
"""The yes/no features in the order of their bits."""
PHRASES: dict[str, str] = {feature.name: feature.phrase for feature in _YES_NO}
"""What completes "prompts that ..." for each of them."""
NUMERIC_NAMES: tuple[str, ...] = tuple(feature.name for feature in _NUMERIC)
"""The numeric features in the order of :attr:`Style.numeric`."""


class Style(NamedTuple):
    """The style of one prompt."""

    flags: int
    """Bit ``i`` is set when ``NAMES[i]`` holds."""
    numeric: tuple[int, ...]
    """Element ``i`` is the value of ``NUMERIC_NAMES[i]``, at least 0."""


def describe() -> dict[str, str]:
    """Say in one line what each feature means: names of both kinds, in order, to descriptions."""
    return {feature.name: feature.description for feature in (*_YES_NO, *_NUMERIC)}


def style(text: str) -> Style:
    """Ask every feature about ``text``; total, deterministic, and bounded in time whatever the text is.

    >>> found = style("Please list three rivers.")
    >>> [name for place, name in enumerate(NAMES) if found.flags >> place & 1]
    ['imperative', 'politeness']
    >>> dict(zip(NUMERIC_NAMES, found.numeric))
    {'characters': 25, 'words': 4, 'lines': 1}
    """
    reading = read(text)
    flags = sum(bit for bit, holds in _BITS if holds(reading))
    return Style(flags, tuple(feature.measure(reading) for feature in _NUMERIC))
