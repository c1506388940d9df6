"""From version to version: states and records of the one before are read, those of the one after are refused."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from tests.fixtures import recording
from tests.fixtures.recording import Recording, Tape
from tests.watched import WATCHED

from eddyline import cells, daysums, fold, join, judge, observations, paneldays, partials, rolling
from eddyline.cells import Cell
from eddyline.daysums import Breakdown, DaySums
from eddyline.errors import EddylineError, RefusedToStart
from eddyline.fold import Fold, FoldPolicy
from eddyline.judge import Judge, JudgePolicy
from eddyline.observations import ObservationRecord

POLICIES = FoldPolicy.of(recording.settings()), JudgePolicy.of(recording.settings(), WATCHED)
Unpack = Callable[[bytes], object]
NOTHING = DaySums(
    "2026-11-21", Breakdown.empty(cells.GROUPS), Breakdown.empty(daysums.HOURS), 0, 0, lost=False, sample=[]
)
FORMATS: list[tuple[bytes, int, Unpack]] = [
    (observations.pack(ObservationRecord(1, "s", "b", {}, [], [])), observations.VERSION, observations.unpack),
    (partials.pack(partials.Closed(0, 1, 2, 0)), partials.VERSION, partials.unpack),
    (join.pack(join.FeedbackHalf("r1", 1, "thumbs", 10_000)), join.VERSION, join.unpack),
    (cells.pack(Cell()), cells.VERSION, cells.unpack),
    (rolling.Rolling("space").rolled("1h", 5), rolling.VERSION, rolling.unpack_rolled),
    (daysums.pack(NOTHING), daysums.VERSION, lambda value: daysums.unpack(NOTHING.day, value)),
]
NAMES = ["observations", "partials", "halves", "cells", "rolling", "days"]


@pytest.fixture(scope="module")
def stored() -> Recording:
    return recording.stored()


# The fixture


def test_a_state_that_version_1_stored_goes_on_as_if_nothing_had_happened(stored: Recording) -> None:
    assert goes_on(stored, without="nothing") == (stored.events, stored.results, stored.days)
    assert len(stored.events) > 20


@pytest.mark.parametrize("kind", sorted(recording.FIELDS - {"version", "z", "o"}))
def test_every_kind_of_field_matters_to_what_comes_after_it(stored: Recording, kind: str) -> None:
    """Without this the test above could not see that a kind is not read back.

    What looks carry matters from the second one on, days later: see test_adaptations. In this stream no hour is half
    full while rows of a panel wait: that those matter, the crashes of the oracle's tests show.
    """
    assert goes_on(stored, without=kind) != (stored.events, stored.results, stored.days)


def test_records_of_version_1_decode_to_what_they_said(stored: Recording) -> None:
    assert recording.as_json(stored) == recording.RECORDS.read_text("utf-8")


def test_the_fixture_has_every_kind_of_field_and_record(stored: Recording) -> None:
    names = {name.partition(":")[0] for fields in stored.states.values() for name in fields}
    assert names == recording.FIELDS
    groups = {"observations": observations.Observation, "partials": partials.Partial, "halves": join.Half}
    kinds = {f"{group}: {kind.__name__}" for group, union in groups.items() for kind in union.__args__}
    assert set(recording.by_kind(stored)) == kinds | {"observations: tick"}


@pytest.mark.parametrize("part", [field.name for field in msgspec.structs.fields(Recording)])
def test_this_version_writes_the_bytes_of_version_1(stored: Recording, part: str) -> None:
    """A change of a format needs a new version, and a fixture of it: see tests/fixtures/recording.py."""
    assert getattr(recording.record(), part) == getattr(stored, part)


def test_halves_of_version_1_meet(stored: Recording) -> None:
    prompts = [halves for halves in stored.halves.values() if {"p", "r"} <= set(halves)]
    assert len(prompts) > 20
    assert all(len(join.meet(join.unpack(halves["p"]), halves)) >= 2 for halves in prompts)


# Versions


@pytest.mark.parametrize(("value", "version", "unpack"), FORMATS, ids=NAMES)
@pytest.mark.parametrize("more", [0, 20], ids=["same shape", "more fields"])
def test_a_newer_version_of_anything_is_refused(value: bytes, version: int, unpack: Unpack, more: int) -> None:
    with pytest.raises(RefusedToStart, match=f"has version {version + 1}, this worker knows {version}: upgrade"):
        unpack(changed(value, version + 1, *range(more)))


@pytest.mark.parametrize(("value", "version", "unpack"), FORMATS, ids=NAMES)
def test_a_newer_version_of_another_shape_is_refused_as_such(value: bytes, version: int, unpack: Unpack) -> None:
    assert unpack(value) is not None
    for newer in ([version + 1], [version + 1, "all", {"is": "other"}], [1000, None]):
        with pytest.raises(RefusedToStart, match="upgrade this worker"):
            unpack(msgspec.msgpack.encode(newer))


@pytest.mark.parametrize(("value", "version", "unpack"), FORMATS, ids=NAMES)
def test_a_version_that_never_was_is_refused(value: bytes, version: int, unpack: Unpack) -> None:
    assert version == 1
    for never in (0, -5):
        with pytest.raises(RefusedToStart, match=f"has version {never}, which no Eddyline wrote"):
            unpack(changed(value, never))


@pytest.mark.parametrize("unpack", [unpack for _, _, unpack in FORMATS], ids=NAMES)
@pytest.mark.parametrize("value", [b"", b"junk", b"\x91\xa1p", msgspec.msgpack.encode([1])])
def test_what_has_no_version_is_an_error_of_ours(unpack: Unpack, value: bytes) -> None:
    with pytest.raises(EddylineError, match="cannot be decoded"):
        unpack(value)


@pytest.mark.parametrize("version", [b"2", b"10", b"0", b"", b"one", None])
@pytest.mark.parametrize("stage", [Fold, Judge])
def test_a_state_of_another_version_is_refused_and_left_alone(
    stored: Recording, stage: type[Fold | Judge], version: bytes | None
) -> None:
    fields = dict(stored.states["fold:0" if stage is Fold else "judge:0"])
    fields.pop("version")
    if version is not None:
        fields["version"] = version
    before = dict(fields)
    with pytest.raises(RefusedToStart, match=r"partition 3 has .*version.*this worker knows"):
        restore(stage, fields)
    assert fields == before


def test_the_state_of_this_version_says_so(stored: Recording) -> None:
    assert stored.states["fold:0"]["version"] == fold.VERSION
    assert stored.states["judge:0"]["version"] == judge.VERSION


def test_kept_results_say_their_version(stored: Recording) -> None:
    """Windows and hours are cells."""
    seen = set()
    for key, fields in stored.results.items():
        kind = key.removeprefix("eddyline:").partition(":")[0]
        seen.add(kind)
        for value in fields.values():
            readers: dict[str, Unpack] = {
                "window": cells.unpack,
                "rolling": rolling.unpack_rolled,
                "panel": paneldays.unpack,
                "day": day,
                "looks": bytes,
            }
            assert readers[kind](value)
    assert seen == {"window", "rolling", "panel", "day", "looks"}


def day(value: bytes) -> DaySums:
    return daysums.unpack("2026-11-21", value)


def restore(stage: type[Fold | Judge], fields: dict[str, bytes]) -> Fold | Judge:
    fold_policy, judge_policy = POLICIES
    return Fold.restore(fold_policy, 3, fields) if stage is Fold else Judge.restore(judge_policy, 3, fields)


def changed(value: bytes, version: int, *more: int) -> bytes:
    """Return a value with another version, and with further elements."""
    elements: list[Any] = msgspec.msgpack.decode(value)
    return msgspec.msgpack.encode([version, *elements[1:], *more])


def goes_on(stored: Recording, *, without: str) -> recording.After:
    """Restore the stored states without fields of one kind, and apply the records that came after them."""
    tape = Tape(recording.settings())
    for name, fields in stored.states.items():
        stage, _, partition = name.partition(":")
        topic = {"fold": tape.settings.topics.observations, "judge": tape.settings.topics.partials}[stage]
        kept = {field: value for field, value in fields.items() if field.partition(":")[0] != without}
        tape.fields[topic, int(partition)] = kept
    tape.restart()
    return recording.after(tape, stored.observations[stored.cut :])
