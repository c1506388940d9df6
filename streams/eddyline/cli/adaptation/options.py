"""What the options of ``eddyline adaptation`` become."""

from datetime import date
from pathlib import Path

import click


def writable(_: click.Context, __: click.Parameter, value: Path | None) -> Path | None:
    """Return where something is written to, once it is certain that there is such a folder: it comes after the work.

    Raises:
        click.BadParameter: there is none.
    """
    if value is not None and not value.parent.is_dir():
        raise click.BadParameter(f"there is no folder {value.parent}")
    return value


def local_date(_: click.Context, __: click.Parameter, value: str | None) -> int | None:
    """Return a date as its proleptic ordinal.

    Raises:
        click.BadParameter: it is none.
    """
    try:
        return None if value is None else date.fromisoformat(value).toordinal()
    except ValueError:
        raise click.BadParameter(f"{value!r} is no date like 2026-11-21") from None
