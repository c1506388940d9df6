"""What the sentence about a look may tell."""

import numpy as np
from numpy.typing import NDArray

from eddyline.adaptation.estimates import Estimates, of_term, surest
from eddyline.adaptation.found import Found
from eddyline.adaptation.reading import Reading
from eddyline.adaptation.sentence import Change, Story
from eddyline.adaptation.terms import Term
from eddyline.features import NAMES


def story(reading: Reading, found: Found) -> Story:
    """Return what may be told of what a look found."""
    estimates, terms = found.estimates, found.terms
    place = None if estimates is None else estimates.leading
    return Story(
        deployment=reading.rollout.deployment,
        leading=None if estimates is None or place is None else _leading(estimates, place),
        half_width=None if found.band is None or place is None else float(found.band.within[place]),
        excluded=estimates and estimates.excluded,
        rates=found.rates,
        mix=terms and _surest(terms.mix, _now(reading)),
        exogenous=terms and _surest(terms.exogenous, _now(reading)),
        placebo_days=found.placebo_days,
    )


def _leading(estimates: Estimates, place: int) -> Change:
    return Change(NAMES[place], float(estimates.now[place]), *estimates.interval(place))


def _surest(term: Term, now: NDArray[np.float64]) -> Change | None:
    places = surest(term.value, term.error)
    return Change(NAMES[places[0]], float(now[places[0]]), *of_term(term, places[0])) if places else None


def _now(reading: Reading) -> NDArray[np.float64]:
    """Return the shares of the control's users after the change, ``(24,)``."""
    found: NDArray[np.float64] = reading.study.after.styles[reading.study.control & reading.study.after.active].mean(0)
    return found
