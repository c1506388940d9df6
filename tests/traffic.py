"""Streams of native events for tests: seeded, in event-time order, as (topic, event) pairs."""

import random
from typing import Any

START_MS = 1_793_577_600_000
"""2026-11-02T00:00:00Z."""
TOPICS = ("billing", "delivery", "returns", "sizes", "stores")
SHAPES = (
    "where is my {topic} request number {n}?",
    "please help me with {topic}, it is urgent",
    "I asked about {topic} yesterday and nobody answered. What now?",
    "{topic}: list the steps as JSON",
)

Line = tuple[str, dict[str, Any]]


def stream(*, prompts: int, users: int, hours: float, seed: int, app: str = "support") -> list[Line]:
    """Return prompts with responses in one event or apart, shadow responses, feedback and one announcement."""
    random_ = random.Random(seed)
    span = int(hours * 3_600_000)
    change = START_MS + span // 2
    lines: list[tuple[int, Line]] = [(START_MS, ("deployments", _announcement(app, change)))]
    for number in range(prompts):
        time_ms = START_MS + span * number // prompts
        lines += _interaction(random_, number, time_ms, f"u{random_.randrange(users)}", app, change)
    return [line for _, line in sorted(lines, key=lambda item: item[0])]


def _announcement(app: str, change: int) -> dict[str, Any]:
    return {"id": "d1", "app": app, "deployment": "v2", "effective_at": change}


def _interaction(
    random_: random.Random, number: int, time_ms: int, user: str, app: str, change: int
) -> list[tuple[int, Line]]:
    text = random_.choice(SHAPES).format(topic=random_.choice(TOPICS), n=number % 40)
    prompt: dict[str, Any] = {"id": f"e{number}", "ts": time_ms, "app": app, "prompt": text, "user": user}
    prompt["session"] = f"{user}-{time_ms // 1_800_000}"
    if number % 3 and number % 200 < 150:  # the others leave it to the announcement, now and then all of them
        prompt["deployment"] = "v1" if time_ms < change else "v2"
    answer = {"request_id": f"e{number}", "ts": time_ms + 900, "response": f"Your {text[:20]} is on its way."}
    found: list[tuple[int, Line]] = []
    if number % 2:
        prompt["response"] = "I'm sorry, but I can't help with that."
    else:
        found.append((time_ms + 900, ("responses", answer)))
    if number % 5 == 0:
        found.append((time_ms + 1500, ("shadow-responses", {**answer, "candidate": "v3"})))
    if number % 7 == 0:
        vote = {"request_id": f"e{number}", "ts": time_ms + 4000, "name": "thumbs", "value": number % 2}
        found.append((time_ms + 4000, ("feedback", vote)))
    return [(time_ms, ("prompts", prompt)), *found]
