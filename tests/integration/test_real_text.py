"""The main job on real text: a new topic is seen when it arrives and not before; real answers are scored."""

import math
import random
from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from tests import real_text
from tests.integration.running import Installation, Line, event_time, running

from eddyline.encoders import OnnxEncoder
from eddyline.protocols import SCALE

pytestmark = pytest.mark.integration
START_MS = 1_793_577_600_000
HOUR_MS = 3_600_000
USERS_AN_HOUR = 400
LEARNING, DEPLOYED, ARRIVED, END = 24, 42, 48, 72
"""Hours: the first day becomes v1's reference; v2 is deployed; the new domain arrives; the end."""
NEW = "credit_cards"
TEXTS = 500


def clinc_stream(domains: dict[str, list[str]], seed: int) -> list[Line]:
    """Return prompts of ever new users; from ARRIVED on, every tenth is of the domain that was absent before."""
    random_ = random.Random(seed)
    known = [text for name in sorted(domains) if name != NEW for text in domains[name]]
    lines: list[Line] = []
    for number in range(END * USERS_AN_HOUR):
        hour = number / USERS_AN_HOUR
        new = hour >= ARRIVED and number % 10 == 0
        value = {
            "id": f"c{number}",
            "ts": START_MS + int(hour * HOUR_MS),
            "app": "clinc",
            "user": f"u{number}",
            "prompt": random_.choice(domains[NEW] if new else known),
            "deployment": "v1" if hour < DEPLOYED else "v2",
        }
        lines.append(("prompts", value))
    return lines


def expected_change(domains: dict[str, list[str]], encoder: OnnxEncoder) -> tuple[float, float]:
    """Return how far a tenth of the new domain moves the centroid (squared), and the spread without a change.

    Without a change the squared distance of two centroids is a sum over the axes of the covariance C of terms
    ``eigenvalue * (1/n + 1/m) * chi2(1)``: its standard deviation is ``sqrt(2 tr(C^2)) (1/n + 1/m)``.
    """
    texts = [text for name in sorted(domains) if name != NEW for text in domains[name]]
    known = encoder.encode(texts).vectors / SCALE
    moved = 0.1 * (encoder.encode(domains[NEW]).vectors / SCALE - known.mean(axis=0)).mean(axis=0)
    covariance = np.cov(known.T)
    per_pair = 1 / USERS_AN_HOUR + 1 / (24 * USERS_AN_HOUR)
    return float(moved @ moved), math.sqrt(2 * float(np.sum(covariance**2))) * per_pair


@pytest.mark.timeout(400)
def test_the_centroid_moves_when_a_domain_arrives_and_at_no_other_time(
    install: Callable[..., Installation], encoder: OnnxEncoder
) -> None:
    random_ = random.Random(1)
    sets = real_text.by_domain("clinc150")
    domains = {name: random_.sample(texts, TEXTS) for name, texts in sorted(sets.items()) if name != "oos"}
    kafka = install(windows_size_seconds=3600)
    lines = clinc_stream(domains, seed=1)
    kafka.produce(lines)
    with running(kafka) as workers:
        workers.wait_until_judged(event_time(lines[-1]), 240)
    drift = kafka.drift()
    assert [data["gated_n"] for data in drift] == [USERS_AN_HOUR] * END
    assert [data["state"] for data in drift] == ["learning"] * LEARNING + ["quiet"] * (END - LEARNING)
    moved = [excess(data) for data in drift[LEARNING:]]
    quiet, arrived = moved[: ARRIVED - LEARNING], moved[ARRIVED - LEARNING :]
    signal, spread = expected_change(domains, encoder)
    # Four standard deviations: exceeded once in some ten thousand windows by chance; there are 24 here.
    assert max(map(abs, quiet)) < 4 * spread
    assert abs(np.mean(quiet)) < 2 * spread
    assert np.mean(arrived) == pytest.approx(signal, rel=0.3)
    # What every tenth user asks moves from hour to hour as well: one hour in eight may stay under the bound.
    assert sum(value > 4 * spread for value in arrived) >= 21
    assert min(arrived) > max(0.0, np.percentile(quiet, 75))


def excess(data: dict[str, Any]) -> float:
    """Return centroid distance above its value expected under no change."""
    metric = data["metrics"]["centroid_distance"]
    return float(metric["value"] - metric["null"])


SETS = {"sensitiveq": 100, "opinionqa": 300}
MODELS = ("gpt-4-0314", "gpt-4-0613")


def llmdrift_stream(rows: list[dict[str, Any]]) -> list[Line]:
    """Return prompt, response and score of each pair as one event: an app per data set, a deployment per model."""
    lines: list[Line] = []
    for model_at, model in enumerate(MODELS):
        for name, size in SETS.items():
            for number, row in enumerate([row for row in rows if (row["label"], row["model"]) == (name, model)][:size]):
                value = {
                    "id": f"{model}-{name}-{number}",
                    "ts": START_MS + model_at * HOUR_MS + number * 1000,
                    "app": name,
                    "deployment": model,
                    "user": f"u{number}",
                    "prompt": row["prompt"],
                    "response": row["response"],
                    "scores": [{"name": "answered", "value": row["score"]}],
                }
                lines.append(("prompts", value))
    return lines


@pytest.mark.timeout(400)
def test_every_pair_of_two_model_versions_is_scored_and_refusals_differ(install: Callable[..., Installation]) -> None:
    lines = llmdrift_stream(real_text.rows("llmdrift"))
    kafka = install(windows_size_seconds=3600)
    kafka.produce(lines)
    with running(kafka) as workers:
        workers.wait_until_judged(max(map(event_time, lines)), 240)
    scored = Counter((data["request_id"], data["scorer"]) for data in kafka.scores())
    ids = [value["id"] for _, value in lines]
    assert scored == Counter((id_, scorer) for id_ in ids for scorer in ("relevance", "refusal", "answered"))
    scores = {(data["app"].split("/")[0], data["deployment"]): data["scores"] for data in kafka.drift()}
    for (app, model), found in scores.items():
        answered = [
            value["scores"][0]["value"] for _, value in lines if (value["app"], value["deployment"]) == (app, model)
        ]
        assert found["answered"]["n"] == SETS[app]
        assert found["answered"]["mean"] == pytest.approx(np.mean(answered), abs=1e-6)
    old, new = ({app: scores[app, model] for app in SETS} for model in MODELS)
    assert change(old["sensitiveq"], new["sensitiveq"], "refusal") > 2
    # Of opinions the newer model declines to give, most are evasions that no pattern sees; the supplied score does.
    assert change(old["opinionqa"], new["opinionqa"], "answered") < -10
    print({key: {name: score["mean"] for name, score in found.items()} for key, found in scores.items()})  # noqa: T201


def change(old: dict[str, Any], new: dict[str, Any], scorer: str) -> float:
    """Return the difference of two means of a scorer in units of its standard error."""
    error = math.hypot(old[scorer]["error"], new[scorer]["error"])
    return float(new[scorer]["mean"] - old[scorer]["mean"]) / error
