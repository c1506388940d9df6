"""The dead letters of a broker."""

import json
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest
from click.testing import CliRunner, Result
from confluent_kafka import Consumer, TopicPartition

from eddyline.cli import main
from eddyline.cli.dlq import dropping
from eddyline.errors import DeadLetter
from eddyline.events import Record
from eddyline.kafka.producer import OutputProducer
from eddyline.kafka.reader import record_of
from eddyline.kafka.topics import admin
from eddyline.outputs.cloudevent import Output
from eddyline.outputs.dead_letter import Pointer, dead_letter, pointer
from eddyline.settings import Settings, load_settings

pytestmark = pytest.mark.integration

Live = Callable[..., Result]
STEERING = b"{\xff\x1b[2J\n\xe2\x80\xae dlq.reason: none"


@pytest.fixture(scope="module")
def settings(servers_environment: dict[str, str]) -> Settings:
    return load_settings(None, servers_environment)


@pytest.fixture(autouse=True)
def _empty(live: Live) -> None:
    """Begin with topics, and without dead letters."""
    assert live("topics", "create").exit_code == 0
    assert live("dlq", "drop", "--all", "--yes").exit_code == 0


def letter(
    value: bytes = b"{", *, topic: str = "prompts", reason: str = "bad_json", attempts: bytes | None = None
) -> Output:
    headers = (("trace", b"t"), ("dlq.attempts", attempts))
    record = Record(topic, 3, 1234, value, b"key", headers)
    error = DeadLetter(reason, "not what it should be")
    return dead_letter("eddyline.dlq.v1", record, error, stage="encode", producer="eddyline", keep=100)


def send(settings: Settings, *outputs: Output) -> list[str]:
    """Write dead letters; return their handles."""
    _, first = ends(settings, "eddyline.dlq.v1", 0)
    producer = OutputProducer(settings)
    producer.send(outputs)
    producer.flush_now()
    return [f"0:{first + number}" for number in range(len(outputs))]


def consumer(settings: Settings) -> Consumer:
    return Consumer({"bootstrap.servers": settings.kafka.bootstrap, "group.id": "test", "log_level": 0})


def ends(settings: Settings, topic: str, partition: int) -> tuple[int, int]:
    with closing(consumer(settings)) as reader:
        found: tuple[int, int] = reader.get_watermark_offsets(TopicPartition(topic, partition), timeout=10)
        return found


def read(settings: Settings, topic: str, partition: int, start: int) -> Iterator[Record]:
    _, end = ends(settings, topic, partition)
    with closing(consumer(settings)) as reader:
        reader.assign([TopicPartition(topic, partition, start)])
        for _ in range(start, end):
            message = reader.poll(10)
            assert message is not None
            assert message.error() is None
            yield record_of(message)


def listed(live: Live, *options: str) -> list[str]:
    return [row["handle"] for row in json.loads(live("dlq", "ls", "--json", *options).stdout)["letters"]]


def test_dead_letters_are_listed_with_their_handle_and_counted_by_reason(live: Live, settings: Settings) -> None:
    first, *_ = send(settings, letter(), letter(reason="invalid_field:ts"), letter(b"x" * 5000, reason="bad_json"))
    result = live("dlq", "ls")
    assert result.exit_code == 0
    rows = [line.split() for line in result.stdout.splitlines()]
    assert rows[2][0] == first
    assert rows[2][2:] == ["bad_json", "prompts:3:1234", "1", "1", "not", "what", "it", "should", "be"]
    assert ["bad_json", "2"] in rows
    assert ["invalid_field:ts", "1"] in rows


def test_the_newest_are_listed_and_all_are_counted(live: Live, settings: Settings) -> None:
    handles = send(settings, *[letter()] * 5)
    found = json.loads(live("dlq", "ls", "--limit", "2", "--json").stdout)
    assert [row["handle"] for row in found["letters"]] == handles[3:]
    assert found["counts"] == {"bad_json": 5}
    assert live("dlq", "ls", "--limit", "2").stdout.endswith("the newest 2 of 5; --limit lists more\n")


