"""Every score that a log holds: a join of prompts with what is said of their responses, in whatever order it came."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from tests.oracle.envelope import identifier
from tests.oracle.log import Answer, Feedback, Log, Prompt, fixed
from tests.oracle.seen import Row

from eddyline.scorers import SCORERS, Interaction


@dataclass(frozen=True)
class Score:
    """A score with the facts of its prompt; ``value`` is in units of 1/10,000."""

    id: str
    at: int
    prompt: Prompt
    candidate: str | None
    scorer: str
    version: str
    value: int

    @property
    def label(self) -> str:
        """How drift events name the scorer."""
        return self.scorer if self.candidate is None else f"{self.scorer}@{self.candidate}"


def scores_of(log: Log, rows: dict[str, Row]) -> list[Score]:
    """Return every score once."""
    prompts = {prompt.id: prompt for prompt in log.prompts if prompt.id}
    found: list[Score] = []
    for prompt in log.prompts:
        found += _own(prompt, rows)
    for answer in log.answers:
        found += _answered(prompts.get(answer.request), answer, rows)
    for feedback in log.feedback:
        found += _said(prompts.get(feedback.request), feedback)
    return list({score.id: score for score in found}.values())


def _own(prompt: Prompt, rows: dict[str, Row]) -> Iterator[Score]:
    """Scores of a prompt's own event: it may hold the response, scores of the producer's, or both."""
    if prompt.response is not None:
        yield from _answer(prompt, Answer(prompt.id, prompt.at, None, prompt.response, prompt.scores), rows)
    else:
        yield from _scores(prompt, prompt.at, None, _supplied(prompt.scores))


def _answered(prompt: Prompt | None, answer: Answer, rows: dict[str, Row]) -> Iterator[Score]:
    """Scores of a response by itself; of a prompt that brought its response along, only those in shadow count."""
    if prompt and (prompt.response is None or answer.candidate is not None):
        yield from _answer(prompt, answer, rows)


def _answer(prompt: Prompt, answer: Answer, rows: dict[str, Row]) -> Iterator[Score]:
    asked, said = (rows[text].vector.astype(np.int8) for text in (prompt.text, answer.text))
    interaction = Interaction(asked, said, answer.text)
    ours = [(scorer.name, scorer.version, scorer.score(interaction)) for scorer in SCORERS]
    given = [(name, version, fixed(value)) for name, version, value in ours if value is not None]
    yield from _scores(prompt, answer.at, answer.candidate, [*given, *_supplied(answer.scores)])


def _said(prompt: Prompt | None, said: Feedback) -> Iterator[Score]:
    if prompt:
        id_ = identifier(prompt.id, said.name, "feedback", "", f"{said.at} {said.value}")
        yield Score(id_, said.at, prompt, None, said.name, "feedback", said.value)


def _supplied(scores: Iterable[tuple[str, int]]) -> list[tuple[str, str, int]]:
    return [(name, "supplied", value) for name, value in scores]


def _scores(prompt: Prompt, at: int, candidate: str | None, scores: Iterable[tuple[str, str, int]]) -> Iterator[Score]:
    for name, version, value in scores:
        id_ = identifier(prompt.id, name, version, candidate or "", "")
        yield Score(id_, at, prompt, candidate, name, version, value)
