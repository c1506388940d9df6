"""What the features look at: one prompt, bounded and split into words once for all of them."""

import re
from typing import NamedTuple

HEAD = 4_000
"""Characters read from the start of a text; instructions stand here or at the end."""
TAIL = 1_000
"""Characters read from the end of a text that is longer than ``HEAD + TAIL``."""

_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")


class Reading(NamedTuple):
    """A prompt as the features see it: at most ``HEAD + 1 + TAIL`` characters of it."""

    text: str
    """The part that is read, as typed but for Windows line breaks; a line break stands for what was left out."""
    lower: str
    """``text`` in lower case, with straight apostrophes."""
    lines: tuple[str, ...]
    """``lower`` split at its line breaks."""
    vocabulary: frozenset[str]
    """The different words of ``lower``."""
    spoken: str
    """The words of ``lower`` in order, one space before and after each; no punctuation."""
    words: int
    """How many words ``spoken`` has. A script without spaces makes one word of every run of letters."""


def read(text: str) -> Reading:
    """Cut ``text`` to the part that is read and split that into words; total, in time bounded by ``HEAD + TAIL``."""
    if len(text) > HEAD + TAIL:
        text = f"{text[:HEAD]}\n{text[-TAIL:]}"
    text = text.replace("\r\n", "\n")
    lower = text.lower().replace("\u2019", "'")
    words = _WORD.findall(lower)
    return Reading(text, lower, tuple(lower.split("\n")), frozenset(words), f" {' '.join(words)} ", len(words))
