"""From the panel's days to the verdict."""

import msgspec
from tests.adaptation.rolled import CHANGE, Habits, days, look_at

from eddyline.adaptation.analysis import Analysis
from eddyline.adaptationfacts import of_analysis
from eddyline.features import NAMES
from eddyline.outputs.adaptation import Adaptation

SPAN = range(CHANGE - 14, CHANGE + 22)


def _event(found: Analysis) -> Adaptation:
    """Return the event, after checking that it is one: JSON, of its own schema."""
    event = of_analysis("support/production", found, [])
    text = msgspec.json.encode(event)
    assert b"null" in text or b"NaN" not in text
    return msgspec.json.decode(text, type=Adaptation)


def test_users_who_adapt_are_found_to() -> None:
    found = look_at(days(Habits(effect=0.2), SPAN), CHANGE + 21)
    event = _event(found)
    assert event.verdict == "adapted"
    assert event.control == "holdout"
    assert event.arms == "assigned"
    assert event.features[0].feature == NAMES[0]
    assert event.features[0].effect.low < 0.2 < event.features[0].effect.high
    assert event.tests is not None
    assert event.tests.sequential == 0.1 or event.tests.sequential is not None
