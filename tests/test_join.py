"""The join: whoever comes last sees both, and scores are the same whatever the order."""

from itertools import permutations
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from eddyline import join
from eddyline.encode import Encode, Reading
from eddyline.join import FeedbackHalf, Half, JoinedScore, PromptHalf, ResponseHalf, field_of, key_of, meet
from eddyline.outputs.score import score_id
from eddyline.privacy import Pseudonyms
from eddyline.settings import Settings

RNG = np.random.default_rng(3)
VECTORS = [RNG.integers(-60, 61, 384, np.int8).tobytes() for _ in range(3)]


def _prompt(*, answered: bool = False, space: str = "space") -> PromptHalf:
    return PromptHalf("r1", "chat/production", "v1", b"u" * 16, VECTORS[0], space, answered)


def _response(candidate: str | None = None, *, space: str = "space", time_ms: int = 20) -> ResponseHalf:
    scores = [("refusal", "1", 0), ("toxicity", "supplied", 2500)]
    return ResponseHalf("r1", time_ms, candidate, VECTORS[1 if candidate is None else 2], space, scores)


FEEDBACK = FeedbackHalf("r1", 30, "thumbs", 10_000)


def _play(order: tuple[Half, ...]) -> dict[str, JoinedScore]:
    """Exchange the halves one after another; return all scores by id, which must not contradict one another."""
    present: dict[str, bytes] = {}
    found: dict[str, JoinedScore] = {}
    for half in order:
        present[field_of(half)] = join.pack(half)
        for score in meet(half, present):
            assert found.setdefault(score.id, score) == score
    return found


def _names(found: dict[str, JoinedScore]) -> set[tuple[str, str | None]]:
    return {(score.scorer, score.candidate) for score in found.values()}


def test_prompt_and_response_meet_in_either_order_with_the_same_scores() -> None:
    first, second = _play((_prompt(), _response())), _play((_response(), _prompt()))
    assert first == second
    assert _names(first) == {("relevance", None), ("refusal", None), ("toxicity", None)}


def test_everything_meets_in_any_order_with_the_same_scores() -> None:
    halves: tuple[Half, ...] = (_prompt(), _response(), _response("next"), FEEDBACK)
    results = [_play(order) for order in permutations(halves)]
    assert all(result == results[0] for result in results)
    scorers = {"relevance", "refusal", "toxicity"}
    expected = {(name, candidate) for name in scorers for candidate in (None, "next")} | {("thumbs", None)}
    assert _names(results[0]) == expected


def test_repeating_a_half_changes_nothing() -> None:
    once = _play((_prompt(), _response(), FEEDBACK))
    assert _play((_prompt(), _prompt(), _response(), FEEDBACK, _response(), FEEDBACK, _prompt())) == once


def test_what_never_meets_has_no_scores() -> None:
    assert _play((_prompt(),)) == _play((_response(), FEEDBACK)) == {}


def test_a_prompt_that_brought_its_response_ignores_a_separate_one_but_not_its_shadow() -> None:
    found = _play((_prompt(answered=True), _response(), _response("next"), FEEDBACK))
    assert {candidate for _, candidate in _names(found)} == {"next", None}
    assert {name for name, candidate in _names(found) if candidate is None} == {"thumbs"}


def test_vectors_of_two_spaces_are_never_compared() -> None:
    found = _play((_prompt(space="old"), _response(space="new")))
    assert _names(found) == {("refusal", None), ("toxicity", None)}


def test_relevance_is_the_cosine_of_the_two_vectors() -> None:
    found = {score.scorer: score for score in _play((_prompt(), _response())).values()}
    a, b = (np.frombuffer(vector, np.int8).astype(float) for vector in VECTORS[:2])
    cosine = a @ b / np.linalg.norm(a) / np.linalg.norm(b)
    assert found["relevance"].value == pytest.approx(cosine * 10_000, abs=0.5)


def test_a_score_has_the_facts_of_its_prompt_and_the_time_of_its_response() -> None:
    found = {score.scorer: score for score in _play((_response(), _prompt())).values()}
    assert found["refusal"] == JoinedScore(
        id=score_id("r1", "refusal", "1", None),
        time_ms=20,
        app="chat/production",
        deployment="v1",
        user=b"u" * 16,
        candidate=None,
        request_id="r1",
        scorer="refusal",
        version="1",
        value=0,
        space_id="space",
    )


def test_feedback_of_another_time_or_value_is_another_score_and_repeated_it_is_the_same() -> None:
    later = FeedbackHalf("r1", 40, "thumbs", -10_000)
    changed = FeedbackHalf("r1", 30, "thumbs", 0)
    assert len(_play((_prompt(), FEEDBACK, later))) == 2
    assert sorted(score.value for score in _play((FEEDBACK, changed, FEEDBACK, _prompt())).values()) == [0, 10_000]


def test_halves_have_places_of_their_own() -> None:
    halves: list[Half] = [_prompt(), _response(), _response("a"), _response("b"), FEEDBACK]
    assert [field_of(half) for half in halves] == ["p", "r", "s:a", "s:b", "f:thumbs:30:10000"]


def test_any_request_id_has_a_short_key() -> None:
    ids = ["", "r1", "r2", "x" * 512, "a:b{c}\x00\u20ac"]
    assert len({key_of(id_) for id_ in ids}) == len(ids)
    assert all(len(key_of(id_)) == 32 for id_ in ids)


def test_what_has_met_its_prompt_is_counted_once_though_both_sides_came_in_one_batch() -> None:
    encoder: Any = SimpleNamespace(space_id="space", build_id="build")
    encode = Encode(Settings(), encoder, Pseudonyms("a pepper of sixteen or more"))
    halves: list[Half] = [_prompt(), _response(), FEEDBACK]
    present = {field_of(half): join.pack(half) for half in halves}
    reading = Reading(halves=halves)
    encode.outputs(reading, [present] * 3, [], {})
    assert reading.counts == {"halves": 2, "joined": 2}
