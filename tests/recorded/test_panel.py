"""A panel in Parquet: what is read is what was written, and what is no such file is told."""

import sys
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from eddyline import features
from eddyline.adaptation.panel import Days, days_of
from eddyline.errors import RefusedToStart
from eddyline.events import Arm
from eddyline.panel import Row
from eddyline.paneldays import ALL, PanelDay, of_rows
from eddyline.recorded import panel
from eddyline.recorded.panel import KEY, About, PanelFile, reading, write
from eddyline.rollouts import Rollout, Wave

FIRST = date(2026, 11, 1).toordinal()
ROLLOUT = Rollout(
    deployment="v2 <b>",
    previous="v1",
    source="announced",
    waves=(Wave(1_795_248_000_000, Arm("holdout", 0.2, 800)), Wave(1_795_334_400_000, Arm())),
    free_since_ms=1_794_000_000_000,
    end_ms=None,
    ended_by=None,
)
ABOUT = About("support/production", "Europe/Berlin", [ROLLOUT], [b"\x00\xff placebo"])


def some_day(ordinal: int, users: int, *, limit: int = 10_000, lost: bool = False) -> PanelDay:
    """Return a day of ``users`` users, made from the seed ``ordinal``."""
    rng = np.random.default_rng(ordinal)
    rows = [
        Row(
            user=rng.bytes(16),
            deployment=str(rng.choice(["", "v1", "v2 <b>"])),
            first_ms=int(rng.integers(0, 2_000_000_000_000)),
            n=int(rng.integers(1, 300)),
            openers=int(rng.integers(0, 40)),
            features=rng.integers(0, 40, 32).tolist(),
            numeric=rng.integers(0, 2**40, 8).tolist(),
            projected=rng.integers(-(2**20), 2**20, 64).tolist(),
            first=int(rng.integers(0, 2**24)),
            bucket=int(rng.integers(-2, 1000)),
        )
        for _ in range(users)
    ]
    return of_rows(ordinal, rows, limit, lost=lost)


DAYS = [
    some_day(FIRST, 50),
    some_day(FIRST + 1, 0),
    some_day(FIRST + 2, 80, limit=60, lost=True),
    some_day(FIRST + 5, 0, lost=True)._replace(below=17),
]


def panel_of(*days: PanelDay) -> Days:
    return Days({day.day: day for day in days})


def all_days(found: PanelFile) -> list[PanelDay]:
    return list(days_of(found, found.known()))


