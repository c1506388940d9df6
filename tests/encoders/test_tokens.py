"""Tokens: nothing is padded, a long text keeps its head and its tail."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer

from eddyline.encoders.bundle import TOKENIZER, Bundle, Truncation
from eddyline.encoders.tokens import HeadTailTokenizer, Tokens, clip, head_and_tail
from eddyline.errors import RefusedToStart

CLS, SEP, UNKNOWN = 101, 102, 100
WHERE_IS_MY_ORDER = [2073, 2003, 2026, 2344]


@pytest.fixture(scope="module")
def tokenizer(bundle: Bundle) -> HeadTailTokenizer:
    """Open the tokenizer of the bundle with its own policy."""
    return HeadTailTokenizer(bundle.files[TOKENIZER], bundle.manifest.truncation)


def test_the_tokenizer_file_pads_and_cuts_to_128_when_used_as_it_is(bundle: Bundle) -> None:
    naive = Tokenizer.from_str(bundle.files[TOKENIZER].decode())
    assert [len(naive.encode(text).ids) for text in ("hello", "hello " * 300)] == [128, 128]


def test_a_short_text_is_not_padded(tokenizer: HeadTailTokenizer) -> None:
    assert tokenizer.tokenize(["Where is my order"]) == [Tokens([CLS, *WHERE_IS_MY_ORDER, SEP], truncated=False)]


def test_a_short_text_in_long_company_is_not_padded(tokenizer: HeadTailTokenizer) -> None:
    assert [len(item.ids) for item in tokenizer.tokenize(["hello", "hello " * 60, ""])] == [3, 62, 2]


def test_the_empty_text_is_only_the_frame(tokenizer: HeadTailTokenizer) -> None:
    assert tokenizer.tokenize([""]) == [Tokens([CLS, SEP], truncated=False)]


def test_no_texts_are_no_tokens(tokenizer: HeadTailTokenizer) -> None:
    assert tokenizer.tokenize([]) == []


@pytest.mark.parametrize(("words", "length", "truncated"), [(253, 255, False), (254, 256, False), (255, 256, True)])
def test_254_content_tokens_are_read(tokenizer: HeadTailTokenizer, *, words: int, length: int, truncated: bool) -> None:
    (tokens,) = tokenizer.tokenize(["hello " * words])
    assert (len(tokens.ids), tokens.truncated) == (length, truncated)


def test_a_long_text_keeps_its_head_and_its_tail(tokenizer: HeadTailTokenizer) -> None:
    (tokens,) = tokenizer.tokenize(["where " * 200 + "is " * 300 + "order " * 200])
    where, _, _, order = WHERE_IS_MY_ORDER
    assert tokens == Tokens([CLS, *[where] * 127, *[order] * 127, SEP], truncated=True)


def test_a_very_long_text_loses_its_middle_before_it_is_tokenised(tokenizer: HeadTailTokenizer) -> None:
    where, _, _, order = WHERE_IS_MY_ORDER
    (tokens,) = tokenizer.tokenize(["where " * 100_000 + "order " * 100_000])
    assert tokens == Tokens([CLS, *[where] * 127, *[order] * 127, SEP], truncated=True)


def test_a_text_that_only_lost_characters_counts_as_truncated(tokenizer: HeadTailTokenizer) -> None:
    assert tokenizer.tokenize(["hello" + " " * 10_000 + "order"])[0].truncated


def test_the_ends_of_a_clipped_text_do_not_grow_together() -> None:
    assert clip("a" * 10, 7) == "aaa aaa"


@given(st.text(max_size=60), st.integers(min_value=4, max_value=40))
def test_clipping_keeps_both_ends_within_the_limit(text: str, limit: int) -> None:
    clipped = clip(text, limit)
    assert len(clipped) <= limit
    assert clipped[:1] == text[:1]
    assert clipped[-1:] == text[-1:]
    assert (clipped == text) == (len(text) <= limit)


@given(st.lists(st.integers(), max_size=40), st.integers(min_value=1, max_value=20))
def test_head_and_tail_fill_the_room(ids: list[int], room: int) -> None:
    kept = head_and_tail(ids, room)
    assert len(kept) == min(room, len(ids))
    assert kept[: (len(kept) + 1) // 2] == ids[: (len(kept) + 1) // 2]
    assert kept[len(kept) - len(kept) // 2 :] == ids[len(ids) - len(kept) // 2 :]


def test_a_lone_surrogate_is_a_question_mark(tokenizer: HeadTailTokenizer) -> None:
    assert tokenizer.tokenize(["where \ud800 order"]) == tokenizer.tokenize(["where ? order"])


def test_what_the_vocabulary_lacks_is_unknown(tokenizer: HeadTailTokenizer) -> None:
    assert tokenizer.tokenize(["😂"])[0].ids == [CLS, UNKNOWN, SEP]


def test_a_tokenizer_without_a_frame_is_refused(bundle: Bundle) -> None:
    content = json.loads(bundle.files[TOKENIZER])
    content["added_tokens"] = []
    content["model"]["vocab"] = {"[UNK]": 0}
    with pytest.raises(RefusedToStart, match=r"no \[CLS\] token"):
        HeadTailTokenizer(json.dumps(content).encode(), Truncation("head+tail", 256, 4096))
