"""The style features: what each one sees, and what all of them promise on any text."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eddyline.features import NAMES, NUMERIC_NAMES, VERSION, Style, describe, style
from eddyline.features.reading import HEAD, TAIL

EXAMPLES: dict[str, tuple[list[str], list[str]]] = {
    "question": (
        ["Is it open?", "what is a monad", "Capital of France? Thanks", "印度的首都是哪里？", "ما هي عاصمة الهند؟"],
        ["Tell me a story.", "See https://example.org/?page=2", ""],
    ),
    "imperative": (
        ["Write a poem", "please summarize this", "My code fails. Fix it.", "Two tasks:\n- list rivers\n- name one"],
        ["My card has not arrived", "The list is long", "?????"],
    ),
    "role_play": (
        ["I want you to act as a Linux terminal", "You are an experienced chef.", "Pretend it is 1999"],
        ["You are right", "He acts well", "The actor asked"],
    ),
    "politeness": (["Could you PLEASE look", "thank you so much", "Hilf mir, bitte"], ["Do it", "a pleased customer"]),
    "greeting": (["Hi, my card is gone", "Good morning! Two things", "¡Hola! Necesito ayuda"], ["High tea", "Say hi"]),
    "first_person": (["I can’t log in", "where is my card", "we need help"], ["Where is it made?", "The US economy"]),
    "exclamation": (["Great!", "Stop! Now."], ["if (a != b)", "![logo](x.png)", "Great."]),
    "lower_case": (["where is it", "  hello", "élan"], ["Where", "1 apple", "中文", ""]),
    "format_instruction": (
        ["Answer in JSON", "as a table", "Use bullet points", "in Markdown, please"],
        ["book a table for two", "information"],
    ),
    "length_instruction": (
        ["in 100 words", "Be brief.", "Explain in one sentence", "a more detailed answer"],
        ["how long will it take", "a word of advice"],
    ),
    "style_instruction": (
        ["in a friendly tone", "Explain it like I'm a five year old", "make it more formal"],
        ["my friend", "informally known"],
    ),
    "reasoning_instruction": (["Think step by step", "Explain why", "justify your answer"], ["a stepmother", "plain"]),
    "constraint": (
        ["Do not apologise", "reply only with code", "You must not guess"],
        ["lonely", "Tell me about avoidance"],
    ),
    "few_shot": (
        ["Q: 1+1\nA: 2\nQ: 2+2\nA:", "Input: good\nOutput: +\n\nInput: bad\nOutput:", "Example 1: a\nExample 2: b"],
        ["Question: what is this?", "Q: one\nA: two", "Note: a\nNote: b"],
    ),
    "code": (
        [
            "```\nx\n```",
            "Fix:\ndef f(x):\n    return x",
            "int main() {\n}",
            "<b>bold</b>",
            "import numpy",
            "  name = 'x'",
        ],
        ["I import cars from Spain", "The class is full; we return later.", "x = 5, find y", "A function (of time)"],
    ),
    "json": (['{"a": 1}', 'Parse {"name" : "x", "age": 3}'], ["a JSON file", "{name}", '"a": 1']),
    "list": (
        ["- a\n- b", "Do:\n1. this\n2. that", "• eins\r\n• zwei", "1、甲\n2、乙"],
        ["- a", "1.5\n2.5", "a - b - c", "-5\n-6"],
    ),
    "paragraphs": (["a\n\nb", "a\n  \nb", "a\r\n\r\nb"], ["a\nb", "\n\na\n\n", "a  b"]),
    "quotation": (
        ['He said "hello there".', "Was heißt „Wirbel“?", "解释「漩涡」", "« voilà »"],
        ["it's", 'a 5" pipe', '""'],
    ),
    "link": (["see https://example.org", "go to www.example.org"], ["the web", "http is a protocol"]),
    "number": (["2 apples", "in 1999", "٣ كتب"], ["two apples", ""]),
    "retry": (
        ["No, that's wrong", "Try again.", "it still doesn't compile", "You forgot the header", "Not like that"],
        ["I received the wrong item", "Is there no other way?", "notes on rivers"],
    ),
    "continuation": (
        ["continue", "And in German?", "what about Spain", "ok now do it"],
        ["Is there more?", "Android phones"],
    ),
    "non_english": (
        [
            "请问印度的首都是哪里",
            "Wo ist meine Karte?",
            "¿Dónde está mi tarjeta?",
            "Où est ma carte ?",
            "Где моя карта?",
        ],
        [
            "Where is my card?",
            "las vegas weather today",
            "What does 漩涡 mean in English?",
            "print(x)",
            "🎉🎉",
            "per month",
            "",
        ],
    ),
}
HOSTILE = {
    "nothing": "",
    "one letter 32,768 times": "a" * 32_768,
    "five million characters": "word " * 1_000_000,
    "nested brackets": "[" * 5_000,
    "nested objects": '{"a":' * 1_000,
    "spaces": " " * 5_000,
    "line breaks": "\n" * 5_000,
    "blank lines": " \t\n" * 1_700,
    "quotation marks": '"' * 5_000,
    "opened quotations": "„a«b" * 1_250,
    "bullets": "- \n" * 1_700,
    "apostrophes": "a'" * 2_500,
    "full stops": "1." * 2_500,
    "calls": "w(" * 2_500,
    "assignments": "a = " * 1_250,
    "statements": ("return " * 7 + "\n") * 100,
    "queries": "select " * 700,
    "labels": "q" * 2_500 + "#1 " * 800,
    "lone surrogates": "\ud800" * 5_000,
    "nulls": "\0" * 5_000,
    "letters that grow in lower case": "İ" * 5_000,
    "right to left": "\u202eא" * 2_500,
    "joined emoji": "👩\u200d👩\u200d👧" * 1_000,
}


def cases(side: int) -> list[tuple[str, str]]:
    return [(name, text) for name, sides in EXAMPLES.items() for text in sides[side]]


def holds(name: str, text: str) -> bool:
    return bool(style(text).flags >> NAMES.index(name) & 1)


@pytest.mark.parametrize(("name", "text"), cases(0))
def test_a_feature_holds_for_what_it_describes(name: str, text: str) -> None:
    assert holds(name, text)


@pytest.mark.parametrize(("name", "text"), cases(1))
def test_a_feature_does_not_hold_for_what_only_looks_like_it(name: str, text: str) -> None:
    assert not holds(name, text)


def test_every_feature_has_examples_on_both_sides_and_a_description() -> None:
    assert tuple(EXAMPLES) == NAMES
    assert all(yes and no for yes, no in EXAMPLES.values())
    assert tuple(describe()) == NAMES + NUMERIC_NAMES
    assert all(text and "\n" not in text for text in describe().values())


def test_names_are_unique_and_few_enough_for_the_error_budget() -> None:
    assert len(set(NAMES + NUMERIC_NAMES)) == len(NAMES) + len(NUMERIC_NAMES)
    assert 20 <= len(NAMES) <= 24


def test_the_order_of_the_bits_belongs_to_the_version() -> None:
    order = (
        "question imperative role_play politeness greeting first_person exclamation lower_case format_instruction "
        "length_instruction style_instruction reasoning_instruction constraint few_shot code json list paragraphs "
        "quotation link number retry continuation non_english"
    )
    assert (VERSION, " ".join(NAMES)) == (1, order)


def test_the_size_is_counted_in_characters_words_and_lines() -> None:
    assert style("Don't stop,\nplease.").numeric == (19, 3, 2)
    assert style("").numeric == (0, 0, 1)


def test_only_the_head_and_the_tail_of_a_long_text_are_read() -> None:
    filler = "a" * 10_000
    assert holds("number", "1" + filler)
    assert holds("number", filler + "1")
    assert not holds("number", filler + "1" + filler)
    assert style(filler).numeric == (HEAD + 1 + TAIL, 2, 2)


@pytest.mark.parametrize("name", NAMES + NUMERIC_NAMES)
@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_every_feature_is_total_and_deterministic_on_hostile_text(name: str, text: str) -> None:
    once, twice = named(style(text)), named(style(text))
    assert once[name] == twice[name]
    assert 0 <= once[name] <= (1 if name in NAMES else HEAD + 1 + TAIL)


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_text_takes_milliseconds(text: str) -> None:
    assert min(seconds_of(text) for _ in range(3)) < 0.05


@given(st.text(st.characters(exclude_categories=())))
def test_style_is_a_function_of_the_text_alone(text: str) -> None:
    found = style(text)
    assert found == style(text)
    assert 0 <= found.flags < 1 << len(NAMES)
    assert len(found.numeric) == len(NUMERIC_NAMES)
    assert min(found.numeric) >= 0


@given(st.sampled_from([text for _, text in cases(0)]), st.integers(HEAD + TAIL, 20_000))
def test_text_in_the_unread_middle_changes_nothing(text: str, length: int) -> None:
    head, tail = text.ljust(HEAD, "."), text.rjust(TAIL, ".")
    assert style(head + "x" * length + tail) == style(head + "y\n7!" * length + tail)


def named(found: Style) -> dict[str, int]:
    flags = {name: found.flags >> place & 1 for place, name in enumerate(NAMES)}
    return flags | dict(zip(NUMERIC_NAMES, found.numeric, strict=True))


def seconds_of(text: str) -> float:
    start = time.perf_counter()
    style(text)
    return time.perf_counter() - start
