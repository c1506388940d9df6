"""Days of the panel as columns: exact, and cut to the smallest ranks whatever the order of the rows."""

import random
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eddyline import paneldays
from eddyline.errors import EddylineError, RefusedToStart
from eddyline.panel import PROJECTED, Row, rank
from eddyline.paneldays import ALL, SIZES, STYLES

DAY = 739_000


def row(user: int, deployment: str = "v1", *, large: int = 0) -> Row:
    """Return a row of a user whose rank is ``user``; its numbers follow from the user."""
    draws = random.Random(f"{user} {deployment}")
    found = Row(bytes(8) + user.to_bytes(8), deployment, 1_793_577_600_000 + user % 1000, bucket=user % 1000)
    found.n, found.openers, found.first = draws.randint(1, 300), draws.randint(0, 9), draws.getrandbits(STYLES)
    found.features = [draws.randint(0, 9) for _ in range(STYLES)] + [0] * (32 - STYLES)
    found.numeric = [draws.randint(0, 4000) + large for _ in range(SIZES)] + [0] * (8 - SIZES)
    found.projected = [draws.randint(-9000, 9000) for _ in range(PROJECTED)]
    return found


def assert_equal(one: paneldays.PanelDay, other: paneldays.PanelDay) -> None:
    for mine, theirs in zip(one, other, strict=True):
        assert np.array_equal(np.asarray(mine), np.asarray(theirs))


users = st.lists(st.integers(0, 2**64 - 1), unique=True, max_size=12)


@given(users, st.integers(1, 8), st.randoms(use_true_random=False))
def test_a_day_keeps_the_users_with_the_smallest_ranks(found: list[int], limit: int, shuffler: random.Random) -> None:
    rows = [row(user, name) for user in found for name in ("v1", "v2")]
    shuffler.shuffle(rows)
    day = paneldays.of_rows(DAY, rows, limit, lost=False)
    kept = sorted(found)[:limit]
    assert day.user.tolist() == [user for user in kept for _ in range(2)]
    assert day.below == (kept[-1] + 1 if len(found) >= limit else ALL)


@given(users)
def test_a_day_comes_back_as_it_was_packed(found: list[int]) -> None:
    day = paneldays.of_rows(DAY, [row(user) for user in found], 8, lost=True)
    assert_equal(paneldays.unpack(paneldays.pack(day)), day)


def test_a_number_of_any_size_comes_back() -> None:
    for large in (0, 10**3, 10**7, 10**12):
        day = paneldays.of_rows(DAY, [row(5, large=large)], 8, lost=False)
        assert paneldays.unpack(paneldays.pack(day)).sizes.min() >= large


def test_a_user_with_very_many_sessions_costs_nobody_else_more() -> None:
    rows = [row(user) for user in range(200)]
    before = paneldays.pack(paneldays.of_rows(DAY, rows, 500, lost=False))
    rows[17].projected[3], rows[17].projected[5] = -(10**7), 32_768
    day = paneldays.of_rows(DAY, rows, 500, lost=False)
    packed = paneldays.pack(day)
    assert_equal(paneldays.unpack(packed), day)
    assert len(packed) < len(before) + 600


def test_every_column_is_the_rows_own() -> None:
    rows: Sequence[Row] = [row(9), row(3, "v2"), row(3)]
    day = paneldays.of_rows(DAY, rows, 8, lost=False)
    for at, expected in enumerate([rows[2], rows[1], rows[0]]):
        assert int(day.user[at]) == int.from_bytes(rank(expected.user))
        assert day.deployments[day.deployment[at]] == expected.deployment
        numbers = [day.first_ms, day.n, day.openers, day.first, day.bucket]
        wanted = [expected.first_ms, expected.n, expected.openers, expected.first, expected.bucket]
        assert [int(column[at]) for column in numbers] == wanted
        assert day.styles[at].tolist() == expected.features[:STYLES]
        assert day.sizes[at].tolist() == expected.numeric[:SIZES]
        assert day.projected[at].tolist() == expected.projected


def test_a_day_of_a_newer_version_is_refused() -> None:
    packed = bytearray(paneldays.pack(paneldays.of_rows(DAY, [row(1)], 8, lost=False)))
    packed[1] = paneldays.VERSION + 1
    with pytest.raises(RefusedToStart, match="upgrade this worker"):
        paneldays.unpack(bytes(packed))


def test_what_is_no_day_is_told() -> None:
    with pytest.raises(EddylineError):
        paneldays.unpack(b"\x00")
