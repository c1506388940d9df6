"""The name of a dead letter on the command line: where it is on the dead-letter topic."""

import re
from typing import NamedTuple

import click


class Handle(NamedTuple):
    """A place on the dead-letter topic.

    >>> str(Handle(0, 17))
    '0:17'
    """

    partition: int
    offset: int

    def __str__(self) -> str:
        return f"{self.partition}:{self.offset}"


class HandleType(click.ParamType):
    """A command-line parameter that is a handle."""

    name = "handle"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Handle:  # noqa: D102
        if isinstance(value, Handle):
            return value
        found = re.fullmatch(r"([0-9]{1,9}):([0-9]{1,18})", str(value))
        if found is None:
            self.fail(f"{value!r} is no partition:offset, like 0:17", param, ctx)
        return Handle(int(found[1]), int(found[2]))
