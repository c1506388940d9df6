"""Parquet: every row is a bare event, columns are named as the fields of the event."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from eddyline.errors import RefusedToStart
from eddyline.extras import need

if TYPE_CHECKING:
    import pyarrow as pa

SUFFIX = ".parquet"
ROWS_AT_ONCE = 1000


def read_rows(path: Path) -> Iterator[bytes]:
    """Yield every row as the JSON of an event; a null is a field that the event does not have.

    Times become RFC 3339 in milliseconds. A column of times without a time zone is taken as UTC.

    Raises:
        RefusedToStart: the file cannot be read, holds what JSON cannot, or pyarrow is not installed.
    """
    pyarrow, parquet = need("pyarrow", "backtest"), need("pyarrow.parquet", "backtest")
    try:
        with parquet.ParquetFile(path) as file:
            for batch in file.iter_batches(ROWS_AT_ONCE):
                for row in _with_times(batch, pyarrow).to_pylist():
                    yield _event(row)
    except (OSError, pyarrow.ArrowException, orjson.JSONEncodeError) as error:
        raise RefusedToStart(f"{path}: {error}") from None


def _with_times(batch: "pa.RecordBatch", pyarrow: Any) -> "pa.RecordBatch":  # noqa: ANN401 - a module
    """Return a batch whose times are UTC in milliseconds: nanoseconds have no counterpart in Python."""
    utc = pyarrow.timestamp("ms", "UTC")
    columns = [
        column.cast(utc, safe=False) if pyarrow.types.is_timestamp(column.type) else column for column in batch.columns
    ]
    return pyarrow.RecordBatch.from_arrays(columns, names=batch.schema.names)


def _event(row: Mapping[str, object]) -> bytes:
    return orjson.dumps({name: value for name, value in row.items() if value is not None}, option=orjson.OPT_UTC_Z)
