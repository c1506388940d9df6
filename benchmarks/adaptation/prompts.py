"""Real prompts by topic, each twice: as it was written, and restyled with a format instruction; vectors are cached."""

import itertools
from typing import NamedTuple

import numpy as np
from benchmarks.drift.corpus import cache_folder
from numpy.typing import NDArray
from tests.real_text import rows

from eddyline import features
from eddyline.encoders.bundle import read_bundle
from eddyline.encoders.configured import build_encoder, bundle_dir
from eddyline.panel import PROJECTED
from eddyline.settings import Settings

PLANTED = features.NAMES.index("format_instruction")
PROMPTS_OF_A_TOPIC = 12
FORMATS = (
    "as a list",
    "in a table",
    "as bullet points",
    "answer in json",
    "as a numbered list",
    "in markdown",
    "answer in csv",
    "in plain text",
)
SHORTER_EVERY = 3
"""So often the restyled prompt is also cut to its first two thirds: who asks for a format says the rest in less."""
SETS = ("clinc150", "banking77")


class Prompts(NamedTuple):
    """``p`` prompts of ``t`` topics; row ``k`` of the sums is prompt ``k``, row ``p + k`` the same restyled."""

    topic: NDArray[np.int64]
    """``(t, 12)`` the prompts of each topic, 0 up to ``p``."""
    sums: NDArray[np.float64]
    """``(2 p, 24 + 64)`` yes/no style features and projected vector, in the units of a panel row."""
    flags: NDArray[np.int64]
    """``(2 p,)`` the feature word."""
    sizes: NDArray[np.int64]
    """``(2 p, 3)`` the numeric features."""


def load() -> Prompts:
    """Read the topics of clinc150 and banking77; nothing in them asks for a format, all that is restyled does."""
    texts, topics = _texts()
    restyled = [_restyled(number, text) for number, text in enumerate(texts)]
    styles = [features.style(text) for text in (*texts, *restyled)]
    flags = np.array([style.flags for style in styles])
    bits = (flags[:, np.newaxis] >> np.arange(len(features.NAMES))) & 1
    assert not bits[: len(texts), PLANTED].any()
    assert bits[len(texts) :, PLANTED].all()
    sums = np.concatenate([bits, _projected([*texts, *restyled])], axis=1).astype(np.float64)
    return Prompts(topics, sums, flags, np.array([style.numeric for style in styles]))


def _texts() -> tuple[list[str], NDArray[np.int64]]:
    by_topic: dict[str, list[str]] = {}
    for row in itertools.chain.from_iterable(map(rows, SETS)):
        if not features.style(row["prompt"]).flags >> PLANTED & 1:
            by_topic.setdefault(row["label"], []).append(row["prompt"])
    # Evenly over a topic's rows: what stands together was often written together.
    chosen = [found[:: len(found) // PROMPTS_OF_A_TOPIC][:PROMPTS_OF_A_TOPIC] for found in _large(by_topic)]
    texts = list(itertools.chain.from_iterable(chosen))
    return texts, np.arange(len(texts)).reshape(-1, PROMPTS_OF_A_TOPIC)


def _large(by_topic: dict[str, list[str]]) -> list[list[str]]:
    return [by_topic[name] for name in sorted(by_topic) if len(by_topic[name]) >= PROMPTS_OF_A_TOPIC]


def _restyled(number: int, text: str) -> str:
    words = text.split()
    kept = words[: -(-2 * len(words) // 3)] if number % SHORTER_EVERY == 0 else words
    return f"{' '.join(kept)}, {FORMATS[number % len(FORMATS)]}"


def _projected(texts: list[str]) -> NDArray[np.int16]:
    file = cache_folder() / f"adaptation-{read_bundle(bundle_dir(Settings())).space_id.replace(':', '-')}.npy"
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        with build_encoder(Settings()) as encoder:
            parts = [encoder.encode(texts[at : at + 256]).projected for at in range(0, len(texts), 256)]
        np.save(file, np.concatenate(parts))
    found: NDArray[np.int16] = np.load(file)
    assert found.shape == (len(texts), PROJECTED)
    return found
