"""The replay split: two parts that add up, with errors that respect that one user's prompts are alike."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eddyline.adaptation.replayed import Score, split
from eddyline.errors import Incomparable

VALUES = st.floats(-1000, 1000, allow_nan=False)
USERS = st.sampled_from([None, "a", "b", "c", "a\0"])


def paired(id_: str, user: str | None, old: float, new: float) -> list[Score]:
    return [Score("before", id_, user, old), Score("replayed", id_, None, new)]


def simulated(seed: int, *, users: int, model: float, adapted: float) -> list[Score]:
    """Return scores of ``users`` users, eight prompts each in both periods; a user's prompts are alike."""
    rng = np.random.default_rng(seed)
    found = []
    for user, level in enumerate(rng.normal(0, 1, users)):
        for at in range(8):
            old = level + rng.normal(0, 0.3)
            found += paired(f"{user}-{at}", str(user), old, old + model + rng.normal(0, 0.1))
            found.append(Score("after", f"{user}-{at}", str(user), level + model + adapted + rng.normal(0, 0.3)))
    return found


def test_a_split_is_what_it_says() -> None:
    scores = [*paired("p1", "u1", 0.2, 0.5), *paired("p2", "u2", 0.4, 0.5), Score("after", "q1", "u1", 0.9)]
    scores += [Score("after", "q2", "u3", 0.8), Score("before", "p3", "u4", 7.0)]
    found = split(scores)
    assert (found.before, found.replayed, found.after) == pytest.approx((0.3, 0.5, 0.85))
    assert (found.model.value, found.adaptation.value, found.total.value) == pytest.approx((0.2, 0.35, 0.55))
    assert (found.paired, found.unpaired, found.later, found.users_before, found.users_after) == (2, 1, 2, 2, 2)


@given(
    st.lists(st.tuples(USERS, VALUES, VALUES), min_size=1, max_size=20),
    st.lists(st.tuples(USERS, VALUES), min_size=1, max_size=20),
)
def test_the_two_parts_add_up_to_the_total_to_the_last_digit(
    pairs: list[tuple[str | None, float, float]], later: list[tuple[str | None, float]]
) -> None:
    scores = [score for at, (user, old, new) in enumerate(pairs) for score in paired(str(at), user, old, new)]
    scores += [Score("after", str(at), user, value) for at, (user, value) in enumerate(later)]
    found = split(scores)
    assert found.total.value == found.model.value + found.adaptation.value
    assert found.total.value == pytest.approx(found.after - found.before, abs=1e-9)
    assert split(reversed(scores)) == found
    assert all(np.isfinite(value) for value in found.total if value is not None)


def test_a_single_user_on_a_side_has_no_interval() -> None:
    scores = [*paired("p1", "u1", 0.2, 0.5), *paired("p2", "u1", 0.4, 0.5), Score("after", "q1", "u1", 0.9)]
    found = split(scores)
    assert found.model[1:] == found.adaptation[1:] == found.total[1:] == (None, None, None)


def test_prompts_without_users_are_each_a_user_of_their_own() -> None:
    scores = [score for at in range(5) for score in paired(str(at), None, 0.1 * at, 0.2)]
    scores += [Score("after", str(at), None, 0.1 * at) for at in range(3)]
    found = split(scores)
    assert (found.users_before, found.users_after) == (5, 3)


def test_the_errors_are_those_of_users_not_of_prompts() -> None:
    scores = simulated(1, users=50, model=0.0, adapted=0.0)
    alone = [score._replace(user=None) for score in scores]
    assert (split(scores).adaptation.error or 0) < (split(alone).adaptation.error or 0)
    strangers = [score._replace(user=f"{score.part}{score.user}") for score in scores]
    assert (split(strangers).adaptation.error or 0) > 2 * (split(alone).adaptation.error or 0)


def test_with_prompts_of_nobody_the_errors_are_those_of_the_textbook() -> None:
    rng = np.random.default_rng(3)
    old, new, after = rng.normal(size=40), rng.normal(size=40), rng.normal(size=30)
    scores = [score for at in range(40) for score in paired(str(at), None, old[at], new[at])]
    scores += [Score("after", str(at), None, after[at]) for at in range(30)]
    found = split(scores)
    assert found.model.error == pytest.approx(np.std(new - old, ddof=1) / np.sqrt(40))
    assert found.adaptation.error == pytest.approx(np.sqrt(np.var(after, ddof=1) / 30 + np.var(new, ddof=1) / 40))


def test_intervals_cover_as_often_as_they_say() -> None:
    runs = 400
    covered = np.zeros(3)
    for seed in range(runs):
        found = split(simulated(seed, users=30, model=0.3, adapted=-0.2))
        for at, (part, truth) in enumerate(((found.total, 0.1), (found.model, 0.3), (found.adaptation, -0.2))):
            covered[at] += (part.low or 0) <= truth <= (part.high or 0)
    # Three standard deviations of a binomial of 400 around .95.
    assert (np.abs(covered / runs - 0.95) < 0.033).all(), covered / runs


@pytest.mark.parametrize(
    "scores",
    [
        [],
        [Score("before", "p", None, 1.0), Score("after", "q", None, 1.0)],
        [Score("before", "p", None, 1.0), Score("replayed", "q", None, 1.0), Score("after", "q", None, 1.0)],
        paired("p", None, 1.0, 1.0),
    ],
    ids=["nothing", "nothing replayed", "no pair", "nothing after"],
)
def test_a_part_that_is_missing_gives_no_split(scores: list[Score]) -> None:
    with pytest.raises(Incomparable, match="needs prompts of before that were replayed, and prompts of after"):
        split(scores)
