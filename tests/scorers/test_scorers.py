"""The scorers: what each one sees, and what all of them promise."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from eddyline.errors import Incomparable
from eddyline.scorers import SCORERS, Interaction, Scorer
from eddyline.scorers.refusal import OPENING, refusal
from eddyline.scorers.relevance import relevance

VECTORS = arrays(np.int8, 384, elements=st.integers(-127, 127))
REFUSALS = [
    "I'm sorry, but I can't assist with that.",
    "I’m really sorry, but I cannot help with this request.",
    "As an AI language model, I cannot provide medical advice.",
    "I am unable to provide information about your balance.",
    "I won't write that.",
    "My purpose is to assist users in a respectful manner.",
    "It is not appropriate to make such jokes.",
    "It is unethical. That goes against my guidelines.",
    "Es tut mir leid, aber dabei kann ich nicht helfen.",
    "Leider kann ich Ihnen keine Auskunft geben.",
    "Lo siento, pero no puedo ayudarte con eso.",
    "Como modelo de lenguaje, no puedo opinar.",
]
ANSWERS = [
    "",
    "Paris.",
    "Sure, here is how you can do it.",
    "I'm sorry to hear that your parcel is late. It will arrive tomorrow.",
    "I apologize, but I need the order number to proceed.",
    "You can't help but love this film.",
    "As an AI, I don't have opinions. However, I can list arguments for both sides.",
    "It is important to note that prices vary.",
    "Das kann ich gern erklären.",
    "Claro, puedo ayudarte.",
]
TEXTS = [*REFUSALS, *ANSWERS, "a" * 1_000_000, "i " * 5_000, "sorry " * 100, "as an ai " * 100, "\ud800" * 500]


def spoken(text: str) -> Interaction:
    return Interaction(prompt=None, response=None, text=text)


def pair(prompt: NDArray[np.int8], response: NDArray[np.int8]) -> Interaction:
    return Interaction(prompt, response, text=None)


@pytest.mark.parametrize("text", REFUSALS)
def test_a_refusal_scores_one(text: str) -> None:
    assert refusal(spoken(text)) == 1.0


@pytest.mark.parametrize("text", ANSWERS)
def test_an_answer_scores_no_refusal(text: str) -> None:
    assert refusal(spoken(text)) == 0.0


def test_only_the_opening_of_a_response_can_refuse() -> None:
    assert refusal(spoken(" " * OPENING + REFUSALS[0])) == 0.0


def test_relevance_is_the_cosine() -> None:
    x, y = np.array([3, 4], np.int8), np.array([4, 3], np.int8)
    assert relevance(pair(x, x)) == 1.0
    assert relevance(pair(x, -x)) == -1.0
    assert relevance(pair(x, y)) == 24 / 25
    assert relevance(pair(x, np.array([-4, 3], np.int8))) == 0.0


def test_a_zero_vector_is_relevant_to_nothing() -> None:
    assert relevance(pair(np.zeros(384, np.int8), np.ones(384, np.int8))) == 0.0


def test_full_scale_vectors_do_not_overflow() -> None:
    assert relevance(pair(np.full(384, -127, np.int8), np.full(384, 127, np.int8))) == -1.0


def test_vectors_of_two_spaces_are_not_compared() -> None:
    with pytest.raises(Incomparable):
        relevance(pair(np.ones(384, np.int8), np.ones(64, np.int8)))


@given(VECTORS, VECTORS)
def test_relevance_is_symmetric_and_agrees_with_floats(x: NDArray[np.int8], y: NDArray[np.int8]) -> None:
    score = relevance(pair(x, y))
    assert score is not None
    assert -1.0 <= score <= 1.0
    assert score == relevance(pair(y, x))
    norms = float(np.linalg.norm(x.astype(float)) * np.linalg.norm(y.astype(float)))
    assert score == pytest.approx(float(x.astype(float) @ y.astype(float)) / norms if norms else 0.0, abs=1e-12)


@pytest.mark.parametrize("scorer", SCORERS, ids=lambda scorer: scorer.name)
def test_a_scorer_is_silent_when_what_it_needs_is_missing(scorer: Scorer) -> None:
    assert scorer.score(Interaction(None, None, None)) is None


@pytest.mark.parametrize("scorer", SCORERS, ids=lambda scorer: scorer.name)
@pytest.mark.parametrize("present", range(8))
def test_a_scorer_never_raises_for_a_missing_part(scorer: Scorer, present: int) -> None:
    vector = np.ones(384, np.int8)
    prompt, response = (vector if present & bit else None for bit in (1, 2))
    interaction = Interaction(prompt, response, "x" if present & 4 else None)
    score = scorer.score(interaction)
    assert score is None or math.isfinite(score)


@pytest.mark.parametrize("scorer", SCORERS, ids=lambda scorer: scorer.name)
@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
def test_a_score_is_finite_deterministic_and_in_range(scorer: Scorer, text: str) -> None:
    random = np.random.default_rng(7)
    prompt, response = random.integers(-127, 128, (2, 384)).astype(np.int8)
    score = scorer.score(Interaction(prompt, response, text))
    assert score is not None
    assert -1.0 <= score <= 1.0
    assert score == scorer.score(Interaction(prompt.copy(), response.copy(), text))


def test_scorers_have_unique_names_and_a_version() -> None:
    assert len({scorer.name for scorer in SCORERS}) == len(SCORERS)
    assert all(scorer.name.isidentifier() and scorer.version for scorer in SCORERS)
