"""An app's panel as one Parquet file: for the same analysis elsewhere, and for any tool that reads Parquet.

A row of the file is a row of the panel: what one user did with one deployment on one local day. The columns:

==================  ==============================================================================
``day``             the local date
``user``            rank of the user: 16 hex digits, no pseudonym and nothing that leads to one
``deployment``      what he used, empty where no event named it
``bucket``          see :mod:`eddyline.assignment`
``first_prompt``    time of his first prompt of the day
``prompts``         how many there were
``openers``         how many of them began a session: all that follows is summed over them
``first_flags``     feature word of the first of them
``style_<name>``    how many have the yes/no style feature
``size_<name>``     sum of the numeric feature
``projected``       sums of the 64 components of the projected vectors, in units of 1 / (16 * 400)
==================  ==============================================================================

What belongs to whole days and to the app is in the file's metadata, under the key ``eddyline.panel``, as JSON. Every
day with rows is a row group of its own, so that a file is read a day at a time.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from eddyline import features, versions
from eddyline.adaptation.panel import Panel, days_of
from eddyline.errors import RefusedToStart
from eddyline.extras import need
from eddyline.panel import PROJECTED
from eddyline.paneldays import ALL, PanelDay
from eddyline.rollouts import Rollout

if TYPE_CHECKING:
    import pyarrow as pa

VERSION = 1
KEY = b"eddyline.panel"
EXTRA = "backtest"
KEPT_DAYS = 40
"""Days that are held in memory at a time: what two looks that follow one another share."""
RANK_DIGITS = 16
COUNTS = ("bucket", "prompts", "openers", "first_flags")
STYLES = tuple(f"style_{name}" for name in features.NAMES)
SIZES = tuple(f"size_{name}" for name in features.NUMERIC_NAMES)


class About(NamedTuple):
    """What a panel is of."""

    app: str
    timezone: str
    """Where its days begin: an IANA name."""
    rollouts: Sequence[Rollout]
    """Of the app, by time."""
    placebos: Sequence[bytes] = ()
    """Estimates at its days without a deployment, as :mod:`eddyline.adaptation.placebo` packs them: they go back
    further than the panel."""

    def rollouts_until(self, time_ms: int) -> list[Rollout]:
        """Return the rollouts as they were known then: what took effect at that time or later is left out."""
        return [_as_known(rollout, time_ms) for rollout in self.rollouts if rollout.effective_ms < time_ms]


def _as_known(rollout: Rollout, time_ms: int) -> Rollout:
    waves = tuple(wave for wave in rollout.waves if wave.effective_ms < time_ms)
    if rollout.end_ms is None or rollout.end_ms < time_ms:
        return rollout._replace(waves=waves)
    return rollout._replace(waves=waves, end_ms=None, ended_by=None)


class _Day(msgspec.Struct, frozen=True):
    """What is known of a whole day."""

    date: str
    below: str | None
    """In hex; None for a panel that was not full."""
    lost: bool
    deployments: list[str]
    rows: int


class _Head(msgspec.Struct, frozen=True):
    version: int
    features_version: int
    app: str
    timezone: str
    rollouts: list[Rollout]
    placebos: list[bytes]
    known: list[str]
    """The first and the last date of which anything is known; none in an empty panel."""
    days: list[_Day]


class _Versioned(msgspec.Struct):
    version: int


def write(path: Path, about: About, panel: Panel) -> int:
    """Write all that a panel knows to a file, and return how many rows it has.

    Raises:
        RefusedToStart: it cannot be written, or pyarrow is not installed.
    """
    pyarrow, parquet = need("pyarrow", EXTRA), need("pyarrow.parquet", EXTRA)
    known = []
    try:
        with parquet.ParquetWriter(path, _schema(pyarrow), compression="zstd") as file:
            for day in days_of(panel, panel.known()):
                if len(day.user):
                    file.write_table(_table(day, pyarrow))
                known.append(_told(day))
            spanned = _dates(panel.known())
            told = (about.app, about.timezone, list(about.rollouts), list(about.placebos))
            head = _Head(VERSION, features.VERSION, *told, spanned, known)
            file.add_key_value_metadata({KEY: msgspec.json.encode(head)})
    except OSError as error:
        raise RefusedToStart(f"{path}: {error.strerror or error}") from None
    return sum(day.rows for day in known)


@contextmanager
def reading(path: Path) -> Iterator["PanelFile"]:
    """Open a file that :func:`write` wrote.

    Raises:
        RefusedToStart: it is none, a part of one, of a newer version, or pyarrow is not installed.
    """
    pyarrow, parquet = need("pyarrow", EXTRA), need("pyarrow.parquet", EXTRA)
    try:
        with parquet.ParquetFile(path) as file:
            yield PanelFile(path, file, _schema(pyarrow))
    except (OSError, pyarrow.ArrowException) as error:
        raise RefusedToStart(f"{path} cannot be read as Parquet, all of it: {error}") from None


class PanelFile:
    """A panel in a file, read a day at a time."""

    def __init__(self, path: Path, file: Any, schema: "pa.Schema") -> None:  # noqa: ANN401 - pyarrow has no types
        """Take an open Parquet file; :func:`reading` opens one."""
        self._path, self._file = path, file
        head = _head(path, file.metadata.metadata or {})
        if not file.schema_arrow.remove_metadata().equals(schema):
            raise RefusedToStart(f"{path}: its columns are not those of an exported panel")
        self.about = About(head.app, head.timezone, head.rollouts, head.placebos)
        self._days = {date.fromisoformat(day.date).toordinal(): day for day in head.days}
        with_rows = [ordinal for ordinal, day in self._days.items() if day.rows]
        self._groups = {ordinal: group for group, ordinal in enumerate(with_rows)}
        if file.num_row_groups != len(with_rows):
            raise RefusedToStart(f"{path}: its rows are not those that were exported")
        self._known = [date.fromisoformat(end).toordinal() for end in head.known]
        self._kept = lru_cache(KEPT_DAYS)(self._find)

    def known(self) -> range:
        """Return the dates from the first to the last that anything was known of."""
        return range(self._known[0], self._known[-1] + 1) if self._known else range(0)

    def day(self, ordinal: int) -> PanelDay | None:
        """Return the panel of a local date; None where nothing is known of it."""
        return self._kept(ordinal)

    def _find(self, ordinal: int) -> PanelDay | None:
        day = self._days.get(ordinal)
        return None if day is None else self._read(ordinal, day)

    def _read(self, ordinal: int, day: _Day) -> PanelDay:
        if not day.rows:
            return _day(ordinal, day, None)
        table = self._file.read_row_group(self._groups[ordinal])
        if len(table) != day.rows or set(table["day"].to_pylist()) != {date.fromordinal(ordinal)}:
            raise RefusedToStart(f"{self._path}: its rows of {day.date} are not those that were exported")
        return _day(ordinal, day, table)


def _dates(known: range) -> list[str]:
    return [date.fromordinal(end).isoformat() for end in (known[0], known[-1])] if known else []


def _head(path: Path, metadata: Mapping[bytes, bytes]) -> _Head:
    if KEY not in metadata:
        raise RefusedToStart(f"{path} is no exported panel: 'eddyline adaptation export' writes one")
    try:
        versions.check(msgspec.json.decode(metadata[KEY], type=_Versioned).version, VERSION, f"the panel {path}")
        head = msgspec.json.decode(metadata[KEY], type=_Head)
    except msgspec.MsgspecError as error:
        raise RefusedToStart(f"{path} is no exported panel: {error}") from None
    versions.check(head.features_version, features.VERSION, f"the features of the panel {path}")
    return head


def _schema(pyarrow: Any) -> "pa.Schema":  # noqa: ANN401 - a module
    whole = pyarrow.int64()
    columns = {
        "day": pyarrow.date32(),
        "user": pyarrow.string(),
        "deployment": pyarrow.string(),
        "first_prompt": pyarrow.timestamp("ms", "UTC"),
        **dict.fromkeys((*COUNTS, *STYLES, *SIZES), whole),
        "projected": pyarrow.list_(pyarrow.field("element", whole, nullable=False), PROJECTED),
    }
    return pyarrow.schema([pyarrow.field(name, kind, nullable=False) for name, kind in columns.items()])


def _told(day: PanelDay) -> _Day:
    below = None if day.below == ALL else f"{day.below:x}"
    return _Day(date.fromordinal(day.day).isoformat(), below, day.lost, list(day.deployments), len(day.user))


def _table(day: PanelDay, pyarrow: Any) -> "pa.Table":  # noqa: ANN401 - a module
    schema = _schema(pyarrow)
    digits = day.user.astype(">u8").tobytes().hex()
    columns: dict[str, object] = {
        "day": [date.fromordinal(day.day)] * len(day.user),
        "user": [digits[at : at + RANK_DIGITS] for at in range(0, len(digits), RANK_DIGITS)],
        "deployment": [day.deployments[place] for place in day.deployment],
        "first_prompt": day.first_ms.astype("datetime64[ms]"),
        **dict(zip(COUNTS, (day.bucket, day.n, day.openers, day.first), strict=True)),
        **dict(zip(STYLES, day.styles.T, strict=True)),
        **dict(zip(SIZES, day.sizes.T, strict=True)),
        "projected": pyarrow.FixedSizeListArray.from_arrays(
            day.projected.ravel().astype(np.int64), type=schema.field("projected").type
        ),
    }
    return pyarrow.table([pyarrow.array(columns[field.name], field.type) for field in schema], schema)


def _day(ordinal: int, day: _Day, table: "pa.Table | None") -> PanelDay:
    places = {name: place for place, name in enumerate(day.deployments)}

    def counts(name: str) -> NDArray[np.int64]:
        return np.zeros(0, np.int64) if table is None else np.array(table[name].to_numpy(), np.int64)

    def wide(names: Sequence[str]) -> NDArray[np.int64]:
        return np.stack([counts(name) for name in names], axis=1)

    bucket, n, openers, first = (counts(name) for name in COUNTS)
    return PanelDay(
        day=ordinal,
        below=ALL if day.below is None else int(day.below, 16),
        lost=day.lost,
        deployments=tuple(day.deployments),
        user=_ranks(table["user"].to_pylist() if table else []),
        deployment=np.array([places[name] for name in table["deployment"].to_pylist()] if table else [], np.int64),
        bucket=bucket,
        first_ms=counts("first_prompt"),
        n=n,
        openers=openers,
        first=first,
        styles=wide(STYLES),
        sizes=wide(SIZES),
        projected=_components(table),
    )


def _ranks(digits: Sequence[str]) -> NDArray[np.uint64]:
    return np.frombuffer(bytes.fromhex("".join(digits)), ">u8").astype(np.uint64)


def _components(table: "pa.Table | None") -> NDArray[np.int64]:
    if table is None:
        return np.zeros((0, PROJECTED), np.int64)
    parts = [chunk.flatten().to_numpy() for chunk in table["projected"].chunks]
    return np.concatenate(parts).reshape(-1, PROJECTED)
