"""Encode with the limits of its dead letters: what it leaves to be read again, and what it only points to."""

import hashlib
from collections.abc import Iterator, Sequence

import numpy as np
import orjson
from hypothesis import given
from hypothesis import strategies as st

from eddyline.encode import Encode, Limits
from eddyline.events import Record
from eddyline.outputs.cloudevent import Output
from eddyline.outputs.dead_letter import size
from eddyline.privacy import Pseudonyms
from eddyline.protocols import Encoded
from eddyline.settings import Dlq, Settings

NOW_MS = 1_795_248_000_000
P0, P1 = ("prompts", 0), ("prompts", 1)
THREE = Dlq(max_run=3, max_ratio=1.0)
GOOD = orjson.dumps({"ts": NOW_MS, "prompt": "hello"})
BAD = b"{ not JSON"
POINTER_HEADERS = {"dlq.pointer", "dlq.length", "dlq.sha256"}


class NoEncoder:
    """Encodes every text as nothing."""

    space_id, build_id = "space", "build"

    def encode(self, texts: Sequence[str]) -> Encoded:
        """Return rows of zeros."""
        vectors = np.zeros((len(texts), 384), np.int8)
        return Encoded(vectors, vectors[:, :64].astype(np.int16), np.zeros(len(texts), np.bool_))


def encode(dlq: Dlq = THREE) -> Encode:
    return Encode(Settings(dlq=dlq), NoEncoder(), Pseudonyms("a pepper of sixteen or more"))


def records(values: Sequence[bytes | None], source: tuple[str, int] = P0, first: int = 0) -> list[Record]:
    return [Record(*source, offset, value, timestamp_ms=NOW_MS) for offset, value in enumerate(values, first)]


def facts(letter: Output) -> dict[str, str]:
    return {name: (content or b"").decode() for name, content in letter.headers}


def test_behind_the_record_that_opens_a_circuit_nothing_of_its_source_is_taken() -> None:
    batch = records([GOOD, BAD, BAD, BAD, BAD, GOOD, None])
    reading = encode().read(batch, NOW_MS, Limits.of(THREE))
    assert len(reading.dead) == 3
    assert reading.left == {P0: 4}
    assert reading.opened[P0].offset == 3
    assert reading.opened[P0].reason == "3 dead letters in a row, the last one for bad_json"
    assert [place.offset for place in reading.places] == [0, 1, 2, 3]
    assert [reading.took(P0, record.offset) for record in batch] == [True] * 4 + [False] * 3
    assert reading.counts == {"accepted": 1, "dlq:bad_json": 3, "truncated": 0}


def test_other_sources_of_the_batch_are_read_as_ever() -> None:
    mixed = [record for pair in zip(records([BAD] * 5), records([GOOD] * 5, P1), strict=True) for record in pair]
    reading = encode().read(mixed, NOW_MS, Limits.of(THREE))
    assert (len(reading.dead), reading.counts["accepted"], reading.left) == (3, 5, {P0: 3})
    assert all(reading.took(P1, offset) for offset in range(5))


def test_runs_go_on_from_batch_to_batch_and_an_open_circuit_stays_open() -> None:
    limits, stage = Limits.of(THREE), encode()
    assert not stage.read(records([BAD, BAD]), NOW_MS, limits).opened
    assert stage.read(records([BAD], first=2), NOW_MS, limits).opened
    reading = stage.read(records([GOOD, GOOD], first=3), NOW_MS, limits)
    assert (reading.left, reading.opened, reading.places, reading.dead) == ({P0: 3}, {}, [], [])


def test_a_tombstone_ends_a_run() -> None:
    assert not encode().read(records([BAD, BAD, None, BAD, BAD]), NOW_MS, Limits.of(THREE)).opened


