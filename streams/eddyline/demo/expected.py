"""The outputs that a run of the demo must bring, whatever they say."""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime
from typing import NamedTuple

from eddyline.demo.plan import Plan
from eddyline.demo.story import ScoreKey, Story
from eddyline.demo.traffic import Asked
from eddyline.scorers import SCORERS
from eddyline.windows import DAY_MS, window_start


class Expected(NamedTuple):
    """The outputs that a run must bring."""

    scores: frozenset[ScoreKey]
    windows: frozenset[tuple[int, str]]
    prompts: int
    dead_letters: int
    adaptations: frozenset[tuple[str, str]]

    @classmethod
    def of(cls, plan: Plan, asked: Iterable[Asked], window_ms: int) -> "Expected":
        """Return what the traffic must come to: scores of every response, a window wherever there was a prompt."""
        asked = list(asked)
        return cls(
            frozenset(key for prompt in asked for key in _scores(plan, prompt)),
            frozenset((window_start(prompt.time_ms, window_ms), prompt.deployment) for prompt in asked),
            len(asked),
            plan.broken,
            frozenset((str(day), plan.new) for day in _days_since(plan)),
        )

    def missing(self, story: Story) -> list[str]:
        """Return what has not come, a line each; nothing when all is there."""
        late = sum(drift.late for drift in story.windows.values())
        counted = sum(drift.n for drift in story.windows.values())
        lacking = {
            "scores": len(self.scores - story.scores.keys()),
            "windows": len(self.windows - story.windows.keys()),
            "prompts in windows": max(0, self.prompts - counted - late),
            "dead letters": max(0, self.dead_letters - story.dead.total()),
            "adaptation events": len(self.adaptations - story.adaptations.keys()),
        }
        return [f"{count:,} {what} are missing" for what, count in lacking.items() if count]


def _days_since(plan: Plan) -> Iterator[date]:
    """Yield the whole days of the new deployment."""
    for start in range(plan.effective_ms, plan.end_ms, DAY_MS):
        yield datetime.fromtimestamp(start / 1000, UTC).date()


def _scores(plan: Plan, asked: Asked) -> Iterable[ScoreKey]:
    for scorer in SCORERS:
        yield asked.id, scorer.name, None
        if asked.shadow is not None:
            yield asked.id, scorer.name, plan.candidate
    if asked.thumbs is not None:
        yield asked.id, "thumbs", None
