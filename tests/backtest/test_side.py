"""A side of an alarm holds one prompt of each user, and a sample of users where there are many."""

import random

import pytest

from eddyline.backtest import side
from eddyline.backtest.side import Side
from eddyline.events import Prompt

SPAN = range(100, 200)


def prompt(user: int, number: int = 0, text: str = "text") -> Prompt:
    return Prompt(id=f"{user}-{number}", time_ms=100 + number, app="a/b", prompt=f"{text} {number}", user=f"u{user}")


def test_of_each_user_one_prompt_is_kept_whatever_the_order() -> None:
    prompts = [prompt(user, number) for user in range(20) for number in range(5)]
    sides = Side(SPAN), Side(SPAN)
    for one in prompts:
        sides[0].add(one)
    random.Random(1).shuffle(prompts)
    for one in prompts:
        sides[1].add(one)
    kept = [at.prompts() for at in sides]
    assert kept[0] == kept[1]
    assert len({at.user for at in kept[0]}) == len(kept[0]) == 20
    assert len({at.text for at in kept[0]}) == 5, "neither all the first nor all the last"


def test_of_many_users_the_same_are_kept_whatever_the_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(side, "MOST", 10)
    prompts = [prompt(user, number) for user in range(200) for number in range(3)]
    kept = []
    for seed in range(5):
        random.Random(seed).shuffle(prompts)
        sample = Side(SPAN)
        for one in prompts:
            sample.add(one)
            assert len(sample._kept) < 20
        kept.append(sample.prompts())
    assert len(kept[0]) == 10
    assert kept == [kept[0]] * 5


def test_of_a_long_text_only_what_features_read_is_held() -> None:
    sample = Side(SPAN)
    sample.add(prompt(1, text="visa " * 1_000_000))
    (kept,) = sample.prompts()
    assert len(kept.text) < 6_000
