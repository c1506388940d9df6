"""Circuits: when a source has brought too many dead letters, and how its operator closes them."""

from collections.abc import Iterable

import numpy as np
import pytest

from eddyline.circuit import Breakers, Circuit, OpenCircuit, Resume, pack, unpack
from eddyline.errors import RefusedToStart
from eddyline.settings import Dlq

P0, P1 = ("prompts", 0), ("prompts", 1)
NOW_MS = 1_795_248_000_000
RUN_ONLY = Dlq(max_run=3, max_ratio=1.0)
RATIO_ONLY = Dlq(max_run=0, max_ratio=0.75, ratio_over=8)


def opens(circuit: Circuit, outcomes: Iterable[int], first: int = 0) -> OpenCircuit | None:
    """Count records until the circuit opens; 1 is a dead letter."""
    for offset, dead in enumerate(outcomes, first):
        if opened := circuit.count(offset, "bad_json" if dead else None, NOW_MS):
            return opened
    return None


def test_a_run_of_dead_letters_opens_a_circuit_and_says_why() -> None:
    assert opens(Circuit(Dlq(max_run=1000)), [0] * 9 + [1] * 5000) == OpenCircuit(
        offset=1008,
        since_ms=NOW_MS,
        reason="1,000 dead letters in a row, the last one for bad_json",
        run=1000,
        dead=1000,
        of=1009,
    )


def test_a_record_that_is_understood_ends_a_run() -> None:
    assert opens(Circuit(RUN_ONLY), [1, 1, 0] * 1000) is None


def test_a_share_of_dead_letters_opens_a_circuit_though_none_is_a_run() -> None:
    opened = opens(Circuit(RATIO_ONLY), [1, 1, 1, 0] * 2)
    assert opened is None  # the last record was a good one: a good record never opens a circuit
    opened = opens(Circuit(RATIO_ONLY), [1, 1, 1, 0] * 2 + [1])
    assert opened is not None
    assert opened.reason == "6 dead letters among the last 8 records, the last one for bad_json"
    assert (opened.offset, opened.run, opened.dead, opened.of) == (8, 1, 6, 8)


def test_a_share_is_not_judged_before_so_many_records_were_seen() -> None:
    assert opens(Circuit(RATIO_ONLY), [1] * 7) is None
    assert opens(Circuit(RATIO_ONLY), [1] * 8) is not None


def test_dead_letters_leave_the_share_as_other_records_follow() -> None:
    assert opens(Circuit(RATIO_ONLY), ([1] * 5 + [0] * 3) * 1000) is None


@pytest.mark.parametrize("seed", range(20))
def test_the_share_is_that_of_the_last_records_whatever_came_before(seed: int) -> None:
    outcomes = np.random.default_rng(seed).integers(0, 2, 300).tolist()
    limits = Dlq(max_run=0, max_ratio=0.7, ratio_over=20)
    reached = [at for at in range(19, 300) if outcomes[at] and sum(outcomes[at - 19 : at + 1]) >= 14]
    opened = opens(Circuit(limits), outcomes)
    assert (opened and opened.offset) == (reached[0] if reached else None)


def test_the_share_of_a_partition_of_nothing_but_junk_and_one_good_record_in_ten_is_too_much_by_default() -> None:
    assert opens(Circuit(Dlq()), ([1] * 9 + [0]) * 300) is not None
    assert opens(Circuit(Dlq()), ([1] * 8 + [0] * 2) * 300) is None


def test_limits_can_be_switched_off() -> None:
    assert opens(Circuit(Dlq(max_run=0, max_ratio=1.0)), [1] * 10_000) is None


def test_accepted_dead_letters_do_not_count_and_those_behind_them_do() -> None:
    assert opens(Circuit(RUN_ONLY, accept_before=100), [1] * 100) is None
    opened = opens(Circuit(RUN_ONLY, accept_before=100), [1] * 200)
    assert opened is not None
    assert opened.offset == 102


def test_sources_are_counted_apart() -> None:
    breakers = Breakers(RUN_ONLY)
    for offset in range(2):
        assert breakers.count(P0, offset, "bad_json", NOW_MS) is None
        assert breakers.count(P1, offset, "bad_json", NOW_MS) is None
    opened = breakers.count(P0, 2, "too_large", NOW_MS)
    assert opened is not None
    assert breakers.open == {P0: opened}
    assert (breakers.is_open(P0), breakers.is_open(P1)) == (True, False)


def test_a_resumed_source_is_counted_anew() -> None:
    breakers = Breakers(RUN_ONLY)
    for offset in range(3):
        breakers.count(P0, offset, "bad_json", NOW_MS)
    breakers.resume(P0)
    assert not breakers.is_open(P0)
    assert [bool(breakers.count(P0, offset, "bad_json", NOW_MS)) for offset in (3, 4, 5)] == [False, False, True]


def test_a_request_that_was_made_of_the_former_owner_is_heard_by_the_next() -> None:
    breakers = Breakers(RUN_ONLY)
    breakers.resume(P0, accept_before=50)
    assert not any(breakers.count(P0, offset, "bad_json", NOW_MS) for offset in range(50))


def test_of_sources_that_stay_assigned_counts_are_kept_and_of_others_forgotten() -> None:
    breakers = Breakers(RUN_ONLY)
    for source in (P0, P1):
        for offset in range(2):
            breakers.count(source, offset, "bad_json", NOW_MS)
    breakers.assign([P0])
    breakers.assign([P0, P1])
    assert breakers.count(P0, 2, "bad_json", NOW_MS) is not None
    assert breakers.count(P1, 2, "bad_json", NOW_MS) is None
    breakers.assign([P1])
    assert not breakers.open


OPENED = OpenCircuit(offset=17, since_ms=NOW_MS, reason="it is", run=3, dead=4, of=5)


@pytest.mark.parametrize("entry", [OPENED, Resume(), Resume(accept_before=17)])
def test_an_entry_is_read_as_it_was_written(entry: OpenCircuit | Resume) -> None:
    assert unpack(pack(entry)) == entry


@pytest.mark.parametrize("value", [b"", b"\xff", b"{}", b'{"circuit":"half-open"}', b'{"circuit":"open"}', b"[1]"])
def test_an_entry_that_is_none_is_refused_with_what_to_do(value: bytes) -> None:
    with pytest.raises(RefusedToStart, match="delete the keys"):
        unpack(value)