def test_dead_letters_are_listed_by_reason_topic_and_time(live: Live, settings: Settings) -> None:
    handles = send(settings, letter(), letter(reason="invalid_field:ts"), letter(topic="feedback"))
    assert listed(live, "--reason", "invalid_field") == handles[1:2]
    assert listed(live, "--topic", "feedback") == handles[2:]
    assert listed(live, "--since", "2020-01-01T00:00:00Z") == handles
    assert listed(live, "--since", "2999-01-01T00:00:00Z") == []


def test_no_dead_letters_are_no_problem(live: Live) -> None:
    for arguments in (["ls"], ["replay", "--all"], ["drop", "--all", "--yes"]):
        assert live("dlq", *arguments).exit_code == 0
    assert live("dlq", "ls").stdout == "no dead letters\n"


def test_a_dead_letter_is_shown_without_steering_the_terminal(live: Live, settings: Settings) -> None:
    (handle,) = send(settings, letter(STEERING))
    lines = live("dlq", "show", handle).stdout.splitlines()
    assert "dlq.reason: bad_json" in lines
    assert "trace: t" in lines
    assert lines[-4:] == ["key: key", "", r"{\xff\x1b[2J", r"\u202e dlq.reason: none"]


def test_the_bytes_of_a_dead_letter_are_written_as_they_are(live: Live, settings: Settings) -> None:
    (handle,) = send(settings, letter(STEERING))
    assert live("dlq", "show", handle, "--raw").stdout_bytes == STEERING


@pytest.mark.parametrize("handle", ["0:999999", "7:0"])
def test_a_handle_of_nothing_is_one_line_and_1(live: Live, handle: str) -> None:
    for arguments in (["show", handle], ["replay", handle], ["drop", "--before", handle, "--yes"]):
        result = live("dlq", *arguments)
        assert (result.exit_code, result.stdout) == (1, "")
        assert result.stderr.startswith(f"eddyline: there is no dead letter {handle} on eddyline.dlq.v1")


def test_a_replayed_record_is_the_one_that_came_and_counts_its_deaths(live: Live, settings: Settings) -> None:
    _, before = ends(settings, "prompts", 3)
    (handle,) = send(settings, letter(STEERING, attempts=b"1"))
    result = live("dlq", "replay", handle, handle)
    assert (result.exit_code, result.stdout) == (0, "replayed 1: 1 to prompts\n")
    (record,) = read(settings, "prompts", 3, before)
    assert (record.value, record.key) == (STEERING, b"key")
    assert record.headers == (("trace", b"t"), ("dlq.attempts", b"2"))


def test_only_what_died_of_the_reason_is_replayed(live: Live, settings: Settings) -> None:
    _, before = ends(settings, "prompts", 3)
    send(settings, letter(b"a"), letter(b"b", reason="invalid_field:ts"), letter(b"c"))
    assert live("dlq", "replay", "--reason", "bad_json").stdout == "replayed 2: 2 to prompts\n"
    assert [record.value for record in read(settings, "prompts", 3, before)] == [b"a", b"c"]


def test_a_dry_run_writes_nothing(live: Live, settings: Settings) -> None:
    before = ends(settings, "prompts", 3)
    send(settings, letter(), letter(topic="responses"), letter(topic="responses"))
    assert live("dlq", "replay", "--all", "--dry-run").stdout == "would replay 3: 1 to prompts, 2 to responses\n"
    assert ends(settings, "prompts", 3) == before


