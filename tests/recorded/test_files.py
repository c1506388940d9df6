"""Files as a history: JSON lines and Parquet, one after the other."""

import sys
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pytest
from pyarrow import parquet

from eddyline.encode import kinds
from eddyline.errors import RefusedToStart
from eddyline.inputs.times import parse_time
from eddyline.recorded.files import Files
from eddyline.recorded.history import size
from eddyline.settings import Settings

KNOWN = kinds(Settings())
NOON = datetime(2026, 9, 7, 12, 0, 0, 123_000, UTC)


def history(*paths: Path, topic: str | None = None) -> Files:
    return Files(paths, topic, KNOWN, "prompts")


def lines(path: Path, *found: bytes) -> Path:
    path.write_bytes(b"\n".join(found) + b"\n")
    return path


def table(path: Path, **columns: Any) -> Path:  # noqa: ANN401 - pyarrow's own
    parquet.write_table(pa.table(columns), path)
    return path


def values(found: Files) -> list[dict[str, Any]]:
    return [orjson.loads(record.value or b"") for record in found]


def test_lines_name_their_topics_and_each_is_a_source(tmp_path: Path) -> None:
    topics = ("prompts", "responses", "prompts")
    found = history(lines(tmp_path / "a", *(b'{"topic": "%s", "value": {"n": 1}}' % name.encode() for name in topics)))
    assert found.spans == {("prompts", 0): range(2), ("responses", 0): range(1)}
    assert [(at.topic, at.partition, at.offset) for at in found] == [
        ("prompts", 0, 0),
        ("responses", 0, 0),
        ("prompts", 0, 1),
    ]


def test_bare_lines_are_kept_byte_by_byte_even_what_is_no_json(tmp_path: Path) -> None:
    found = history(lines(tmp_path / "a", b'{"id":  1}', b"", b"not json\r"), topic="feedback")
    assert [(at.topic, at.value) for at in found] == [("feedback", b'{"id":  1}'), ("feedback", b"not json")]


def test_files_are_one_history_in_the_given_order(tmp_path: Path) -> None:
    first, second = lines(tmp_path / "b", b"1"), table(tmp_path / "a.parquet", id=["2", "3"])
    found = history(first, second, topic="prompts")
    assert [at.offset for at in found] == [0, 1, 2]
    assert size(found) == 3


def test_a_history_can_be_read_again(tmp_path: Path) -> None:
    found = history(lines(tmp_path / "a", b"1", b"2"), topic="prompts")
    assert list(found) == list(found)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (b'{"id": 1}', "--topic"),
        (b"not json", "--topic"),
        (b'{"topic": "nowhere", "value": 1}', "'nowhere' is none of"),
    ],
)
def test_a_line_without_a_known_topic_is_refused_with_its_place(line: bytes, said: str, tmp_path: Path) -> None:
    path = lines(tmp_path / "a", b'{"topic": "prompts", "value": {}}', line)
    with pytest.raises(RefusedToStart, match=said) as caught:
        list(history(path))
    assert str(caught.value).startswith(f"{path}:2: ")


@pytest.mark.parametrize("name", ["missing", "missing.parquet"])
def test_a_file_that_is_missing_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(RefusedToStart, match=name):
        list(history(tmp_path / name))


def test_rows_are_prompts_and_columns_the_fields_of_events(tmp_path: Path) -> None:
    scores = [[{"name": "thumbs", "value": 1.0}], None]
    path = table(tmp_path / "a.parquet", id=["a", "b"], prompt=["Hi", "Ho"], user=["u1", None], scores=scores)
    found = history(path)
    assert found.spans == {("prompts", 0): range(2)}
    assert values(found) == [
        {"id": "a", "prompt": "Hi", "user": "u1", "scores": [{"name": "thumbs", "value": 1.0}]},
        {"id": "b", "prompt": "Ho"},
    ]


def test_rows_are_of_another_topic_on_demand(tmp_path: Path) -> None:
    assert [at.topic for at in history(table(tmp_path / "a.parquet", id=["a"]), topic="feedback")] == ["feedback"]


BERLIN = timezone(timedelta(hours=2))


@pytest.mark.parametrize(
    "column",
    [
        pa.array([NOON], pa.timestamp("ms", "UTC")),
        pa.array([NOON], pa.timestamp("us", "Europe/Berlin")),
        pa.array([NOON.replace(tzinfo=None)], pa.timestamp("us")),
        pa.array([1_788_782_400_123_456_789], pa.timestamp("ns")),
        pa.array([1_788_782_400_123]),
        pa.array([1_788_782_400.123]),
        pa.array(["2026-09-07T14:00:00.123+02:00"]).dictionary_encode(),
    ],
    ids=lambda column: str(column.type),
)
def test_times_of_every_type_are_the_time_that_they_are(column: "pa.Array", tmp_path: Path) -> None:
    (event,) = values(history(table(tmp_path / "a.parquet", ts=column)))
    assert parse_time(event["ts"], latest_ms=sys.maxsize) == round(NOON.timestamp() * 1000)


@pytest.mark.parametrize("value", [b"\xff", Decimal("1.5")])
def test_a_column_that_json_cannot_hold_is_refused(value: object, tmp_path: Path) -> None:
    with pytest.raises(RefusedToStart, match="parquet: "):
        list(history(table(tmp_path / "a.parquet", prompt=[value])))


def test_a_file_that_is_no_parquet_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RefusedToStart, match="parquet: "):
        list(history(lines(tmp_path / "a.parquet", b'{"id": 1}')))


def test_without_pyarrow_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = table(tmp_path / "a.parquet", id=["a"])
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(RefusedToStart, match=r"pyarrow is not installed: install the extra 'eddyline\[backtest\]'"):
        list(history(path))
