"""Where a stage starts to read a partition, and what may be missing before it: decisions without I/O."""

from typing import NamedTuple

from eddyline.errors import Hole


class Partition(NamedTuple):
    """A partition as its group and the brokers see it."""

    committed: int | None
    """The offset that the group would read next; None when it never committed one."""
    first: int
    """Of the earliest record there still is."""
    end: int
    """Of the record that will be written next."""


class Start(NamedTuple):
    """Where to start."""

    offset: int
    gap: bool
    """Records before ``offset`` are gone that nobody has read."""


def after_stored(name: str, applied: int, partition: Partition) -> Start:
    """Return where to go on from a state that includes everything up to ``applied``.

    Raises:
        Hole: the topic ends before: it was made anew, or its brokers lost what they had acknowledged.
    """
    if applied + 1 > partition.end:
        raise Hole(
            f"{name} ends at offset {partition.end}, but the state includes {applied}: the topic was made anew, or its "
            "brokers lost records. If that is so, 'eddyline state rebuild' starts from what there is"
        )
    return Start(max(applied + 1, partition.first), gap=applied + 1 < partition.first)


def from_first(partition: Partition) -> Start:
    """Return where to build a state from: the earliest record; what came before it, if anything, is missing."""
    return Start(partition.first, gap=partition.first > 0)


def from_committed(partition: Partition) -> Start:
    """Return where to read on without a state: where the group stood; a new group begins with what there is."""
    committed = partition.committed
    if committed is None or committed > partition.end:
        return Start(partition.first, gap=False)
    return Start(max(committed, partition.first), gap=committed < partition.first)
