"""The quota of dead letters: an hour's bytes of a source, whatever times its records claim."""

import sys

from hypothesis import given
from hypothesis import strategies as st

from eddyline.quota import HOUR_MS, Quota

P0, P1 = ("prompts", 0), ("prompts", 1)
NOW_MS = 500_000 * HOUR_MS


def test_a_source_fills_its_quota_and_no_more() -> None:
    quota = Quota(100)
    assert [quota.admits(P0, NOW_MS, 40, NOW_MS) for _ in range(4)] == [True, True, False, False]


def test_what_is_too_large_uses_nothing_up() -> None:
    quota = Quota(100)
    assert [quota.admits(P0, NOW_MS, size, NOW_MS) for size in (60, 50, 40, 1)] == [True, False, True, False]


def test_sources_have_quotas_of_their_own() -> None:
    quota = Quota(100)
    assert [quota.admits(source, NOW_MS, 100, NOW_MS) for source in (P0, P1, P0)] == [True, True, False]


def test_every_hour_of_a_backfill_has_its_quota() -> None:
    quota = Quota(100)
    times = [NOW_MS - hour * HOUR_MS for hour in (72, 71, 70)]
    assert all(quota.admits(P0, at, 100, NOW_MS) for at in times)
    assert not any(quota.admits(P0, at, 1, NOW_MS) for at in times)


def test_zero_is_no_quota() -> None:
    assert Quota(0).admits(P0, NOW_MS, sys.maxsize, NOW_MS)


@given(st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1, max_size=50))
def test_made_up_times_get_no_more_than_a_quota_for_every_hour_up_to_now(times: list[int]) -> None:
    quota = Quota(100)
    quota.admits(P0, NOW_MS - HOUR_MS, 1, NOW_MS)
    assert sum(quota.admits(P0, at, 99, NOW_MS) for at in times) <= 2
    assert quota.admits(P0, NOW_MS + HOUR_MS, 99, NOW_MS + HOUR_MS)
