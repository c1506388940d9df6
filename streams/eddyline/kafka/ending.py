"""The end of a worker comes in bounded time.

Faust can wait for ever when it is told to stop, or crashes, while partitions change hands: its consumer thread does
not come back from a rebalance that it left half-way (seen once in ten ends of two workers at a time). A worker may be
killed at any moment without losing or repeating anything, so one that does not end by itself is ended.
"""

import logging
import os
import signal
import threading

import faust

SECONDS = 9.0
"""Below the ten that the guarantees and most supervisors allow."""
log = logging.getLogger(__name__)


class Worker(faust.Worker):
    """A worker whose end has a deadline, whether it was asked to end or crashed."""

    def _schedule_shutdown(self, signal: signal.Signals) -> None:
        end_within(SECONDS, 0)
        super()._schedule_shutdown(signal)

    def _crash(self, reason: BaseException) -> None:
        end_within(SECONDS, 1)
        super()._crash(reason)


def end_within(seconds: float, code: int) -> None:
    """End the process with ``code`` in so many seconds, unless it has ended by itself before."""
    timer = threading.Timer(seconds, _end, [seconds, code])
    timer.daemon = True
    timer.start()


def _end(seconds: float, code: int) -> None:
    log.warning("the worker has not ended by itself within %g s: ended with %d", seconds, code)
    logging.shutdown()
    os._exit(code)
