"""Terms name what came, by users and not by words, and never what fewer than five users wrote."""

import random
from collections import Counter
from typing import NamedTuple

import numpy as np
import pytest
from tests.real_text import by_domain

from eddyline.encoders.configured import build_encoder
from eddyline.features.reading import read
from eddyline.moved.region import enriched
from eddyline.moved.terms import MOST, USERS, Prompt, terms
from eddyline.samples import Item, hash_of
from eddyline.settings import Settings

EVERYDAY = ["where is my card", "what is the balance of my account", "please book a table for two", "play some music"]


def said(texts: list[str], prefix: str, users: int | None = None) -> list[Prompt]:
    """Return prompts of so many users in turn, by default one each."""
    return [Prompt(f"{prefix}{number % (users or len(texts))}", text) for number, text in enumerate(texts)]


BEFORE = said(EVERYDAY * 100, "b")


def named(inside: list[Prompt], before: list[Prompt] = BEFORE) -> list[str]:
    return [term.text for term in terms(inside, before)]


def test_the_words_that_came_are_named_with_their_shares() -> None:
    found = terms(said([f"your {word} is valid" for word in ("visa", "passport")] * 20, "n"), BEFORE)
    assert [term.text for term in found] == ["valid", "your", "passport", "visa"]
    shares = {term.text: (term.users, term.now_share, term.before_share) for term in found}
    assert shares["visa"] == (20, 0.5, 0.0)
    assert [term.errors for term in found] == sorted((term.errors for term in found), reverse=True)


def test_a_word_that_many_wrote_before_is_no_name_even_if_all_write_it_now() -> None:
    rare = said(["where is the rare word"] * 9, "r")
    assert named(said(["my rare word"] * 20, "n"), BEFORE + rare) == ["rare", "word"]


def test_words_as_common_as_before_are_not_named() -> None:
    assert named(said(EVERYDAY * 20, "n")) == []


def test_a_word_of_four_users_is_not_told_however_often_they_write_it() -> None:
    for users in (1, USERS - 1, USERS):
        inside = said(["my visa visa visa"] * 100, "n", users) + said(EVERYDAY * 5, "other")
        assert ("visa" in named(inside)) == (users == USERS)


def test_of_words_as_common_now_the_one_that_nobody_wrote_before_is_surer() -> None:
    inside = said(["my new rare word"] * 20 + EVERYDAY * 20, "n")
    before = BEFORE + said(["a rare word"] * 9, "r")
    found = [term for term in terms(inside, before) if term.text in {"new", "rare"}]
    assert [(term.text, term.now_share) for term in found] == [("new", 0.2), ("rare", 0.2)]


def test_a_word_that_fewer_write_than_before_is_not_named() -> None:
    assert named(said(["my visa"] * 5 + EVERYDAY * 250, "n"), BEFORE + said(["my visa"] * 40, "r")) == []


def test_prompts_without_a_user_count_for_nothing() -> None:
    nobody = [Prompt("", "my visa")] * 50
    assert named(nobody) == []
    inside = said(["my visa"] * 8, "n")
    assert terms(inside + nobody, BEFORE + nobody) == terms(inside, BEFORE)


def test_numbers_and_single_letters_are_no_terms() -> None:
    assert named(said(["pin 4711 x visa"] * 20, "n")) == ["pin", "visa"]


def test_at_most_ten_are_told_and_the_order_of_prompts_changes_nothing() -> None:
    words = [f"word{number:c}" for number in range(97, 97 + 20)]
    inside = said([" ".join(words[: 10 + number % 10]) for number in range(40)], "n")
    expected = terms(inside, BEFORE)
    assert len(expected) == MOST
    random.Random(1).shuffle(inside)
    assert terms(inside, BEFORE) == expected


def test_no_prompts_no_terms() -> None:
    assert named([]) == []
    assert named(said(["visa"] * 9, "n"), []) == []


# Real prompts

