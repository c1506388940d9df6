"""Dead letters: the original bytes, why, and never so large that they cannot be written."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eddyline.errors import DeadLetter
from eddyline.events import Record
from eddyline.outputs.cloudevent import Output
from eddyline.outputs.dead_letter import ENVELOPE_BYTES, MESSAGE_CHARACTERS, dead_letter, original

KEEP = 1000
LARGEST_KEEP = 900_000
BROKER_LIMIT = 1_048_576
Headers = tuple[tuple[str, bytes | None], ...]


def _letter(record: Record, error: DeadLetter | None = None, keep: int = KEEP) -> Output:
    given_error = error or DeadLetter("bad_json", "not JSON")
    return dead_letter("dlq", record, given_error, stage="encode", producer="eddyline 1", keep=keep)


def _facts(output: Output) -> dict[str, str]:
    return {name: (value or b"").decode() for name, value in output.headers if name.startswith("dlq.")}


def test_a_dead_letter_is_the_record_as_it_came_and_where_and_why() -> None:
    headers: Headers = (("trace", b"\xff\xfe"), ("trace", None), ("", b""))
    output = _letter(Record("prompts", 2, 17, b"\xff{", b"\x00key", headers, 1_795_248_000_000))
    assert (output.topic, output.value, output.key, output.partition) == ("dlq", b"\xff{", b"\x00key", None)
    assert output.headers[:3] == headers
    assert _facts(output) == {
        "dlq.reason": "bad_json",
        "dlq.message": "not JSON",
        "dlq.topic": "prompts",
        "dlq.partition": "2",
        "dlq.offset": "17",
        "dlq.timestamp": "1795248000000",
        "dlq.stage": "encode",
        "dlq.producer": "eddyline 1",
        "dlq.attempts": "1",
    }


def test_a_value_at_the_limit_is_kept_whole() -> None:
    output = _letter(Record("prompts", 0, 0, b"x" * KEEP))
    assert output.value == b"x" * KEEP
    assert "dlq.length" not in _facts(output)


def test_of_a_larger_value_the_head_the_length_and_the_digest_are_kept() -> None:
    value = bytes(range(256)) * 20
    output = _letter(Record("prompts", 0, 0, value))
    assert output.value == value[:KEEP]
    assert _facts(output)["dlq.length"] == "5120"
    assert _facts(output)["dlq.sha256"] == hashlib.sha256(value).hexdigest()


def test_an_oversized_key_is_left_out_and_named() -> None:
    output = _letter(Record("prompts", 0, 0, b"x", key=b"k" * (ENVELOPE_BYTES + 1)))
    assert output.key is None
    assert _facts(output)["dlq.omitted"] == "key"


def test_oversized_headers_are_left_out_and_named() -> None:
    headers = tuple((f"h{k}", b"x" * 1000) for k in range(17))
    output = _letter(Record("prompts", 0, 0, b"x", key=b"k", headers=headers))
    assert output.key == b"k"
    assert all(name.startswith("dlq.") for name, _ in output.headers)
    assert _facts(output)["dlq.omitted"] == "headers"


def test_a_dead_letter_that_dies_again_says_why_it_died_last() -> None:
    first = _letter(Record("prompts", 2, 17, b"x"))
    again = _letter(Record("prompts", 0, 99, first.value, headers=first.headers), DeadLetter("too_large", "large"))
    assert len(_facts(again)) == len([name for name, _ in again.headers])
    assert (_facts(again)["dlq.reason"], _facts(again)["dlq.offset"]) == ("too_large", "99")


def _read(output: Output) -> Record:
    return Record(output.topic, 0, 7, output.value, output.key, output.headers)


def test_the_original_of_a_dead_letter_is_the_record_as_it_came_and_how_often_it_died() -> None:
    headers: Headers = (("trace", b"\xff\xfe"), ("trace", None), ("", b""))
    revived = original(_read(_letter(Record("prompts", 2, 17, b"\xff{", b"\x00key", headers))))
    assert revived == Output("prompts", b"\xff{", b"\x00key", (*headers, ("dlq.attempts", b"1")), 2)


def test_every_death_of_a_record_is_counted() -> None:
    record = Record("prompts", 2, 17, b"x")
    for deaths in (1, 2, 3):
        letter = _letter(record)
        assert _facts(letter)["dlq.attempts"] == str(deaths)
        record = _read(original(_read(letter)))


@pytest.mark.parametrize("count", [None, b"", b"-1", b"many", b"\xff", b"9" * 5000])
def test_a_count_of_deaths_that_is_none_counts_as_none(count: bytes | None) -> None:
    assert _facts(_letter(Record("prompts", 0, 0, b"x", headers=(("dlq.attempts", count),))))["dlq.attempts"] == "1"


PLACE: Headers = (("dlq.topic", b"prompts"), ("dlq.partition", b"0"))


@pytest.mark.parametrize(
    "headers",
    [
        PLACE[:1],
        PLACE[1:],
        (*PLACE, ("dlq.partition", b"-1")),
        (*PLACE, ("dlq.topic", None)),
        (("dlq.topic", b"\xff"),),
    ],
)
def test_what_is_no_dead_letter_has_no_original(headers: Headers) -> None:
    with pytest.raises(ValueError, match=r"no place|invalid literal|decode"):
        original(Record("dlq", 0, 0, b"x", headers=headers))


def test_a_long_message_is_cut_and_a_strange_one_is_written_all_the_same() -> None:
    output = _letter(Record("prompts", 0, 0, b"x"), DeadLetter("bad_json", "\ud800" + "m" * 10_000))
    assert len(_facts(output)["dlq.message"]) == MESSAGE_CHARACTERS


HEADERS = st.lists(st.tuples(st.text(max_size=30), st.none() | st.binary(max_size=9000)), max_size=5).map(tuple)


@given(st.integers(0, 30_000), HEADERS)
def test_no_dead_letter_is_too_large_for_the_broker(key_bytes: int, headers: Headers) -> None:
    record = Record("t" * 249, 0, 0, b"v" * BROKER_LIMIT, b"k" * key_bytes, headers)
    output = _letter(record, DeadLetter("bad_json", "\U0001f642" * 600), keep=LARGEST_KEEP)
    size = len(output.value) + len(output.key or b"")
    size += sum(len(name.encode()) + len(value or b"") + 20 for name, value in output.headers)
    assert size < BROKER_LIMIT
