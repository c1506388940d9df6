"""Event ids: a repetition within the horizon is noticed, and memory does not grow."""

from hypothesis import given
from hypothesis import strategies as st

from eddyline.dedupe import FORGOTTEN, MINUTE_MS, SeenIds

HORIZON_MS = 10 * MINUTE_MS


def test_a_repeated_id_is_noticed_whatever_its_time_says() -> None:
    seen = SeenIds(HORIZON_MS)
    assert seen.add("p", "chat", "a", 5 * MINUTE_MS + 1) == 5
    assert seen.add("p", "chat", "a", 5 * MINUTE_MS + 1) is None
    assert seen.add("p", "chat", "a", 7 * MINUTE_MS) is None
    assert len(seen) == 1


def test_ids_of_other_kinds_and_apps_are_other_ids() -> None:
    seen = SeenIds(HORIZON_MS)
    found = [seen.add(kind, app, "a", 0) for kind in ("p", "s") for app in ("chat", "search")]
    assert found == [0, 0, 0, 0]


def test_what_is_older_than_the_horizon_is_forgotten_and_named() -> None:
    seen = SeenIds(HORIZON_MS)
    for minute in range(20):
        seen.add("p", "chat", str(minute), minute * MINUTE_MS)
    assert seen.expire(20 * MINUTE_MS) == list(range(10))
    assert len(seen) == 10
    assert seen.packed(3) == b""
    assert seen.add("p", "chat", "3", 3 * MINUTE_MS) == FORGOTTEN
    assert seen.add("p", "chat", "3", 3 * MINUTE_MS) == FORGOTTEN
    assert seen.add("p", "chat", "15", 15 * MINUTE_MS) is None


@given(st.lists(st.tuples(st.text(max_size=5), st.integers(0, 30 * MINUTE_MS)), max_size=40))
def test_a_restored_memory_knows_the_same_ids(events: list[tuple[str, int]]) -> None:
    first, second = SeenIds(HORIZON_MS), SeenIds(HORIZON_MS)
    touched = {minute for id_, time_ms in events if (minute := first.add("p", "chat", id_, time_ms)) is not None}
    for minute in touched:
        second.restore(minute, first.packed(minute))
    assert len(first) == len(second) == len({id_ for id_, _ in events})
    assert all(second.add("p", "chat", id_, time_ms) is None for id_, time_ms in events)
    assert sorted(first.expire(25 * MINUTE_MS)) == sorted(second.expire(25 * MINUTE_MS))


def test_a_minute_costs_eight_bytes_an_id() -> None:
    seen = SeenIds(HORIZON_MS)
    for k in range(100):
        seen.add("p", "chat", str(k), 0)
    assert len(seen.packed(0)) == 800
