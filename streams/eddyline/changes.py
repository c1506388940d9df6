"""What a stage's state changed since it was last written: absolute fields, fields to drop, results to keep.

State is a hash of named fields. Fold and judge note which fields they touch; the caller writes those in one command and
then drops what expired. Results are immutable and live under keys of their own, with a time to live.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

SEPARATOR = "\x1f"
"""Between the parts of a field's name."""


@dataclass(frozen=True)
class Result:
    """A value that is finished: a closed window, a panel day. Written twice, it is the same."""

    key: str
    field: str
    value: bytes
    ttl_seconds: int


@dataclass(frozen=True)
class Changes:
    """What to write: fields in one absolute command, results before it, drops after it."""

    fields: dict[str, bytes]
    drops: list[str]
    results: list[Result] = field(default_factory=list)


class Journal:
    """Which fields of a state were touched. A field's value is taken when it is written, not when it is touched."""

    def __init__(self) -> None:
        self._touched: dict[str, Callable[[], bytes]] = {}
        self._drops: dict[str, None] = {}
        self._results: list[Result] = []

    def touch(self, name: str, value: Callable[[], bytes]) -> None:
        """Note that field ``name`` changed; ``value`` will return its bytes."""
        self._touched[name] = value
        self._drops.pop(name, None)

    def drop(self, name: str) -> None:
        """Note that field ``name`` is not needed any more."""
        self._touched.pop(name, None)
        self._drops[name] = None

    def keep(self, result: Result) -> None:
        """Note a finished result."""
        self._results.append(result)

    def take(self) -> Changes:
        """Return what was noted and start anew."""
        changes = Changes({name: value() for name, value in self._touched.items()}, list(self._drops), self._results)
        self._touched, self._drops, self._results = {}, {}, []
        return changes
