"""A dense flow of events, and what its windows and scores must be, computed from the events alone.

Nothing of the stages is used here but the encoder: counts and sums are added up from the texts, the gate is applied as
the documentation states it (a user's first prompt of the day, by time, then id).
"""

import random
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tests.integration.running import Line

from eddyline.encoders import OnnxEncoder

START_MS = 1_793_577_600_000
"""2026-11-02T00:00:00Z: the start of a day and of a window."""
DAY_MS = 86_400_000
APP = "support"
REFUSED = "I'm sorry, but I can't help with that."
TOPICS = ("billing", "delivery", "returns", "sizes", "stores", "vouchers")
SHAPES = ("where is my {}?", "please help me with {}", "{}: what now?", "list the steps for {}", "why is {} so slow?")
ANNOUNCE_EVERY = 40

Ints = NDArray[np.int64]


def _zeros() -> Ints:
    return np.zeros(384, np.int64)


@dataclass
class Window:
    """What one window of one deployment must hold."""

    n: int = 0
    x: Ints = field(default_factory=_zeros)
    gated_n: int = 0
    gated_x: Ints = field(default_factory=_zeros)
    scores: Counter[str] = field(default_factory=Counter)
    """How many scores of each scorer, as drift events name it."""


def flow(*, prompts: int, hours: float, users: int, seed: int) -> list[Line]:
    """Return about 1.9 lines per prompt, in the order of event time, with no topic silent for long."""
    random_ = random.Random(seed)
    step = hours * 3_600_000 / prompts
    lines: list[tuple[int, Line]] = []
    for number in range(prompts):
        lines += _interaction(random_, number, START_MS + int(number * step), random_.randrange(users))
    return [line for _, line in sorted(lines, key=lambda item: item[0])]


def _interaction(random_: random.Random, number: int, at: int, user: int) -> list[tuple[int, Line]]:
    text = random_.choice(SHAPES).format(random_.choice(TOPICS))
    prompt: dict[str, Any] = {"id": f"e{number}", "ts": at, "app": APP, "prompt": text, "user": f"u{user}"}
    prompt |= {"session": f"u{user}-{at // 1_800_000}", "deployment": "v2" if user % 5 else "v1"}
    request = {"request_id": prompt["id"]}
    found: list[tuple[int, Line]] = [(at, ("prompts", prompt))]
    if number % 2:
        prompt["response"] = REFUSED
    else:
        found.append((at + 900, ("responses", {**request, "ts": at + 900, "response": f"About {text}"})))
    if number % 4 == 0:
        shadow = {**request, "ts": at + 1500, "response": REFUSED, "candidate": "v3"}
        found.append((at + 1500, ("shadow-responses", shadow)))
    if number % 6 == 0:
        found.append((at + 4000, ("feedback", {**request, "ts": at + 4000, "name": "thumbs", "value": number % 4})))
    if number % ANNOUNCE_EVERY == 0:
        found.append((at, ("deployments", {"app": "elsewhere", "deployment": f"d{number}", "effective_at": at})))
    return found


def windows(lines: Sequence[Line], encoder: OnnxEncoder, size_ms: int) -> dict[tuple[str, int], Window]:
    """Return what every window must hold, by (deployment, start)."""
    prompts = [value for name, value in lines if name == "prompts"]
    vectors = encoder.encode([prompt["prompt"] for prompt in prompts]).vectors.astype(np.int64)
    found: dict[tuple[str, int], Window] = defaultdict(Window)
    first = _first_of_day(prompts)
    for prompt, vector in zip(prompts, vectors, strict=True):
        window = found[prompt["deployment"], prompt["ts"] - prompt["ts"] % size_ms]
        window.n += 1
        window.x += vector
        if prompt["id"] in first:
            window.gated_n += 1
            window.gated_x += vector
    for (deployment, ts), scorer in ((key[:2], key[2]) for key in _scored(lines)):
        found[deployment, ts - ts % size_ms].scores[scorer] += 1
    return dict(found)


def score_keys(lines: Sequence[Line]) -> Counter[tuple[str, str, str | None]]:
    """Return every score event there must be, as (request id, scorer, candidate), each once."""
    return Counter((key[3], *_split(key[2])) for key in _scored(lines))


def _first_of_day(prompts: Sequence[dict[str, Any]]) -> set[str]:
    first: dict[tuple[str, int], tuple[int, str]] = {}
    for prompt in prompts:
        key = prompt["user"], prompt["ts"] // DAY_MS
        first[key] = min(first.get(key, (prompt["ts"], prompt["id"])), (prompt["ts"], prompt["id"]))
    return {id_ for _, id_ in first.values()}


def _scored(lines: Sequence[Line]) -> list[tuple[str, int, str, str]]:
    """Return (deployment, time, scorer, request id) of every score."""
    prompts = {value["id"]: value for name, value in lines if name == "prompts"}
    found = []
    for name, value in lines:
        prompt = prompts.get(value.get("request_id") or value.get("id") or "")
        scorers = _scorers(name, value) if prompt else []
        found += [(prompt["deployment"], value["ts"], scorer, prompt["id"]) for scorer in scorers if prompt]
    return found


def _scorers(name: str, value: dict[str, Any]) -> list[str]:
    if name == "feedback":
        return [value["name"]]
    if name == "shadow-responses":
        return [f"{scorer}@{value['candidate']}" for scorer in ("refusal", "relevance")]
    return ["refusal", "relevance"] if "response" in value else []


def _split(scorer: str) -> tuple[str, str | None]:
    name, _, candidate = scorer.partition("@")
    return name, candidate or None
