"""The gate: of a user's prompts the first of the day, whatever the order of arrival."""

import random

from hypothesis import given
from hypothesis import strategies as st
from tests.observed import prompt

from eddyline.gate import Key, Pending, open_gate, who
from eddyline.observations import PromptObservation

Times = st.lists(st.tuples(st.integers(0, 20), st.sampled_from("abc"), st.sampled_from("xyz")), min_size=1, max_size=25)


def _prompts(found: list[tuple[int, str, str]]) -> list[PromptObservation]:
    return [
        prompt(f"e{k:02}", time_ms=time_ms, user=user.encode() * 16, session=session.encode() * 16)
        for k, (time_ms, user, session) in enumerate(found)
    ]


def _pending(prompts: list[PromptObservation]) -> dict[Key, Pending]:
    pending: dict[Key, Pending] = {}
    for one in prompts:
        key = (one.app, one.user, one.session, one.deployment, "space")
        if key in pending:
            pending[key].add(one)
        else:
            pending[key] = Pending(1, one)
    return pending


@given(Times, st.randoms(use_true_random=False))
def test_the_order_of_arrival_does_not_matter(found: list[tuple[int, str, str]], shuffler: random.Random) -> None:
    prompts = _prompts(found)
    shuffled = prompts.copy()
    shuffler.shuffle(shuffled)
    first, second = open_gate(_pending(prompts), set(), set()), open_gate(_pending(shuffled), set(), set())
    assert (first.gated, first.openers) == (second.gated, second.openers)
    assert (first.seen.users, first.seen.sessions) == (second.seen.users, second.seen.sessions)


@given(Times)
def test_every_user_passes_once_with_the_first_prompt_of_all(found: list[tuple[int, str, str]]) -> None:
    prompts = _prompts(found)
    opening = open_gate(_pending(prompts), set(), set())
    first = {one.user: one for one in sorted(prompts, key=lambda one: (one.time_ms, one.id), reverse=True)}
    assert {one.user: one for _, one in opening.gated} == first
    assert len(opening.gated) == len(first)


@given(Times)
def test_every_session_is_opened_once_by_its_first_prompt(found: list[tuple[int, str, str]]) -> None:
    prompts = _prompts(found)
    opening = open_gate(_pending(prompts), set(), set())
    in_order = sorted(prompts, key=lambda one: (one.time_ms, one.id), reverse=True)
    first = {(one.user, one.session): one for one in in_order}
    assert {(one.user, one.session): one for _, one in opening.openers} == first


def test_who_was_seen_earlier_that_day_does_not_pass_again() -> None:
    prompts = _prompts([(1, "a", "x"), (2, "b", "y")])
    morning = open_gate(_pending(prompts), set(), set())
    again = open_gate(_pending(prompts), set(morning.seen.users), set(morning.seen.sessions))
    assert (again.gated, again.openers, again.seen.users, again.seen.sessions) == ([], [], [], [])


def test_a_new_session_of_a_user_seen_earlier_opens_but_is_not_gated() -> None:
    morning = open_gate(_pending(_prompts([(1, "a", "x")])), set(), set())
    later = open_gate(_pending(_prompts([(2, "a", "y")])), set(morning.seen.users), set(morning.seen.sessions))
    assert (len(later.gated), len(later.openers)) == (0, 1)


def test_one_user_of_two_apps_passes_in_both() -> None:
    prompts = [prompt("e1", app="chat/production"), prompt("e2", app="search/production")]
    assert len(open_gate(_pending(prompts), set(), set()).gated) == 2


def test_of_two_prompts_at_one_time_the_smaller_id_is_first() -> None:
    pending = Pending(1, prompt("b"))
    pending.add(prompt("a"))
    pending.add(prompt("c"))
    assert (pending.n, pending.first.id) == (3, "a")


def test_users_and_sessions_are_told_apart_by_app() -> None:
    seen = {who("a", b"u"), who("b", b"u"), who("a", b"u", b"s"), who("b", b"u", b"s"), who("a", b"v", b"s")}
    assert len(seen) == 5
    assert all(len(found) == 8 for found in seen)
