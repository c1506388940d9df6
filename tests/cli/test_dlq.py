"""Dead letters on the command line: what can be said of them without a broker."""

import pytest

from eddyline.circuit import OpenCircuit, Resume
from eddyline.cli.dlq.circuits import table
from eddyline.cli.dlq.letter import Letter
from eddyline.cli.dlq.listing import choose
from eddyline.errors import DeadLetter
from eddyline.events import Record
from eddyline.outputs.dead_letter import dead_letter, pointer

from .conftest import Run

INPUTS = {"prompts", "responses"}
Headers = tuple[tuple[str, bytes | None], ...]


def letter(
    offset: int = 0,
    *,
    reason: str = "bad_json",
    topic: str = "prompts",
    value: bytes = b"{",
    key: bytes | None = None,
    time_ms: int = 0,
) -> Letter:
    bad = Record(topic, 3, 1234, value, key, (("trace", b"t"),))
    output = dead_letter("dlq", bad, DeadLetter(reason, "no"), stage="encode", producer="eddyline", keep=100)
    return Letter(Record("dlq", 1, offset, output.value, output.key, output.headers, time_ms))


def gone(_: Record) -> Record:
    raise ValueError("it is gone")


def a_pointer(value: bytes = b"{") -> Letter:
    bad = Record("prompts", 3, 1234, value)
    output = pointer("dlq", bad, DeadLetter("bad_json", "no"), stage="encode", producer="eddyline", why="quota")
    return Letter(Record("dlq", 1, 0, output.value, output.key, output.headers))


def test_a_row_says_what_a_dead_letter_is_without_its_value() -> None:
    assert letter(7, value=b"x" * 5000, time_ms=12).row() == {
        "handle": "1:7",
        "time_ms": 12,
        "reason": "bad_json",
        "source": "prompts:3:1234",
        "bytes": 5000,
        "attempts": 1,
        "message": "no",
    }


@pytest.mark.parametrize("length", [b"many", b"-1", b"\xff", b"9" * 5000, "²".encode()])
def test_a_record_of_somebody_else_is_a_row_all_the_same(length: bytes) -> None:
    row = Letter(Record("dlq", 0, 1, b"abc", headers=(("dlq.length", length),))).row()
    assert (row["reason"], row["source"], row["bytes"], row["attempts"]) == ("?", "?:?:?", 3, 0)


def test_a_reason_stands_for_all_of_its_kind() -> None:
    letters = [letter(0, reason="invalid_field:prompt"), letter(1, reason="invalid_field:ts"), letter(2)]
    assert [each.handle.offset for each in choose(letters, reason="invalid_field")] == [0, 1]
    assert [each.handle.offset for each in choose(letters, reason="invalid_field:ts")] == [1]
    assert [each.handle.offset for each in choose(letters, reason="invalid")] == []


def test_letters_are_chosen_by_topic_and_time_too() -> None:
    letters = [letter(0, topic="responses", time_ms=10), letter(1, time_ms=10), letter(2, time_ms=9)]
    assert [each.handle.offset for each in choose(letters, topic="prompts")] == [1, 2]
    assert [each.handle.offset for each in choose(letters, since_ms=10)] == [0, 1]
    assert [each.handle.offset for each in choose(letters)] == [0, 1, 2]


def test_a_whole_record_of_an_input_topic_is_revived() -> None:
    revived = letter(key=b"k").revived(INPUTS, gone)
    assert (revived.topic, revived.value, revived.key, revived.partition) == ("prompts", b"{", b"k", 3)
    assert revived.headers == (("trace", b"t"), ("dlq.attempts", b"1"))


@pytest.mark.parametrize(
    ("dead", "cause"),
    [
        (letter(value=b"x" * 101), "it is gone"),
        (letter(key=b"k" * 20_000), "it is gone"),
        (a_pointer(), "it is gone"),
        (letter(topic="eddyline.partials.v1"), "no input topic"),
        (Letter(Record("dlq", 0, 0, b"x")), "no dead letter"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_cannot_be_had_or_came_from_elsewhere_is_not_revived(dead: Letter, cause: str) -> None:
    with pytest.raises(ValueError, match=cause):
        dead.revived(INPUTS, gone)


@pytest.mark.parametrize("dead", [letter(value=b"x" * 101), letter(key=b"k" * 20_000), a_pointer()])
def test_of_what_is_not_whole_the_record_that_is_found_is_revived(dead: Letter) -> None:
    found = Record("prompts", 3, 1234, b"all", b"whole", (("trace", b"t"), ("dlq.attempts", b"9")))
    revived = dead.revived(INPUTS, lambda _: found)
    assert (revived.topic, revived.partition, revived.value, revived.key) == ("prompts", 3, b"all", b"whole")
    assert revived.headers == (("trace", b"t"), ("dlq.attempts", b"1"))


def test_a_row_of_a_pointer_tells_the_length_of_what_it_points_to() -> None:
    assert a_pointer(b"x" * 5000).row()["bytes"] == 5000
    assert (a_pointer().is_pointer, letter().is_pointer) == (True, False)


OPENED = OpenCircuit(offset=17, since_ms=5, reason="too many", run=3, dead=4, of=6)


def test_a_row_of_an_open_circuit_says_since_when_and_why() -> None:
    assert table({("prompts", 3): OPENED, ("feedback", 0): Resume()}) == [
        {
            "source": "prompts:3",
            "circuit": "open",
            "since_ms": 5,
            "offset": 17,
            "run": 3,
            "dead": 4,
            "of": 6,
            "reason": "too many",
        },
        {
            "source": "feedback:0",
            "circuit": "resume",
            **dict.fromkeys(("since_ms", "offset", "run", "dead", "of", "reason")),
        },
    ]


@pytest.mark.parametrize(
    "arguments",
    [
        ["show"],
        ["show", "17"],
        ["show", "-1:17"],
        ["show", "0:" + "9" * 30],
        ["ls", "--since", "yesterday"],
        ["ls", "--limit", "0"],
        ["replay"],
        ["replay", "0:1", "--all"],
        ["replay", "--reason", "bad_json", "--all"],
        ["drop"],
        ["drop", "--yes"],
        ["drop", "--all", "--before", "0:1", "--yes"],
        ["drop", "--all"],
        ["resume"],
        ["resume", "--accept-backlog"],
        ["resume", "prompts:0", "--all"],
        ["resume", "prompts"],
        ["resume", "prompts:-1"],
        ["resume", "a:b:1"],
    ],
    ids=" ".join,
)
def test_wrong_use_ends_with_2(run: Run, arguments: list[str]) -> None:
    assert run("dlq", *arguments).exit_code == 2
