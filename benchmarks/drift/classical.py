"""The classical metrics of windows of 200 users against 1,000: without a change, and with a new topic.

``python -m benchmarks.drift.classical`` prints a row for each metric: its values without any change, and which share of
the windows is above the 95 % point, the more prompts are about travel (four minutes of CPU time).
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from benchmarks.drift import corpus
from benchmarks.drift.watched import RESULTS, whitening, write

from eddyline.classical import METRICS, Measured, measure
from eddyline.detectors.whitening import Whitening

REFERENCE, WINDOW, WINDOWS, PERMUTATIONS = 1000, 200, 60, 99
NEW = (0.0, 0.1, 0.2)
PSI_RULE = 0.2
ROW = "{metric:<22} {null_mean:>7} {null_upper:>7}  {above}"

Windows = Sequence[dict[str, Measured]]


def windows(prompts: corpus.Corpus, fixed: Whitening, new: float) -> Windows:
    """Measure windows, a share ``new`` of them about travel, each against a reference of its own."""
    vectors, everyday, travel = prompts.prompts.vectors, np.concatenate(prompts.topics), prompts.planted["travel"]
    found = []
    for seed in range(WINDOWS):
        rng = np.random.default_rng(seed)
        known, planted = rng.permutation(everyday), rng.permutation(travel)[: round(new * WINDOW)]
        window = rng.permutation([*known[REFERENCE : REFERENCE + WINDOW - len(planted)], *planted])
        given = vectors[known[:REFERENCE]], vectors[window]
        found.append(measure(*given, fixed, permutations=PERMUTATIONS, seed=seed))
    return found


def main() -> None:
    """Measure, print the table and write it."""
    prompts = corpus.load()
    measured = [windows(prompts, whitening(), new) for new in NEW]
    results = [_result(metric.name, measured) for metric in METRICS]
    print("\n".join(ROW.format(**result) for result in results))
    over = [sum(found["psi"].value > PSI_RULE for found in of_share) / WINDOWS for of_share in measured]
    print("PSI above .2:", over)
    results.append({"metric": "psi", "rule": PSI_RULE, "above": over})
    write(RESULTS / "drift_classical.json", _arguments(), results)


def _result(name: str, measured: Sequence[Windows]) -> dict[str, Any]:
    nulls = [found[name].null for found in measured[0]]
    above = [sum(one[name].value > one[name].null.upper for one in found) / WINDOWS for found in measured]
    return {
        "metric": name,
        "null_mean": round(float(np.mean([null.mean for null in nulls])), 4),
        "null_upper": round(float(np.mean([null.upper for null in nulls])), 4),
        "above": above,
    }


def _arguments() -> dict[str, Any]:
    return {
        "reference": REFERENCE,
        "window": WINDOW,
        "windows": WINDOWS,
        "permutations": PERMUTATIONS,
        "new": list(NEW),
    }


if __name__ == "__main__":
    main()
