"""``python -m tests.chaos.worker``: a worker that kills, or stops, itself at a named point of its work.

``EDDYLINE_TEST_FAULT=saving:3`` is SIGKILL before the third time that a state is written; ``saving:3:SIGSTOP`` lets the
worker stand still there, and ``saving:3:unreachable`` lets the call fail once. The product knows nothing of this: its
methods are wrapped by name, and a name that it does not have any more ends the process with 70.
"""

import functools
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Literal, NamedTuple

from aiokafka import AIOKafkaConsumer

from eddyline.cli import main
from eddyline.kafka.producer import OutputProducer
from eddyline.store.redis import RedisStore

VARIABLE = "EDDYLINE_TEST_FAULT"
UNKNOWN = 70
UNREACHABLE = "unreachable"


class Point(NamedTuple):
    """Before or after each call of a method."""

    owner: type
    method: str
    when: Literal["before", "after"]
    described: str


POINTS: Mapping[str, Point] = {
    # encode: what the batch lets out is not even sent
    "exchanged": Point(RedisStore, "exchange", "after", "after halves were exchanged"),
    # any stage: neither is the state written, nor is the batch acknowledged
    "flushed": Point(OutputProducer, "flush", "after", "after outputs were flushed"),
    # fold, judge
    "saving": Point(RedisStore, "save", "before", "before results and state were written"),
    "kept": Point(RedisStore, "_write", "before", "between results and state"),
    # fold, judge: what the state has dropped is still there
    "written": Point(RedisStore, "_write", "after", "after the state was written"),
    # any stage
    "committing": Point(AIOKafkaConsumer, "commit", "before", "before offsets were committed"),
}


class UnknownFault(Exception):
    """There is no such point, or the product has no such method any more."""


def arm(fault: str) -> None:
    """Let the fault ``point:nth[:signal]``, or ``point:nth:unreachable``, happen in this process.

    Raises:
        UnknownFault: it names nothing.
    """
    name, nth, *rest = fault.split(":")
    if name not in POINTS or not hasattr(POINTS[name].owner, POINTS[name].method):
        message = f"no fault point {name}: {POINTS.get(name)}"
        raise UnknownFault(message)
    owner, method, *_ = point = POINTS[name]
    what = functools.partial(_happen, rest[0] if rest else "SIGKILL")
    setattr(owner, method, _striking(getattr(owner, method), point, int(nth), what))


def _happen(what: str) -> None:
    if what == UNREACHABLE:
        message = "a fault of the test"
        raise ConnectionResetError(message)
    os.kill(os.getpid(), signal.Signals[what])


def _striking(
    original: Callable[..., Awaitable[Any]], point: Point, nth: int, happen: Callable[[], None]
) -> Callable[..., Awaitable[Any]]:
    calls = iter(range(1, nth + 1))

    def strike() -> None:
        if next(calls, None) == nth:
            happen()

    @functools.wraps(original)
    async def wrapped(*args: object, **kwargs: object) -> object:
        if point.when == "before":
            strike()
        result = await original(*args, **kwargs)
        if point.when == "after":
            strike()
        return result

    return wrapped


if __name__ == "__main__":
    if VARIABLE in os.environ:
        try:
            arm(os.environ[VARIABLE])
        except UnknownFault as error:
            print(error, file=sys.stderr)  # noqa: T201 - the worker's log, which a failing test shows
            sys.exit(UNKNOWN)
    main()
