"""A real stream with known change points: what models wrote as commit messages of one project, as a history.

The data set is ``aider_commits`` (Aider-AI/aider's commit log, Apache-2.0). Messages stand for prompts; those that
humans wrote are left out.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any, NamedTuple

import orjson
from tests.real_text import rows

from eddyline.events import Record
from eddyline.recorded.history import Source
from eddyline.windows import DAY_MS

START_MS = 1_704_067_200_000
"""2024-01-01T00:00:00Z, a Monday: when virtual time begins."""
KNOWN = {
    "imperative mood": "2024-07-28",
    "conventional commits": "2024-07-31",
    "lower-case first letter": "2025-04-05",
    "lower case rolled back": "2025-04-13",
}
"""When the instruction to the model changed, by the first day."""


class Message(NamedTuple):
    """A commit message that a model wrote."""

    id: str
    ts: str
    user: str
    text: str

    @property
    def time_ms(self) -> int:
        """When it was committed, in milliseconds since 1970."""
        return int(datetime.fromisoformat(self.ts).timestamp() * 1000)


@dataclass(frozen=True)
class Prompts:
    """A history of prompts at one topic: ``(n,)`` messages, their times in milliseconds and their users."""

    topic: str
    messages: Sequence[Message]
    times_ms: Sequence[int]
    users: Sequence[str]

    @property
    def spans(self) -> Mapping[Source, range]:
        """One source: all of it."""
        return {(self.topic, 0): range(len(self.messages))}

    def __iter__(self) -> Iterator[Record]:
        """Give every message as the event of a prompt."""
        told = zip(self.messages, self.times_ms, self.users, strict=True)
        for at, (message, time_ms, user) in enumerate(told):
            event: dict[str, Any] = {"id": message.id, "ts": time_ms, "app": "aider", "user": user}
            yield Record(self.topic, 0, at, orjson.dumps({**event, "prompt": message.text}))


def load() -> list[Message]:
    """Return the messages that models wrote, in the order of time."""
    found = [row for row in rows("aider_commits") if row["label"] != "human"]
    messages = [Message(row["id"], row["ts"], row["user_id"], row["response"]) for row in found]
    return sorted(messages, key=lambda message: (message.ts, message.id))


def first_after(messages: Sequence[Message]) -> dict[str, int]:
    """Return the place of the first message after each known change."""
    return {name: sum(message.ts < day for message in messages) for name, day in KNOWN.items()}


def virtual_ms(place: int, a_day: int) -> int:
    """Return when the message at ``place`` comes if virtual days have ``a_day`` messages, evenly spread."""
    return START_MS + (2 * place + 1) * DAY_MS // (2 * a_day)


def until(messages: Sequence[Message]) -> dict[str, int]:
    """Return the place of the first message after what follows each known change: the next one, or the end."""
    return dict(zip(KNOWN, [*first_after(messages).values(), len(messages)][1:], strict=True))


def neighbours(messages: Sequence[Message], most: int) -> dict[str, tuple[range, range]]:
    """Return what lies on both sides of each known change, up to the next one: at most ``most`` messages a side."""
    places = [0, *first_after(messages).values(), len(messages)]
    sides = [range(max(first, last - most), last) for first, last in pairwise(places)]
    after = [range(first, min(last, first + most)) for first, last in pairwise(places)]
    return dict(zip(KNOWN, zip(sides, after[1:], strict=False), strict=True))
