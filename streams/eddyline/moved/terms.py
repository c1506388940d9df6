"""Terms that name a region: words that its users write and those before did not.

Eddyline stores no text, so whoever asks for terms brings the texts: those of the region and those of the sample from
before. Users are counted, not words: who writes a word ten times is one, and a word is told only if five users and more
wrote it, so that no term says what a single person wrote. A word that a tenth of the users wrote before anyway is no
name for anything, in whatever language.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

from eddyline.features.reading import read

USERS = 5
"""Users that must have written a term."""
MOST = 10
ERRORS = 3.0
"""A term whose shares differ by fewer standard errors names nothing."""
COMMON = 0.1
"""A word of a larger share of the users before is no name."""
_SHORTEST = 2


class Prompt(NamedTuple):
    """The text of a prompt and whose it is."""

    user: str
    """An id or a pseudonym; empty if unknown, and then it counts for nothing."""
    text: str


class Term(NamedTuple):
    """A word of the region."""

    text: str
    """In lower case."""
    users: int
    """How many users of the region wrote it."""
    now_share: float
    """Share of the region's users that did."""
    before_share: float
    """Share of the users before that did."""
    errors: float
    """The difference of the shares in standard errors."""


def terms(inside: Sequence[Prompt], before: Sequence[Prompt]) -> list[Term]:
    """Return the terms that tell the region from what was before, at most ten, the surest first.

    How many users wrote a word at all is compared by the likelihood ratio (Dunning, "Accurate methods for the
    statistics of surprise and coincidence", Computational Linguistics 19, 1993).

    >>> prompts = [Prompt(f"user {number}", "Is my visa valid?") for number in range(20)]
    >>> [term.text for term in terms(prompts, [Prompt(who, "Is my card valid?") for who, _ in prompts])]
    ['visa']
    """
    now, then = _users_by_word(inside), _users_by_word(before)
    of_now, of_then = len(_users(inside)), len(_users(before))
    counts = [(word, len(who), len(then.get(word, ()))) for word, who in now.items() if len(who) >= USERS]
    found = [
        Term(word, users, users / of_now, others / max(of_then, 1), _errors(users, of_now, others, of_then))
        for word, users, others in counts
    ]
    sure = [term for term in found if term.errors > ERRORS and term.before_share <= COMMON]
    return sorted(sure, key=lambda term: (-term.errors, term.text))[:MOST]


def _users(prompts: Sequence[Prompt]) -> set[str]:
    return {prompt.user for prompt in prompts if prompt.user}


def _users_by_word(prompts: Sequence[Prompt]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for prompt in prompts:
        if prompt.user:
            for word in read(prompt.text).vocabulary:
                if len(word) >= _SHORTEST and not word.isdecimal():
                    found.setdefault(word, set()).add(prompt.user)
    return found


def _errors(users: int, of: int, others: int, of_others: int) -> float:
    """Return the root of twice the log of the likelihood ratio, with the sign of the difference.

    Unlike the log-odds over their error it does not hold it against a word that nobody wrote it before.
    """
    share = (users + others) / (of + of_others)
    written = (users, of * share), (others, of_others * share)
    unwritten = (of - users, of * (1 - share)), (of_others - others, of_others * (1 - share))
    ratio = math.fsum(count * math.log(count / expected) for count, expected in written + unwritten if count)
    return math.copysign(math.sqrt(2.0 * max(ratio, 0.0)), users * of_others - others * of)
