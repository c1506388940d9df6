"""Scorers: cheap numbers about one interaction, computed off the request path.

A scorer is a plain function of an :class:`Interaction` in a file of its own; one line in :data:`SCORERS` registers it.
None of them is a quality signal by itself: read them beside the length of the responses and the feedback of users.
"""

from eddyline.scorers.fixed_point import LIMIT, UNIT, from_fixed, to_fixed
from eddyline.scorers.refusal import REFUSAL
from eddyline.scorers.relevance import RELEVANCE
from eddyline.scorers.scorer import Interaction, Scorer

__all__ = ["LIMIT", "SCORERS", "UNIT", "Interaction", "Scorer", "from_fixed", "to_fixed"]

SCORERS: tuple[Scorer, ...] = (RELEVANCE, REFUSAL)
"""Every scorer, in the order in which their scores are emitted."""
