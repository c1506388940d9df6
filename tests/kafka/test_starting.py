"""Where a stage starts to read a partition."""

import pytest

from eddyline.errors import Hole
from eddyline.kafka.starting import Partition, Start, after_stored, from_committed, from_first


@pytest.mark.parametrize(
    ("applied", "partition", "start"),
    [
        (9, Partition(3, 0, 50), Start(10, gap=False)),
        (9, Partition(30, 10, 50), Start(10, gap=False)),
        (9, Partition(None, 11, 50), Start(11, gap=True)),
        (49, Partition(3, 0, 50), Start(50, gap=False)),
    ],
    ids=["behind", "just retained", "gone", "at the end"],
)
def test_a_state_goes_on_after_its_offset_whatever_the_group_committed(
    applied: int, partition: Partition, start: Start
) -> None:
    assert after_stored("fold: t-0", applied, partition) == start


def test_a_state_ahead_of_its_topic_is_not_gone_on_from() -> None:
    with pytest.raises(Hole, match=r"fold: t-0 ends at offset 50, but the state includes 50: .*eddyline state rebuild"):
        after_stored("fold: t-0", 50, Partition(None, 0, 50))


def test_a_state_is_built_from_the_first_record_and_what_came_before_it_is_missing() -> None:
    assert from_first(Partition(30, 0, 50)) == Start(0, gap=False)
    assert from_first(Partition(30, 7, 50)) == Start(7, gap=True)


@pytest.mark.parametrize(
    ("partition", "start"),
    [
        (Partition(None, 7, 50), Start(7, gap=False)),
        (Partition(20, 7, 50), Start(20, gap=False)),
        (Partition(5, 7, 50), Start(7, gap=True)),
        (Partition(51, 7, 50), Start(7, gap=False)),
    ],
    ids=["a new group", "where it stood", "gone", "a topic made anew"],
)
def test_without_a_state_the_group_says_where_to_go_on(partition: Partition, start: Start) -> None:
    assert from_committed(partition) == start
