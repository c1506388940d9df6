"""The stream of commit messages that a benchmark watches: its virtual days, and what lies on both sides of a change."""

import json

from benchmarks.drift.commits import KNOWN, START_MS, Message, Prompts, first_after, neighbours, until, virtual_ms

from eddyline.windows import DAY_MS

DAYS = ["2024-07-27", "2024-07-28", "2024-07-30", "2024-07-31", "2025-04-04", "2025-04-06", "2025-04-13", "2025-04-14"]
MESSAGES = [Message(f"m{at}", f"{day}T12:00:00Z", "u", f"Add {at}") for at, day in enumerate(DAYS)]


def test_every_virtual_day_has_as_many_messages_and_they_come_in_order() -> None:
    times = [virtual_ms(place, 48) - START_MS for place in range(3 * 48)]
    assert times == sorted(set(times))
    assert [sum(time // DAY_MS == day for time in times) for day in range(4)] == [48, 48, 48, 0]


def test_a_change_is_at_the_first_message_of_its_day_or_after_it() -> None:
    assert first_after(MESSAGES) == dict(zip(KNOWN, [1, 3, 5, 6], strict=True))
    assert until(MESSAGES) == dict(zip(KNOWN, [3, 5, 6, 8], strict=True))


def test_the_sides_of_a_change_hold_nothing_from_beyond_the_next_one() -> None:
    sides = [(list(before), list(after)) for before, after in neighbours(MESSAGES, 2).values()]
    assert sides == [([0], [1, 2]), ([1, 2], [3, 4]), ([3, 4], [5]), ([5], [6, 7])]


def test_a_message_is_sent_as_the_prompt_of_its_user() -> None:
    history = Prompts("prompts", MESSAGES[:2], [5, 7], ["a", "b"])
    assert history.spans == {("prompts", 0): range(2)}
    records = list(history)
    assert [(record.topic, record.partition, record.offset) for record in records] == [
        ("prompts", 0, 0),
        ("prompts", 0, 1),
    ]
    assert json.loads(records[1].value or b"") == {"id": "m1", "ts": 7, "app": "aider", "user": "b", "prompt": "Add 1"}
