"""A history with a planted change: a shop whose customers ask, from one morning on, mostly about something new."""

import random
from collections.abc import Iterator
from typing import Any

from eddyline.demo import corpus
from eddyline.demo.corpus import NEW_TOPIC
from eddyline.windows import DAY_MS, HOUR_MS

START_MS = 1_788_739_200_000
"""2026-09-07T00:00:00Z, a Monday."""
DAYS, CHANGE_DAY = 17, 16
CHANGE, CHANGE_MS = "2026-09-23T00:00:00Z", START_MS + CHANGE_DAY * DAY_MS
USERS, USERS_A_DAY, SHARE = 400, 260, 0.6
HOURS = range(8, 20)
TEXTS = 6
"""Of every topic: the cache of the encoder has them all after a few prompts."""


def prompts(seed: int) -> Iterator[dict[str, Any]]:
    """Yield prompts in the order of time, one of a user on a day; each user has two topics."""
    chance = random.Random(seed)
    texts = {intent.intent: intent.prompts[:TEXTS] for intent in corpus.load()}
    old = [name for name in texts if name != NEW_TOPIC]
    habits = [chance.sample(old, 2) for _ in range(USERS)]
    for day in range(DAYS):
        users = chance.sample(range(USERS), USERS_A_DAY)
        times = sorted(chance.randrange(HOURS.start * HOUR_MS, HOURS.stop * HOUR_MS) for _ in users)
        for user, time_ms in zip(users, times, strict=True):
            new = day >= CHANGE_DAY and chance.random() < SHARE
            text = chance.choice(texts[NEW_TOPIC if new else chance.choice(habits[user])])
            yield {
                "id": f"{day}-{user}",
                "ts": START_MS + day * DAY_MS + time_ms,
                "app": "shop",
                "user": f"u{user}",
                "prompt": text,
            }
