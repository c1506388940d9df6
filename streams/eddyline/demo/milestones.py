"""When what was planted happens: the lines that the demo can tell because it sent the traffic itself."""

from collections.abc import Iterable

from eddyline.demo.corpus import NEW_TOPIC
from eddyline.demo.plan import Plan
from eddyline.demo.story import Moment
from eddyline.demo.traffic import Asked
from eddyline.windows import DAY_MS

MANY_ADAPTED = 100


def milestones(plan: Plan, asked: Iterable[Asked]) -> list[Moment]:
    """Return the moments that matter, in order of time."""
    asked = list(asked)
    fled = {prompt.user.id for prompt in asked if prompt.user.fled}
    first = {
        f"deployment {plan.new} takes effect": (prompt for prompt in asked if prompt.deployment == plan.new),
        f"first prompts about {NEW_TOPIC}": (prompt for prompt in asked if prompt.intent == NEW_TOPIC),
        "first customers of a partner": (prompt for prompt in asked if prompt.user.partner),
        f"{MANY_ADAPTED} prompts written for {plan.new}": [prompt for prompt in asked if prompt.adapted][MANY_ADAPTED:],
    }
    times = {text: next((prompt.time_ms for prompt in found), None) for text, found in first.items()}
    moments = [Moment(time_ms, "sent", text) for text, time_ms in times.items() if time_ms is not None]
    announced = Moment(plan.effective_ms - plan.announced_ahead_ms, "sent", f"deployment {plan.new} is announced")
    left = Moment(plan.effective_ms + DAY_MS, "sent", f"{len(fled)} users have left because of {plan.new}")
    return sorted([announced, left, *moments])
