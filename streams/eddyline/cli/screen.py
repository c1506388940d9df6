"""What people see: tables, one-line messages, progress bars. Colour and bars on a terminal only; ``NO_COLOR`` is heard.

A table is a list of rows, each a mapping with the same keys: what ``--json`` prints as it is. For people, times in
milliseconds (keys that end with ``_ms``) become dates, missing values dashes, and long values are told in short.
"""

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

import orjson
from rich.box import SIMPLE_HEAD
from rich.console import Console, RenderableType
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from eddyline.outputs.cloudevent import rfc3339

PIPE_WIDTH = 10_000
"""Columns where there is no terminal: nothing is cut or folded in a file."""
LATEST_MS = 253_402_300_799_999
"""The end of the year 9999: what is later is no date."""

Row = Mapping[str, object]


def show(what: RenderableType) -> None:
    """Print to stdout."""
    console = Console(file=sys.stdout, highlight=False)
    if not console.is_terminal:
        console.width = PIPE_WIDTH
    console.print(what, soft_wrap=isinstance(what, Text))


def show_rows(rows: Sequence[Row], *, as_json: bool) -> None:
    """Print rows as a table, or as one JSON array."""
    if as_json:
        show_json(rows)
    else:
        show(table(rows))


def show_json(value: object) -> None:
    """Print a value as indented JSON, without colour."""
    sys.stdout.write(orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS).decode() + "\n")


def table(rows: Sequence[Row]) -> Table:
    """Return rows as a table; numbers are aligned to the right."""
    drawn = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False, header_style="bold")
    for name in rows[0] if rows else ():
        numbers = all(isinstance(row[name], int | float | None) for row in rows)
        drawn.add_column(heading(name), justify="right" if numbers else "left", overflow="fold")
    for row in rows:
        drawn.add_row(*(Text(cell(name, value)) for name, value in row.items()))
    return drawn


def facts(row: Row) -> Table:
    """Return one row as a list of names and values, nothing shortened."""
    drawn = Table(box=None, show_header=False, pad_edge=False)
    for name, value in row.items():
        drawn.add_row(Text(heading(name), "bold"), Text("\n".join(_parts(name, value)) or "-"))
    return drawn


def _parts(name: str, value: object) -> list[str]:
    """Return a value in full, a line an item."""
    match value:
        case list():
            return [", ".join(_parts(name, item)) for item in value]
        case dict():
            return [f"{printable(str(key))} {', '.join(_parts(str(key), item))}" for key, item in value.items()]
        case _:
            return [cell(name, value)]


def heading(name: str) -> str:
    """Return the name of a column for people.

    >>> heading("watermark_ms"), heading("end_offset")
    ('watermark', 'end offset')
    """
    return name.removesuffix("_ms").replace("_", " ")


def cell(name: str, value: object) -> str:
    """Return a value for people.

    >>> cell("closed_until_ms", 1_795_248_000_500), cell("seconds", 1.25), cell("n", None), cell("days", ["a", "b"])
    ('2026-11-21T08:00:00.500Z', '1.2', '-', '2')
    """
    match value:
        case None:
            return "-"
        case int() if name.endswith("_ms"):
            return rfc3339(value) if 0 < value <= LATEST_MS else "-"
        case float():
            return f"{value:.1f}"
        case list() | dict():
            return str(len(value))
        case _:
            return printable(str(value))


def printable(text: str) -> str:
    r"""Return ``text`` with every character that could steer a terminal replaced.

    >>> printable("refund\x1b[2J")
    'refund�[2J'
    """
    return "".join(character if character.isprintable() else "\ufffd" for character in text)


@contextmanager
def progress_bar(what: str, total: int) -> Iterator[Callable[[int], None]]:
    """Give a function that takes how many of ``total`` are done; the bar is on stderr, if that is a terminal."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(what, total=total)
        yield lambda done: bar.update(task, completed=done)
