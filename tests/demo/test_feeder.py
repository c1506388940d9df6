"""The feeder: event time follows the clock, stands still when it must, and never jumps."""

from collections.abc import Sequence

from eddyline.demo.feeder import LONGEST_TURN_S, STEP_MS, Feeder
from eddyline.demo.wire import Message

SPEED = 2_000.0


class Sent:
    """Remembers what was sent at once."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []

    def send(self, messages: Sequence[Message]) -> None:
        self.batches.append([message.sent_ms for message in messages])


def feeder(sent: Sent, *times_ms: int) -> Feeder:
    return Feeder(sent.send, [Message(time_ms, "prompts", "key", b"{}") for time_ms in times_ms], 0, SPEED)


def test_event_time_passes_at_the_given_speed() -> None:
    feed = feeder(Sent())
    feed.feed(100.0)
    feed.feed(100.25)
    assert feed.now_ms == 0.25 * SPEED * 1000


def test_event_time_stands_still_while_it_is_held() -> None:
    sent = Sent()
    feed = feeder(sent, 1)
    for now_s in (1.0, 1.1, 1.2):
        feed.feed(now_s, held=True)
    assert (feed.now_ms, sent.batches) == (0, [])
    feed.feed(1.3)
    assert feed.now_ms > 0
    assert feed.done


def test_a_long_pause_of_the_caller_does_not_let_event_time_jump() -> None:
    feed = feeder(Sent())
    feed.feed(0.0)
    feed.feed(3_600.0)
    assert feed.now_ms == LONGEST_TURN_S * SPEED * 1000


def test_messages_are_sent_step_by_step_in_order() -> None:
    sent = Sent()
    feed = feeder(sent, 0, STEP_MS, STEP_MS + 1, 3 * STEP_MS, 9 * STEP_MS)
    assert len(feed.feed_until(4 * STEP_MS)) == 4
    assert sent.batches == [[0, STEP_MS], [STEP_MS + 1], [3 * STEP_MS]]
    assert not feed.done
