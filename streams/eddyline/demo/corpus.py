"""The demo corpus: what the customers of Larkfield, a made-up outdoor shop, ask its assistant, and what it answers.

One file of ``corpus/`` per intent. ``prompts`` are what people write before they know an assistant; ``adapted`` is what
the same people write once they have learned that short prompts with a format instruction are rewarded; ``responses``
are prose, ``responses_structured`` what the newer deployment answers to the same.
"""

import tomllib
from functools import cache
from importlib.resources import files
from typing import Literal

import msgspec

Language = Literal["en", "de", "es"]
NEW_TOPIC = "trade_in"
"""The intent that nobody has before the deployment."""


class Intent(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What people want, in their words, and what the assistant answers."""

    intent: str
    topic: str
    prompts: tuple[str, ...]
    prompts_de: tuple[str, ...]
    prompts_es: tuple[str, ...]
    adapted: tuple[str, ...]
    responses: tuple[str, ...]
    responses_structured: tuple[str, ...]
    responses_de: tuple[str, ...]
    responses_es: tuple[str, ...]

    def phrasings(self, language: Language) -> tuple[str, ...]:
        """Return how people who do not know the assistant put it."""
        return {"en": self.prompts, "de": self.prompts_de, "es": self.prompts_es}[language]

    def answers(self, language: Language, *, structured: bool) -> tuple[str, ...]:
        """Return what the assistant says; outside English it knows prose only."""
        english = self.responses_structured if structured else self.responses
        return {"en": english, "de": self.responses_de, "es": self.responses_es}[language]


@cache
def load() -> tuple[Intent, ...]:
    """Return all intents, by name."""
    folder = files("eddyline.demo") / "corpus"
    texts = (entry.read_text("utf-8") for entry in folder.iterdir() if entry.name.endswith(".toml"))
    intents = (msgspec.convert(tomllib.loads(text), Intent) for text in texts)
    return tuple(sorted(intents, key=lambda intent: intent.intent))
