"""A time on the command line."""

import sys

import click

from eddyline.errors import DeadLetter
from eddyline.inputs.times import parse_time


def instant(_: click.Context, __: click.Parameter, value: str | None) -> int | None:
    """Return an RFC 3339 time in milliseconds since 1970; the callback of an option.

    Raises:
        click.BadParameter: it is none.
    """
    try:
        return None if value is None else parse_time(value, latest_ms=sys.maxsize)
    except DeadLetter as error:
        raise click.BadParameter(str(error)) from None
