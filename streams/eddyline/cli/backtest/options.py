"""The options of ``eddyline backtest``: what their values become."""

from collections.abc import Sequence
from pathlib import Path

import click

from eddyline.backtest import plot
from eddyline.backtest.report import Planted
from eddyline.cli.instant import instant
from eddyline.extras import need

EARLIEST = "earliest"


def changes(context: click.Context, option: click.Parameter, values: Sequence[str]) -> list[Planted]:
    """Return every ``TIME[=NAME]``; without a name it is called by its time.

    Raises:
        click.BadParameter: one begins with no time.
    """
    found = []
    for value in values:
        time, _, name = value.partition("=")
        time_ms = instant(context, option, time)
        found.append(Planted(time_ms or 0, name or time))
    return found


def since(context: click.Context, option: click.Parameter, value: str | None) -> int | None:
    """Return the time, or None for the earliest records there are.

    Raises:
        click.BadParameter: it is no time.
    """
    return None if value == EARLIEST else instant(context, option, value)


def picture(_: click.Context, __: click.Parameter, value: Path | None) -> Path | None:
    """Return where the plot goes, once it is certain that it can be drawn there: it comes after the work.

    Raises:
        click.BadParameter: the name ends otherwise, or the folder is missing.
        RefusedToStart: matplotlib is not installed.
    """
    if value is None:
        return None
    if value.suffix not in plot.SUFFIXES:
        raise click.BadParameter(f"{value} ends neither with .png nor with .svg")
    if not value.parent.is_dir():
        raise click.BadParameter(f"there is no folder {value.parent}")
    need("matplotlib", "backtest")
    return value
