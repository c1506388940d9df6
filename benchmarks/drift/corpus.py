"""Real prompts by topic, with vectors, style features and the distance to an eval set; vectors are cached."""

import os
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from tests.real_text import rows

from eddyline import features
from eddyline.detectors.sums import EVAL_BINS
from eddyline.distances import squared_distances
from eddyline.encoders.bundle import read_bundle
from eddyline.encoders.configured import build_encoder, bundle_dir
from eddyline.settings import Settings

CACHE = "EDDYLINE_TEST_CACHE"
"""Variable with a folder for vectors; without it, ~/.cache/eddyline."""
FAR_DOMAINS = {"banking", "credit_cards", "travel"}
"""Of clinc150: they are planted, or too near to what is planted."""
EVAL_ITEMS = 500


class Prompts(NamedTuple):
    """``n`` prompts and what the pipeline sums up of them."""

    vectors: NDArray[np.int8]
    """``(n, 384)``"""
    styles: NDArray[np.int64]
    """``(n, k)``: 0 or 1."""
    bins: NDArray[np.int64]
    """``(n,)``: the bin of the distance to the eval set."""


class Corpus:
    """Everyday traffic by topic, and what can be planted in it. Never changes, so a copy is itself.

    ``topics`` says for each topic which prompts belong to it, ``planted`` for each change which prompts it brings.
    """

    def __init__(
        self, prompts: Prompts, topics: list[NDArray[np.int64]], planted: dict[str, NDArray[np.int64]]
    ) -> None:
        self.prompts, self.topics, self.planted = prompts, topics, planted

    def __deepcopy__(self, _: dict[int, object]) -> "Corpus":
        return self


def load() -> Corpus:
    """Read clinc150 without banking and travel as traffic, to plant banking77, travel and each tenth intent (near)."""
    clinc, banking = rows("clinc150"), rows("banking77")
    vectors = np.concatenate([_vectors("clinc150", clinc), _vectors("banking77", banking)])
    # clinc150 is in lower case without punctuation: what is planted must not be told apart by that.
    texts = [row["prompt"].lower().rstrip("?!. ") for row in clinc + banking]
    domains = [row["meta"].get("domain") for row in clinc]
    intents = sorted({row["label"] for row, domain in zip(clinc, domains, strict=True) if _everyday(domain)})
    of_intent = {intent: np.array([k for k, row in enumerate(clinc) if row["label"] == intent]) for intent in intents}
    near = np.concatenate([of_intent.pop(intent) for intent in intents[::10]])
    planted = {
        "banking": np.arange(len(clinc), len(texts)),
        "travel": np.array([k for k, domain in enumerate(domains) if domain == "travel"]),
        "near": near,
    }
    topics = list(of_intent.values())
    return Corpus(Prompts(vectors, _styles(texts), _bins(vectors, np.concatenate(topics))), topics, planted)


def _everyday(domain: str | None) -> bool:
    return domain is not None and domain != "oos" and domain not in FAR_DOMAINS


def _styles(texts: list[str]) -> NDArray[np.int64]:
    flags = np.array([features.style(text).flags for text in texts])
    return (flags[:, None] >> np.arange(len(features.NAMES))) & 1


def _bins(vectors: NDArray[np.int8], everyday: NDArray[np.int64]) -> NDArray[np.int64]:
    """Cut the distances to 500 prompts of the traffic at 16 quantiles of the traffic's own."""
    items = np.random.default_rng(0).choice(everyday, EVAL_ITEMS, replace=False)
    parts = [squared_distances(part, vectors[items]) for part in np.array_split(vectors, 50)]
    distances = np.concatenate([np.partition(part, 1, axis=1)[:, 1] for part in parts])
    shares = [*np.linspace(0, 0.8, 11)[1:], 0.85, 0.9, 0.925, 0.95, 0.975]
    edges = np.quantile(distances[everyday], shares)
    found = np.searchsorted(edges, distances)
    assert found.max() < EVAL_BINS
    return found.astype(np.int64)


def cache_folder() -> Path:
    """Return where vectors are kept between runs."""
    return Path(os.environ.get(CACHE, "") or Path.home() / ".cache" / "eddyline")


def _vectors(name: str, found: list[dict[str, str]]) -> NDArray[np.int8]:
    folder = cache_folder()
    file = folder / f"{name}-{read_bundle(bundle_dir(Settings())).space_id.replace(':', '-')}.npy"
    if not file.exists():
        folder.mkdir(parents=True, exist_ok=True)
        with build_encoder(Settings()) as encoder:
            texts = [row["prompt"] for row in found]
            parts = [encoder.encode(texts[at : at + 256]).vectors for at in range(0, len(texts), 256)]
        np.save(file, np.concatenate(parts))
    vectors: NDArray[np.int8] = np.load(file)
    return vectors
