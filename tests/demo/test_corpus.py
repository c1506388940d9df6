"""The demo corpus keeps its contract: enough of everything, and everything distinct."""

from collections import Counter

import pytest

from eddyline.demo.corpus import NEW_TOPIC, Intent, load

INTENTS = load()


def test_there_are_28_intents_and_the_new_topic_is_one_of_them() -> None:
    names = [intent.intent for intent in INTENTS]
    assert len(names) == len(set(names)) == 28
    assert NEW_TOPIC in names


@pytest.mark.parametrize("intent", INTENTS, ids=lambda intent: intent.intent)
def test_an_intent_has_enough_of_everything(intent: Intent) -> None:
    assert len(intent.prompts) == 56
    assert len(intent.adapted) == 14
    assert min(len(intent.prompts_de), len(intent.prompts_es)) >= 6
    assert min(len(intent.responses), len(intent.responses_structured)) >= 5
    assert min(len(intent.responses_de), len(intent.responses_es)) >= 2


def test_no_prompt_occurs_twice() -> None:
    prompts = [
        text.casefold()
        for intent in INTENTS
        for text in (*intent.prompts, *intent.prompts_de, *intent.prompts_es, *intent.adapted)
    ]
    assert len(prompts) >= 1_500
    assert [text for text, count in Counter(prompts).items() if count > 1] == []


def test_no_text_is_empty_or_has_blanks_at_its_ends() -> None:
    texts = [
        text
        for intent in INTENTS
        for language in ("en", "de", "es")
        for text in (*intent.phrasings(language), *intent.answers(language, structured=True))
    ]
    assert all(text and text.strip() == text for text in texts)


def test_adapted_prompts_are_shorter() -> None:
    plain = [len(text) for intent in INTENTS for text in intent.prompts]
    adapted = [len(text) for intent in INTENTS for text in intent.adapted]
    assert sum(adapted) / len(adapted) < sum(plain) / len(plain) / 2
