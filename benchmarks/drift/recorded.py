"""Streams prompt by prompt, in a file that another environment reads: numpy's archive, nothing of ours."""

import copy
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from benchmarks.drift.corpus import Corpus
from benchmarks.drift.streams import Change, Stream
from numpy.typing import NDArray

PROMPT = np.dtype([("day", "<i4"), ("minute", "<i4"), ("prompt", "<i4"), ("style", "<i4")])
"""A gated prompt: when, which row of the vectors, and whether it has the planted feature."""
VECTORS, QUIET = "vectors", "quiet"


def record(file: Path, corpus: Corpus, stream: Stream, days: tuple[int, int, int], changes: Iterable[Change]) -> None:
    """Write the quiet days of a stream, and for each change the days after it, as ``banking 0.1``.

    Args:
        file: where to.
        corpus: what the prompts are rows of.
        stream: one that has not begun.
        days: quiet ones before a change, changed ones, quiet ones in all.
        changes: each begins after the first of these.
    """
    before, changed, in_all = days
    parts = {QUIET: [_day(stream, day) for day in range(before)]}
    for change in changes:
        run = copy.deepcopy(stream)
        parts[f"{change.name} {change.share}"] = [_day(run, day, change) for day in range(before, before + changed)]
    parts[QUIET] += [_day(stream, day) for day in range(before, in_all)]
    whole: dict[str, Any] = {name: np.concatenate(found) for name, found in parts.items()}
    whole[VECTORS] = corpus.prompts.vectors
    np.savez(file, **whole)


def _day(stream: Stream, day: int, change: Change | None = None) -> NDArray[np.void]:
    asked = stream.asked(day, change)
    found = np.zeros(len(asked.prompt), PROMPT)
    found["day"], found["minute"], found["prompt"], found["style"] = day, asked.minute, asked.prompt, asked.habit
    ordered: NDArray[np.void] = found[np.argsort(asked.minute, kind="stable")]
    return ordered
