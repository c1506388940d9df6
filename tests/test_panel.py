"""The panel: the users with the smallest ranks, whatever the order and the partitioning."""

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.observed import prompt, unit_vectors

from eddyline.panel import Panel, Row, rank, share_of_panel

USERS = st.lists(st.binary(min_size=16, max_size=16), unique=True, max_size=20)


def _panel(users: list[bytes], limit: int) -> Panel:
    panel = Panel(limit)
    for user in users:
        if row := panel.row(user, "v1", 5):
            row.count(1, 5)
    panel.shrink()
    return panel


@given(USERS, st.integers(1, 8), st.randoms(use_true_random=False))
def test_members_are_the_smallest_ranks_in_any_order(users: list[bytes], limit: int, shuffler: random.Random) -> None:
    expected = sorted(users, key=rank)[:limit]
    shuffler.shuffle(users)
    assert [row.user for row in _panel(users, limit).sorted_rows()] == expected


@given(USERS, st.integers(1, 8), st.integers(0, 20))
def test_the_panel_of_all_is_among_the_panels_of_the_parts(users: list[bytes], limit: int, cut: int) -> None:
    parts = [_panel(users[:cut], limit), _panel(users[cut:], limit)]
    members = {row.user for part in parts for row in part.sorted_rows()}
    assert {row.user for row in _panel(users, limit).sorted_rows()} <= members


def test_a_user_outside_the_panel_has_no_row() -> None:
    panel = _panel([bytes(15) + bytes([k]) for k in range(3)], 3)
    assert panel.row(b"\xff" * 16, "v1", 0) is None


def test_shrinking_drops_all_rows_of_a_user_and_names_them() -> None:
    panel = Panel(1)
    high, low = b"\xff" * 16, bytes(16)
    panel.row(high, "v1", 0)
    panel.row(high, "v2", 0)
    panel.row(low, "v1", 0)
    assert sorted(panel.shrink()) == [(high, "v1"), (high, "v2")]
    assert [row.user for row in panel.sorted_rows()] == [low]


@given(USERS, st.integers(1, 8))
def test_a_restored_panel_goes_on_as_if_nothing_had_happened(users: list[bytes], limit: int) -> None:
    first, second = _panel(users[:10], limit), Panel(limit)
    for row in first.sorted_rows():
        second.restore(row)
    for user in users[10:]:
        assert (first.row(user, "v1", 5) is None) == (second.row(user, "v1", 5) is None)
    first.shrink()
    second.shrink()
    assert [row.user for row in first.sorted_rows()] == [row.user for row in second.sorted_rows()]


def test_a_row_sums_prompts_and_openers() -> None:
    vectors = unit_vectors(2, np.random.default_rng(1))
    row = Row(b"u" * 16, "v1", 100)
    row.count(3, 90)
    row.count(1, 200)
    row.open(prompt("a", vector=vectors[0], flags=0b101, numeric=(5, 7)))
    row.open(prompt("b", vector=vectors[1], flags=0b001, numeric=(1, 1)))
    assert (row.n, row.openers, row.first_ms) == (4, 2, 90)
    assert (row.features[:3], row.numeric[:3]) == ([2, 0, 1], [6, 8, 0])
    assert row.projected == vectors[:, :64].astype(int).sum(axis=0).tolist()


@pytest.mark.parametrize(("users", "partitions"), [(1, 1), (10, 4), (10_000, 16), (500, 256)])
def test_a_partition_keeps_enough_users_for_the_whole_panel(users: int, partitions: int) -> None:
    rng = np.random.default_rng(users)
    share = share_of_panel(users, partitions)
    fullest = [np.bincount(rng.integers(0, partitions, users), minlength=partitions).max() for _ in range(200)]
    assert max(fullest) <= share <= users
