"""A history with a deployment that users adapt to, beside users who are held out: three weeks of a small shop."""

import random
from collections.abc import Iterator
from typing import Any

from eddyline import assignment
from eddyline.demo import corpus
from eddyline.demo.corpus import NEW_TOPIC
from eddyline.windows import DAY_MS, HOUR_MS

APP = "shop/production"
START_MS = 1_788_739_200_000
"""2026-09-07T00:00:00Z, a Monday."""
DAYS, CHANGE_DAY = 20, 14
CHANGE_MS = START_MS + CHANGE_DAY * DAY_MS
OLD, NEW = "v1", "v2"
USERS, A_DAY = 400, 0.6
HELD_OUT = 0.3
ADAPTED = 0.6
"""Share of a treated user's prompts that are written for the new deployment, once he has seen an answer of it."""
HOURS = range(8, 20)
TEXTS = 4
"""Of every topic: the cache of the encoder has them all after a few prompts."""
ANNOUNCED: dict[str, Any] = {
    "id": "rollout",
    "app": "shop",
    "deployment": NEW,
    "effective_at": CHANGE_MS,
    "arm": {"kind": "holdout", "share": HELD_OUT, "first": 0},
}


def held_out(user: str) -> bool:
    """Whether a user stays with the old deployment."""
    return assignment.bucket(user) < HELD_OUT * assignment.BUCKETS


def prompts(seed: int, *, adapted: float = ADAPTED) -> Iterator[dict[str, Any]]:
    """Yield prompts in the order of time, at most one of a user on a day; each user has two topics."""
    chance = random.Random(seed)
    intents = [intent for intent in corpus.load() if intent.intent != NEW_TOPIC]
    habits = [chance.sample(intents, 2) for _ in range(USERS)]
    exposed = set[int]()
    for day in range(DAYS):
        users = [user for user in range(USERS) if chance.random() < A_DAY]
        times = sorted(chance.randrange(HOURS.start * HOUR_MS, HOURS.stop * HOUR_MS) for _ in users)
        chance.shuffle(users)
        for user, time_ms in zip(users, times, strict=True):
            name, intent = f"u{user}", chance.choice(habits[user])
            treated = day >= CHANGE_DAY and not held_out(name)
            texts = intent.adapted if user in exposed and chance.random() < adapted else intent.prompts
            exposed |= {user} if treated else set()
            yield {
                "id": f"{day}-{user}",
                "ts": START_MS + day * DAY_MS + time_ms,
                "app": "shop",
                "deployment": NEW if treated else OLD,
                "user": name,
                "prompt": chance.choice(texts[:TEXTS]),
            }
