"""The feeder: how event time passes in the demo, and what is sent when. The clock is the caller's."""

from collections import deque
from collections.abc import Callable, Sequence

from eddyline.demo.wire import Message

STEP_MS = 1_800_000
"""Event time that is sent at once, so that no partition runs ahead of the others by more."""
LONGEST_TURN_S = 0.5
"""A longer pause of the caller does not count: event time never jumps."""

Send = Callable[[Sequence[Message]], None]
"""Sends records and returns when the broker has them."""


class Feeder:
    """Sends messages step by step, ``speed`` seconds of event time per second."""

    def __init__(self, send: Send, messages: Sequence[Message], start_ms: int, speed: float) -> None:
        self._send, self._waiting, self._speed = send, deque(messages), speed
        self._turn_s: float | None = None
        self.now_ms = start_ms

    @property
    def done(self) -> bool:
        """Whether everything is sent."""
        return not self._waiting

    def feed(self, now_s: float, *, held: bool = False) -> list[Message]:
        """Let event time pass since the last call, unless it is ``held``; return what was sent."""
        elapsed = 0.0 if held or self._turn_s is None else min(now_s - self._turn_s, LONGEST_TURN_S)
        self._turn_s = now_s
        return self.feed_until(self.now_ms + int(elapsed * self._speed * 1000))

    def feed_until(self, until_ms: int) -> list[Message]:
        """Send everything up to ``until_ms``, and return it."""
        sent: list[Message] = []
        while self.now_ms < until_ms:
            self.now_ms = min(self.now_ms + STEP_MS, until_ms)
            sent += self._step()
        return sent

    def _step(self) -> list[Message]:
        due: list[Message] = []
        while self._waiting and self._waiting[0].sent_ms <= self.now_ms:
            due.append(self._waiting.popleft())
        if due:
            self._send(due)
        return due
