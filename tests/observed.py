"""Observations for tests of what fold and judge are made of: vectors from a seed, everything else by name."""

import numpy as np
from numpy.typing import NDArray

from eddyline import samples
from eddyline.cells import Cell
from eddyline.observations import PromptObservation
from eddyline.protocols import SCALE

DIMENSION = 384


def unit_vectors(n: int, rng: np.random.Generator) -> NDArray[np.int8]:
    """Return ``(n, 384)`` quantised unit vectors around a common direction."""
    raw = rng.normal(size=(n, DIMENSION)) * np.linspace(2.0, 0.2, DIMENSION)
    raw[:, 1] += 6.0
    raw /= np.linalg.norm(raw, axis=1, keepdims=True)
    return np.clip(np.rint(raw * SCALE), -127, 127).astype(np.int8)


def around_topics(n: int, rng: np.random.Generator, novel: float = 0.0) -> NDArray[np.int8]:
    """Return prompts around twenty topics, a share ``novel`` of them around a twenty-first."""
    topics = np.random.default_rng(0).normal(size=(21, 384))
    chosen = np.where(rng.random(n) < novel, 20, rng.integers(0, 20, n))
    raw = topics[chosen] + topics.mean(axis=0) * 3 + rng.normal(size=(n, 384)) * 0.7
    raw /= np.linalg.norm(raw, axis=1, keepdims=True)
    quantised: NDArray[np.int8] = np.clip(np.rint(raw * SCALE), -127, 127).astype(np.int8)
    return quantised


def prompt(  # noqa: PLR0913 - every part of an observation may matter to a test
    id_: str,
    *,
    time_ms: int = 1_000,
    app: str = "chat/production",
    deployment: str = "v1",
    user: bytes = b"u" * 16,
    session: bytes = b"",
    vector: NDArray[np.int8] | None = None,
    flags: int = 0,
    numeric: tuple[int, ...] = (),
) -> PromptObservation:
    """Return an observation of a prompt."""
    values = np.zeros(DIMENSION, np.int8) if vector is None else vector
    return PromptObservation(
        id=id_,
        time_ms=time_ms,
        app=app,
        deployment=deployment,
        user=user,
        session=session,
        tool=False,
        vector=values.tobytes(),
        projected=values[:64].astype("<i2").tobytes(),
        flags=flags,
        numeric=numeric,
        truncated=False,
    )


def cell(vectors: NDArray[np.int8], *, prefix: str = "e") -> Cell:
    """Return a cell that holds ``vectors`` as gated prompts of users, with its sample."""
    found = Cell()
    flags, numeric = np.zeros(len(vectors), np.uint32), np.zeros((len(vectors), 8), np.int64)
    found.volume.add(vectors, flags, numeric)
    found.gated.add(vectors, flags, numeric)
    ids = [f"{prefix}{k}" for k in range(len(vectors))]
    items = [samples.Item(samples.hash_of(id_), id_, row.tobytes(), 0) for id_, row in zip(ids, vectors, strict=True)]
    found.sample = samples.bottom(items, 64)
    return found
