"""Messages that come again and again are logged now and then, with their number."""

import logging

from eddyline.kafka.repeats import Repeats


def record(at_s: float, text: str = "away: %s", argument: object = 1) -> logging.LogRecord:
    found = logging.LogRecord("aiokafka.client", logging.ERROR, __file__, 1, text, (argument,), None)
    found.created = at_s
    return found


def test_a_repeated_message_passes_once_in_ten_seconds_and_tells_how_often_it_came() -> None:
    repeats = Repeats()
    assert [repeats.filter(record(at, argument=at)) for at in (100.0, 100.1, 105.0, 109.9)] == [
        True,
        False,
        False,
        False,
    ]
    again = record(110.0)
    assert repeats.filter(again)
    assert again.getMessage() == "away: 1 (and 3 times before)"
    assert not repeats.filter(record(111.0))


def test_another_message_is_not_held_back() -> None:
    repeats = Repeats()
    assert repeats.filter(record(100.0))
    assert repeats.filter(record(100.0, "gone: %s"))