def test_what_is_cut_or_from_elsewhere_is_refused_and_the_rest_replayed(live: Live, settings: Settings) -> None:
    drift = settings.topics.drift
    before = ends(settings, drift, 0)
    handles = send(settings, letter(b"x" * 101), letter(), letter(topic=drift), letter(b"x" * 102))
    result = live("dlq", "replay", "--all")
    assert result.exit_code == 1
    assert result.stdout.splitlines() == [
        "replayed 1: 1 to prompts",
        f"refused 2, its input topic does not hold it any more: {handles[0]}, {handles[3]}",
        f"refused 1, from what is no input topic, or does not exist: {handles[2]}",
    ]
    assert ends(settings, drift, 0) == before


def points_to(record: Record, why: Pointer = "quota") -> Output:
    error = DeadLetter("bad_json", "no")
    return pointer("eddyline.dlq.v1", record, error, stage="encode", producer="eddyline", why=why)


def die(settings: Settings, value: bytes, *, copied: bool = False) -> str:
    """Write a record to the input topic, and the dead letter of it; return its handle."""
    _, at = ends(settings, "prompts", 3)
    send(settings, Output("prompts", value, b"k", (("trace", b"t"),), 3))
    (record,) = read(settings, "prompts", 3, at)
    copy = dead_letter(
        "eddyline.dlq.v1", record, DeadLetter("bad_json", "no"), stage="encode", producer="eddyline", keep=100
    )
    (handle,) = send(settings, copy if copied else points_to(record))
    return handle


def forget(settings: Settings, topic: str, partition: int) -> None:
    """Delete all records of a partition, as retention does."""
    _, end = ends(settings, topic, partition)
    client = admin(settings)
    for future in client.delete_records([TopicPartition(topic, partition, end)]).values():
        future.result()


def test_a_pointer_is_followed_to_its_record(live: Live, settings: Settings) -> None:
    handle = die(settings, STEERING)
    lines = live("dlq", "show", handle).stdout.splitlines()
    assert {"dlq.pointer: quota", "trace: t", "key: k"} <= set(lines)
    assert lines[-2:] == [r"{\xff\x1b[2J", r"\u202e dlq.reason: none"]
    assert live("dlq", "show", handle, "--raw").stdout_bytes == STEERING


@pytest.mark.parametrize("copied", [False, True], ids=["pointer", "cut copy"])
def test_what_a_dead_letter_does_not_hold_is_replayed_from_its_input_topic(
    live: Live, settings: Settings, *, copied: bool
) -> None:
    handle = die(settings, b"x" * 5000, copied=copied)
    _, before = ends(settings, "prompts", 3)
    result = live("dlq", "replay", handle)
    assert (result.exit_code, result.stdout) == (0, "replayed 1: 1 to prompts\n")
    (record,) = read(settings, "prompts", 3, before)
    assert (record.value, record.key) == (b"x" * 5000, b"k")
    assert record.headers == (("trace", b"t"), ("dlq.attempts", b"1"))


def test_a_pointer_to_a_record_that_is_gone_is_refused_but_its_reason_is_shown(live: Live, settings: Settings) -> None:
    handle = die(settings, b"{")
    forget(settings, "prompts", 3)
    before = ends(settings, "prompts", 3)
    shown = live("dlq", "show", handle)
    assert (shown.exit_code, "dlq.reason: bad_json" in shown.stdout.splitlines()) == (1, True)
    told = f"eddyline: the value of {handle} cannot be shown: its input topic does not hold it any more\n"
    assert shown.stderr == told
    raw = live("dlq", "show", handle, "--raw")
    assert (raw.exit_code, raw.stdout, raw.stderr) == (1, "", told)
    assert live("dlq", "replay", handle).exit_code == 1
    assert ends(settings, "prompts", 3) == before


def test_a_pointer_is_not_taken_for_another_record_that_is_at_its_place(live: Live, settings: Settings) -> None:
    _, at = ends(settings, "prompts", 3)
    send(settings, Output("prompts", b"what a user wrote later", None, (), 3))
    (handle,) = send(settings, points_to(Record("prompts", 3, at, b"{")))
    shown = live("dlq", "show", handle)
    assert shown.exit_code == 1
    assert "what a user wrote later" not in shown.stdout
    assert "was made anew, and holds another record in its place" in shown.stderr
    result = live("dlq", "replay", handle)
    assert result.exit_code == 1
    assert result.stdout.startswith("replayed 0\nrefused 1, its input topic was made anew")


