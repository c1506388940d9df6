"""Bias, coverage and error of the effect and of the four terms, in worlds whose truth is known.

    python -m benchmarks.adaptation.effect --users 1000 5000 --controls 0.2 0.05 staged

The planted feature alone is compared. *Naive* is what all users of the deployment changed, read as adaptation.
"""

import argparse
import functools
import itertools
from typing import Any, NamedTuple

import numpy as np
from benchmarks.adaptation.prompts import PLANTED
from benchmarks.adaptation.runs import AFTER, BEFORE, arguments, repeat, share, world
from benchmarks.adaptation.scenarios import SCENARIOS, Scenario
from benchmarks.adaptation.truth import Truth, truth
from benchmarks.drift.watched import write

from eddyline.adaptation.effect import effect
from eddyline.adaptation.study import Study
from eddyline.adaptation.terms import Term, terms

Z = 1.96
TERMS = ("adaptation", "selection", "exogenous", "mix")
ROW = "{scenario:>16} {users:>6} {control:>6} {runs:>5} {told}"


class Found(NamedTuple):
    """An estimate of one run."""

    value: float
    error: float
    margin: float
    """Half of the width of its 95 % interval."""


Estimates = dict[str, Found]


def run(scenario: Scenario, users: int, control: str, seed: int) -> tuple[Estimates, Truth] | None:
    """Return the estimates and the truth of one world; None where an arm has fewer than two users."""
    some = world(scenario, users, control, seed)
    found = estimates(some.study(BEFORE, AFTER))
    return (found, truth(some, BEFORE, AFTER)) if found else None


def estimates(study: Study) -> Estimates | None:
    """Return all estimates of the planted feature."""
    primary, parts = effect(study.changes()), terms(study)
    if primary is None or parts is None:
        return None
    found = {"effect": Found(*(float(some[PLANTED]) for some in (primary.value, primary.error, primary.margin)))}
    found["naive"] = _found(parts.treated.total)
    return found | {name: _found(getattr(parts, name)) for name in TERMS}


def _found(term: Term) -> Found:
    value, error = float(term.value[PLANTED]), float(term.error[PLANTED])
    return Found(value, error, Z * error)


def measure(name: str, users: int, control: str, options: argparse.Namespace) -> dict[str, Any]:
    """Return a row of the table."""
    runs = [found for found in repeat(functools.partial(run, SCENARIOS[name], users, control), options) if found]
    known = {part: float(np.mean([getattr(true, part) for _, true in runs])) for part in Truth._fields}
    return {"scenario": name, "users": users, "control": control, "runs": len(runs)} | {
        part: _row([found[part] for found, _ in runs], known["adaptation" if part == "naive" else part])
        for part in ("effect", "naive", *TERMS)
    }


def _row(found: list[Found], true: float) -> dict[str, Any]:
    values = np.array([one.value for one in found])
    return {
        "truth": round(true, 5),
        "bias": round(float(values.mean() - true), 5),
        "bias_error": round(float(values.std(ddof=1) / len(values) ** 0.5), 5),
        "error": round(float(np.mean([one.error for one in found])), 5),
        "spread": round(float(values.std(ddof=1)), 5),
        "coverage": share(abs(one.value - true) <= one.margin for one in found),
    }


def _told(row: dict[str, Any]) -> str:
    parts = {part: row[part] for part in ("effect", "naive", *TERMS)}
    return " ".join(
        f"{part[:4]} {of['truth']:.3f}{of['bias']:+.3f}/{of['coverage']['share']:.3f}" for part, of in parts.items()
    )


def main() -> None:
    """Run the benchmark, print its table, write its results."""
    parser = arguments(__doc__, "effect", 1000)
    parser.add_argument("--users", type=int, nargs="+", default=[1000, 5000])
    parser.add_argument("--controls", nargs="+", default=["0.2", "0.05", "staged"], help="share held out, or staged")
    parser.add_argument("--scenarios", nargs="+", default=[*SCENARIOS])
    options, results = parser.parse_args(), list[dict[str, Any]]()
    for control, users, name in itertools.product(options.controls, options.users, options.scenarios):
        results.append(row := measure(name, users, control, options))
        print(ROW.format(**row, told=_told(row)), flush=True)
        write(options.out, vars(options), results)


if __name__ == "__main__":
    main()
