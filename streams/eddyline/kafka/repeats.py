"""What aiokafka says 250 times a second while brokers are away: the first of each is enough."""

import logging

SECONDS = 10.0
CHATTY = ("aiokafka.client", "aiokafka.consumer.fetcher", "aiokafka.consumer.group_coordinator", "aiokafka.conn")


class Repeats(logging.Filter):
    """Lets a message, whatever its arguments, pass once in :data:`SECONDS`, then says how often it was held back."""

    def __init__(self) -> None:
        super().__init__()
        self._passed: dict[tuple[str, str], float] = {}
        self._held: dict[tuple[str, str], int] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether the record passes; called by :mod:`logging`."""
        message = (record.name, record.msg)
        if record.created - self._passed.get(message, -SECONDS) < SECONDS:
            self._held[message] = self._held.get(message, 0) + 1
            return False
        self._passed[message] = record.created
        if held := self._held.pop(message, 0):
            record.msg = f"{record.msg} (and {held} times before)"
        return True


def hold_back() -> None:
    """Filter the loggers of aiokafka that repeat themselves."""
    for name in CHATTY:
        logging.getLogger(name).addFilter(Repeats())
