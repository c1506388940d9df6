"""How long a prompt is, in the part of it that is read: so one pasted book cannot move a mean by much."""

from eddyline.features.feature import Numeric
from eddyline.features.reading import Reading


def _characters(reading: Reading) -> int:
    return len(reading.text)


def _words(reading: Reading) -> int:
    return reading.words


def _lines(reading: Reading) -> int:
    return len(reading.lines)


FEATURES = (
    Numeric("characters", "characters of the part that is read, at most 5,001", _characters),
    Numeric("words", "words of the part that is read", _words),
    Numeric("lines", "lines of the part that is read, at least 1", _lines),
)