def same(one: PanelDay, other: PanelDay) -> bool:
    return one[:4] == other[:4] and all(
        mine.dtype == his.dtype and mine.shape == his.shape and bool((mine == his).all())
        for mine, his in zip(one[4:], other[4:], strict=True)
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Give a file with all days."""
    assert write(tmp_path / "panel.parquet", ABOUT, panel_of(*DAYS)) == 110
    return tmp_path / "panel.parquet"


def test_what_is_read_is_what_was_written_to_the_bit(path: Path) -> None:
    with reading(path) as found:
        assert found.about == ABOUT
        read = all_days(found)
    assert len(read) == len(DAYS)
    assert all(same(mine, his) for mine, his in zip(read, DAYS, strict=True))


def test_days_without_rows_keep_their_threshold(path: Path) -> None:
    with reading(path) as found:
        read = all_days(found)
    assert [day.below for day in read] == [ALL, ALL, DAYS[2].below, 17]
    assert DAYS[2].below < ALL
    assert [day.lost for day in read] == [False, False, True, True]


def test_a_file_is_a_panel_that_knows_its_days(path: Path) -> None:
    with reading(path) as found:
        assert found.known() == range(FIRST, FIRST + 6)
        read = all_days(found)
        assert all(same(mine, his) for mine, his in zip(read, DAYS, strict=True))
        assert found.day(FIRST + 3) is None
        assert found.day(FIRST + 2) is read[2]


def test_the_extremes_of_ranks_and_sums_survive(tmp_path: Path) -> None:
    day = some_day(FIRST, 2)
    most, least = np.iinfo(np.int64).max, np.iinfo(np.int64).min
    extreme = day._replace(
        user=np.array([0, 2**64 - 1], np.uint64),
        sizes=np.full_like(day.sizes, most),
        projected=day.projected * 0 + least,
    )
    write(tmp_path / "panel.parquet", ABOUT, panel_of(extreme))
    with reading(tmp_path / "panel.parquet") as found:
        (read,) = all_days(found)
    assert same(read, extreme)


def test_an_empty_panel_is_one(tmp_path: Path) -> None:
    assert write(tmp_path / "panel.parquet", ABOUT, panel_of()) == 0
    with reading(tmp_path / "panel.parquet") as found:
        assert (all_days(found), found.known()) == ([], range(0))


def test_other_tools_find_named_columns(path: Path) -> None:
    table = pq.read_table(path)
    assert table.column_names[:3] == ["day", "user", "deployment"]
    assert {f"style_{name}" for name in features.NAMES} | {f"size_{name}" for name in features.NUMERIC_NAMES} <= set(
        table.column_names
    )
    assert table["user"][0].as_py() == f"{DAYS[0].user[0]:016x}"
    assert table["day"].to_pylist() == [date(2026, 11, 1)] * 50 + [date(2026, 11, 3)] * 60
    assert table["style_json"].to_numpy()[:50].tolist() == DAYS[0].styles[:, features.NAMES.index("json")].tolist()


def _refused(path: Path) -> str:
    with pytest.raises(RefusedToStart) as refused, reading(path) as found:
        all_days(found)
    return str(refused.value)


def test_a_file_of_something_else_is_told(tmp_path: Path) -> None:
    (tmp_path / "text.parquet").write_text("day,user\n")
    pq.write_table(pa.table({"day": [1]}), tmp_path / "other.parquet")
    assert "cannot be read as Parquet" in _refused(tmp_path / "text.parquet")
    assert "is no exported panel: 'eddyline adaptation export' writes one" in _refused(tmp_path / "other.parquet")
    assert "missing.parquet" in _refused(tmp_path / "missing.parquet")


class Later(Days):
    """A panel that knows two days more, on which nobody wrote."""

    def known(self) -> range:
        return range(super().known().start - 1, super().known().stop + 1)


def test_days_on_which_nobody_wrote_are_known_too(tmp_path: Path) -> None:
    write(tmp_path / "panel.parquet", ABOUT, Later({FIRST: DAYS[0]}))
    with reading(tmp_path / "panel.parquet") as found:
        assert found.known() == range(FIRST - 1, FIRST + 2)
        assert found.day(FIRST + 1) is None
        assert len(all_days(found)) == 1


def test_rollouts_are_told_as_they_were_known_at_a_time() -> None:
    ended = ROLLOUT._replace(end_ms=1_795_420_800_000, ended_by="rollback")
    about = About("a/b", "UTC", [ended])
    assert about.rollouts_until(ended.effective_ms) == []
    (early,) = about.rollouts_until(ended.effective_ms + 1)
    assert (early.waves, early.end_ms, early.ended_by) == (ended.waves[:1], None, None)
    (late,) = about.rollouts_until(1_795_420_800_000)
    assert (late.waves, late.end_ms, late.ended_by) == (ended.waves, None, None)
    assert about.rollouts_until(1_795_420_800_001) == [ended]


@pytest.mark.parametrize("share", [0.0, 0.5, 0.99])
def test_a_truncated_file_is_told(path: Path, share: float) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    assert "cannot be read as Parquet" in _refused(path)


class Failing(Days):
    """A panel whose second day cannot be had."""

    def day(self, ordinal: int) -> PanelDay | None:
        if ordinal > FIRST:
            raise RuntimeError
        return super().day(ordinal)


def test_a_file_that_was_never_finished_is_told(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError):
        write(tmp_path / "panel.parquet", ABOUT, Failing({day.day: day for day in DAYS}))
    assert "panel" in _refused(tmp_path / "panel.parquet")


def _rewritten(path: Path, table: pa.Table, head: bytes) -> None:
    pq.write_table(table.replace_schema_metadata({KEY: head}), path)


def _head_of(path: Path) -> bytes:
    head: bytes = pq.ParquetFile(path).metadata.metadata[KEY]
    return head


def test_a_newer_version_asks_for_an_upgrade(path: Path) -> None:
    head = _head_of(path)
    newer = head.replace(b'"version":1', b'"version":2', 1)
    assert newer != head
    _rewritten(path, pq.read_table(path), newer)
    assert "has version 2, this worker knows 1" in _refused(path)


def test_features_of_another_meaning_are_refused(path: Path) -> None:
    newer = _head_of(path).replace(b'"features_version":1', b'"features_version":2')
    _rewritten(path, pq.read_table(path), newer)
    assert "the features of the panel" in _refused(path)


@pytest.mark.parametrize("head", [b"", b"{", b"[]", b'{"version":1}', b'{"version":"1"}'])
def test_metadata_that_is_not_ours_is_told(path: Path, head: bytes) -> None:
    _rewritten(path, pq.read_table(path), head)
    assert "no exported panel" in _refused(path)


def test_rows_that_were_filtered_or_columns_that_were_changed_are_told(path: Path) -> None:
    table, head = pq.read_table(path), _head_of(path)
    _rewritten(path, table.slice(1), head)
    assert "are not those that were exported" in _refused(path)
    _rewritten(path, table.drop_columns(["bucket"]), head)
    assert "columns" in _refused(path)


def test_a_row_less_or_a_row_group_more_is_told(tmp_path: Path) -> None:
    path = tmp_path / "panel.parquet"
    write(path, ABOUT, panel_of(some_day(FIRST, 3)))
    table, head = pq.read_table(path), _head_of(path)
    _rewritten(path, table.slice(1), head)
    assert "rows of 2026-11-01 are not those that were exported" in _refused(path)
    twice = pa.concat_tables([table, table]).replace_schema_metadata({KEY: head})
    pq.write_table(twice, path, row_group_size=3)
    assert "are not those that were exported" in _refused(path)


def test_rows_of_another_day_are_told(tmp_path: Path) -> None:
    one, other = tmp_path / "one.parquet", tmp_path / "other.parquet"
    write(one, ABOUT, panel_of(some_day(FIRST, 3)))
    write(other, ABOUT, panel_of(some_day(FIRST + 1, 3)))
    _rewritten(one, pq.read_table(one), _head_of(other))
    assert "rows of 2026-11-02 are not those that were exported" in _refused(one)


def test_a_folder_that_is_missing_is_told(tmp_path: Path) -> None:
    with pytest.raises(RefusedToStart, match="missing"):
        write(tmp_path / "missing" / "panel.parquet", ABOUT, panel_of(*DAYS))


def test_without_pyarrow_the_extra_is_named(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(RefusedToStart, match=r"pyarrow is not installed: install the extra 'eddyline\[backtest\]'"):
        write(path, ABOUT, panel_of(*DAYS))
    assert panel.EXTRA in _refused(path)
