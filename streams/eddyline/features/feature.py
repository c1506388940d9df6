"""What a feature is: a named function of a :class:`~eddyline.features.reading.Reading`."""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from eddyline.features.reading import Reading

Holds = Callable[[Reading], bool]
"""A yes/no question about a prompt: deterministic, never raises, linear in what is read."""
Measure = Callable[[Reading], int]
"""A count in a prompt: deterministic, never raises, at least 0."""


class Feature(NamedTuple):
    """A yes/no feature; its place among all features is its bit."""

    name: str
    description: str
    """One line that completes "the prompt ..."."""
    phrase: str
    """A few words that complete "prompts that ...", for a sentence in an alert."""
    holds: Holds


class Numeric(NamedTuple):
    """A numeric feature."""

    name: str
    description: str
    """One line that says what is counted."""
    measure: Measure


def listed(phrases: str) -> list[str]:
    """Split a comma-separated list, that may run over several lines, into phrases of words with one space between.

    >>> listed("please, thank you")
    ['please', 'thank you']
    """
    return [" ".join(phrase.split()) for phrase in phrases.split(",")]


def says(phrases: str) -> Holds:
    """Ask whether any of the comma-separated ``phrases`` (in lower case) is said, wherever it is.

    >>> from eddyline.features.reading import read
    >>> says("try again")(read("No. Try -- AGAIN!"))
    True
    """
    words = frozenset(phrase for phrase in listed(phrases) if " " not in phrase)
    several = _by_first_word(phrase for phrase in listed(phrases) if " " in phrase)
    first_words = frozenset(several)

    def holds(reading: Reading) -> bool:
        if not words.isdisjoint(reading.vocabulary):
            return True
        heard = first_words & reading.vocabulary
        return any(phrase in reading.spoken for word in heard for phrase in several[word])

    return holds


def _by_first_word(phrases: Iterable[str]) -> dict[str, list[str]]:
    """Group phrases, so that only those whose first word is there are searched for."""
    grouped: dict[str, list[str]] = {}
    for phrase in phrases:
        grouped.setdefault(phrase.split(" ")[0], []).append(f" {phrase} ")
    return grouped


def opens(phrases: str) -> Holds:
    """Ask whether the prompt opens with any of the comma-separated ``phrases`` (in lower case).

    >>> from eddyline.features.reading import read
    >>> opens("continue")(read("Please continue"))
    False
    """
    openings = tuple(f" {phrase} " for phrase in listed(phrases))

    def holds(reading: Reading) -> bool:
        return reading.spoken.startswith(openings)

    return holds