@pytest.mark.parametrize("topic", ["eddyline.dlq.v1", "no-such-topic"])
def test_a_pointer_to_no_input_topic_is_not_followed(live: Live, settings: Settings, topic: str) -> None:
    first, _ = ends(settings, "eddyline.dlq.v1", 0)
    (handle,) = send(settings, points_to(Record(topic, 0, first, b"")))
    shown = live("dlq", "show", handle)
    assert (shown.exit_code, "no input topic, or does not exist" in shown.stderr) == (1, True)
    assert live("dlq", "replay", handle).exit_code == 1


def test_pointers_are_replayed_among_many_others(live: Live, settings: Settings) -> None:
    for number in range(20):
        die(settings, b"{ %d" % number, copied=number % 3 == 0)
    _, before = ends(settings, "prompts", 3)
    assert live("dlq", "replay", "--all").stdout == "replayed 20: 20 to prompts\n"
    assert [record.value for record in read(settings, "prompts", 3, before)] == [b"{ %d" % at for at in range(20)]


def test_a_wrong_handle_among_others_replays_nothing(live: Live, settings: Settings) -> None:
    before = ends(settings, "prompts", 3)
    (handle,) = send(settings, letter())
    assert live("dlq", "replay", handle, "0:999999").exit_code == 1
    assert ends(settings, "prompts", 3) == before


def test_a_record_of_a_partition_that_is_gone_is_replayed_to_another(live: Live, settings: Settings) -> None:
    send(settings, letter(topic="deployments"))
    _, before = ends(settings, "deployments", 0)
    assert live("dlq", "replay", "--all").stdout == "replayed 1: 1 to deployments\n"
    assert ends(settings, "deployments", 0)[1] == before + 1


def test_all_before_a_handle_are_dropped(live: Live, settings: Settings) -> None:
    handles = send(settings, *[letter()] * 4)
    result = live("dlq", "drop", "--before", handles[2], "--yes")
    assert result.exit_code == 0
    assert result.stdout == f"2 dead letters, {handles[0]} to {handles[1]}\ndeleted 2 from eddyline.dlq.v1\n"
    assert listed(live) == handles[2:]
    assert live("dlq", "show", handles[1]).exit_code == 1
    assert live("dlq", "drop", "--before", handles[1], "--yes").stdout == "nothing to delete\n"


def test_without_a_terminal_and_without_yes_nothing_is_dropped(live: Live, settings: Settings) -> None:
    handles = send(settings, letter())
    result = live("dlq", "drop", "--all")
    assert result.exit_code == 2
    assert "there is no terminal to ask on: say --yes" in result.stderr
    assert listed(live) == handles


@pytest.mark.parametrize(("answer", "code", "left"), [("y\n", 0, 0), ("n\n", 1, 1), ("", 130, 1)])
def test_on_a_terminal_it_is_asked(
    live: Live,
    settings: Settings,
    servers_environment: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    answer: str,
    code: int,
    left: int,
) -> None:
    send(settings, letter())
    monkeypatch.setattr(dropping, "on_terminal", lambda: True)
    result = CliRunner().invoke(main, ["dlq", "drop", "--all"], env=servers_environment, input=answer)
    assert result.exit_code == code
    assert "Delete them from eddyline.dlq.v1 for good? [y/N]" in result.stdout
    assert len(listed(live)) == left


def test_a_missing_topic_is_one_line_and_2(live: Live) -> None:
    result = live("dlq", "ls", EDDYLINE_TOPICS_DEAD_LETTERS="no-such-topic")
    assert result.exit_code == 2
    assert result.stderr == "eddyline: topic no-such-topic does not exist: run 'eddyline topics create'\n"