OF_EACH, NOW, NEW = 230, 1_000, 100
OWN = 3.0
"""A domain's own terms are those that are so many times as common in it as elsewhere."""


@pytest.fixture(scope="module")
def prompts() -> dict[str, list[str]]:
    found = by_domain("clinc150")
    found.pop("oos")
    return found


@pytest.fixture(scope="module")
def vectors(prompts: dict[str, list[str]]) -> dict[str, bytes]:
    """Encode some prompts of every domain."""
    texts = [text for found in prompts.values() for text in sorted(set(found), key=hash_of)[:OF_EACH]]
    with build_encoder(Settings()) as encoder:
        rows = np.concatenate([encoder.encode(texts[at : at + 256]).vectors for at in range(0, len(texts), 256)])
    return {text: row.tobytes() for text, row in zip(texts, rows, strict=True)}


def own_terms(prompts: dict[str, list[str]], domain: str) -> set[str]:
    """Return the words that are the domain's by its labels."""
    counts = {True: Counter[str](), False: Counter[str]()}
    for other, found in prompts.items():
        for text in found:
            counts[other == domain].update(read(text).vocabulary)
    inside = len(prompts[domain])
    times = OWN * inside / (sum(map(len, prompts.values())) - inside)
    return {word for word, count in counts[True].items() if count > times * counts[False][word]}


class Arrival(NamedTuple):
    """What was found of a domain that arrived: recall, purity, precision of five terms."""

    recall: float
    purity: float
    precision: float


def arrival(prompts: dict[str, list[str]], vectors: dict[str, bytes], domain: str, share: int) -> Arrival | None:
    """Let ``share`` of 1,000 prompts be of a domain that was not among the 1,000 before; every prompt has its user."""
    of_domain = set(prompts[domain])
    old = [text for text in vectors if text not in of_domain]
    random.Random(domain).shuffle(old)
    chosen = old[: 2 * NOW - share] + [text for text in vectors if text in of_domain][:share]
    items = [Item(hash_of(text), text, vectors[text], 0) for text in chosen]
    found = enriched(items[:NOW], items[NOW:])
    if found is None:
        return None
    hits, own = sum(id_ in of_domain for id_ in found.ids), own_terms(prompts, domain)
    first = named(said(found.ids, "n"), said(chosen[:NOW], "b"))[:5]
    precision = sum(word in own for word in first) / max(len(first), 1)
    return Arrival(hits / max(share, 1), hits / len(found.ids), precision)


def test_a_domain_that_arrives_at_a_tenth_is_found_and_named(
    prompts: dict[str, list[str]], vectors: dict[str, bytes]
) -> None:
    found = [arrival(prompts, vectors, domain, NEW) for domain in sorted(prompts)]
    assert sum(one is not None for one in found) >= 9
    recall, purity, precision = np.mean([one for one in found if one is not None], axis=0).tolist()
    assert recall > 0.3
    assert purity > 0.9
    assert precision > 0.9


def test_the_whole_stream_names_a_domain_that_arrives_at_a_tenth_too(prompts: dict[str, list[str]]) -> None:
    """What a backtest does, which has the texts of everybody and a region of a sample only."""
    precision = []
    for domain, texts in sorted(prompts.items()):
        old = [text for other, found in prompts.items() if other != domain for text in found]
        random.Random(domain).shuffle(old)
        now = old[NOW : 2 * NOW - NEW] + texts[:NEW]
        first, own = named(said(now, "n"), said(old[:NOW], "b"))[:5], own_terms(prompts, domain)
        precision.append(sum(word in own for word in first) / max(len(first), 1))
    assert np.mean(precision) > 0.9


def test_where_no_domain_arrives_nothing_is_claimed(prompts: dict[str, list[str]], vectors: dict[str, bytes]) -> None:
    """Expected: 0.05 of 10; 2 or more come once in a thousand times."""
    assert sum(arrival(prompts, vectors, domain, 0) is not None for domain in sorted(prompts)) < 2
