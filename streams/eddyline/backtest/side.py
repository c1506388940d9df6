"""One side of an alarm: the prompts of a span of time, one of each user, in bounded memory."""

from eddyline.events import Prompt
from eddyline.features.reading import read
from eddyline.moved import terms
from eddyline.samples import hash_of

MOST = 20_000
"""Users of a side. Until it is asked, it may hold twice as many, and of each at most 5,001 characters."""
_EVERY = 1 << 64


class Side:
    """A sample of users, those with the smallest hashes, and of each the prompt whose id has the smallest.

    One prompt of each, so that shares of sides that differ in length can be compared: who writes on seven days has said
    more words than who has written on one.
    """

    def __init__(self, span: range) -> None:
        """``span``: whose prompts are taken, in milliseconds since 1970."""
        self._span, self._below = span, _EVERY
        self._kept: dict[int, tuple[int, terms.Prompt]] = {}

    def add(self, prompt: Prompt) -> None:
        """Take in a prompt if it is of the span; where it names no user its session stands in, without either none."""
        user = prompt.user or prompt.session
        if user and prompt.time_ms in self._span and (place := hash_of(user)) < self._below:
            self._keep(place, user, prompt)

    def _keep(self, place: int, user: str, prompt: Prompt) -> None:
        order = hash_of(prompt.id)
        if place not in self._kept or order < self._kept[place][0]:
            self._kept[place] = order, terms.Prompt(user, read(prompt.prompt).text)
        if len(self._kept) == 2 * MOST:
            self._kept = dict(self._smallest())
            self._below = max(self._kept)

    def prompts(self) -> list[terms.Prompt]:
        """Return those of at most 20,000 users, whatever order they came in."""
        return [prompt for _, (_, prompt) in self._smallest()]

    def _smallest(self) -> list[tuple[int, tuple[int, terms.Prompt]]]:
        return sorted(self._kept.items())[:MOST]