def test_what_was_left_is_read_after_the_source_is_resumed() -> None:
    limits, stage = Limits.of(THREE), encode()
    values = [BAD] * 4 + [GOOD] * 2
    first = stage.read(records(values), NOW_MS, limits)
    limits.breakers.resume(P0)
    again = stage.read(records(values)[first.left[P0] :], NOW_MS, limits)
    assert [place.offset for place in first.places + again.places] == list(range(6))
    assert again.left == {}


def test_a_circuit_that_is_closed_within_a_batch_leaves_no_gap_in_it() -> None:
    limits, batch = Limits.of(THREE), records([BAD] * 3 + [GOOD] * 3)

    def resumed_at_the_fourth() -> Iterator[Record]:
        for record in batch:
            if record.offset == 4:
                limits.breakers.resume(P0)
            yield record

    reading = encode().read(resumed_at_the_fourth(), NOW_MS, limits)
    assert [place.offset for place in reading.places] == [0, 1, 2]
    assert reading.left == {P0: 3}


def test_without_limits_everything_is_read_and_copied() -> None:
    reading = encode(Dlq(quota_bytes=1, max_run=1)).read(records([BAD] * 5000), NOW_MS)
    assert (len(reading.dead), reading.left, reading.counts["quota"]) == (5000, {}, 0)
    assert all(letter.value == BAD for letter in reading.dead)


@given(st.lists(st.tuples(st.sampled_from([P0, P1]), st.sampled_from([GOOD, BAD, None])), max_size=40), st.data())
def test_however_records_are_batched_the_same_ones_are_taken(
    stream: list[tuple[tuple[str, int], bytes | None]], data: st.DataObject
) -> None:
    batch = [Record(*source, offset, value, timestamp_ms=NOW_MS) for offset, (source, value) in enumerate(stream)]
    cut = data.draw(st.integers(0, len(batch)))
    stage = encode()
    whole, parts = Limits.of(THREE), Limits.of(THREE)
    taken = stage.read(batch, NOW_MS, whole).places
    first, second = (stage.read(part, NOW_MS, parts) for part in (batch[:cut], batch[cut:]))
    assert first.places + second.places == taken
    assert parts.breakers.open == whole.breakers.open


def test_a_pointer_holds_nothing_of_the_record_but_where_it_is() -> None:
    secret = Record("prompts", 2, 17, b"{secret", b"secret", (("secret", b"secret"),), NOW_MS)
    (letter,) = encode(Dlq(payload="pointer")).read([secret], NOW_MS).dead
    assert (letter.value, letter.key) == (b"", None)
    assert b"secret" not in b"".join(name.encode() + (content or b"") for name, content in letter.headers)
    found = facts(letter)
    assert (found["dlq.topic"], found["dlq.partition"], found["dlq.offset"]) == ("prompts", "2", "17")
    assert (found["dlq.pointer"], found["dlq.length"]) == ("setting", "7")
    assert found["dlq.sha256"] == hashlib.sha256(b"{secret").hexdigest()


def test_over_its_quota_a_source_gets_pointers_and_is_counted() -> None:
    dlq = Dlq(quota_bytes=1000, max_run=0)
    reading = encode(dlq).read(records([BAD * 30] * 5) + records([BAD * 30], P1), NOW_MS, Limits.of(dlq))
    assert [facts(letter).get("dlq.pointer") for letter in reading.dead] == [None, *["quota"] * 4, None]
    assert reading.counts["quota"] == 4
    assert reading.counts["dlq:bad_json"] == 6


def test_pointers_are_small_whatever_they_point_to_and_use_no_quota_up() -> None:
    dlq = Dlq(quota_bytes=1000, max_run=0)
    large = Record("prompts", 0, 0, b"x" * 60_000, b"k" * 10_000, (("h", b"v" * 10_000),), NOW_MS)
    *pointers, copy = encode(dlq).read([*[large] * 100, *records([BAD])], NOW_MS, Limits.of(dlq)).dead
    assert all(facts(letter).keys() >= POINTER_HEADERS for letter in pointers)
    assert max(map(size, pointers)) < 500
    assert copy.value == BAD
