"""The name of a source on the command line: a partition of an input topic."""

import re

import click

from eddyline.circuit import Source


class SourceType(click.ParamType):
    """A command-line parameter that is a source, like ``prompts:3``."""

    name = "source"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Source:  # noqa: D102
        if isinstance(value, tuple):
            return value
        found = re.fullmatch(r"([a-zA-Z0-9._-]{1,249}):([0-9]{1,9})", str(value))
        if found is None:
            self.fail(f"{value!r} is no topic:partition, like prompts:3", param, ctx)
        return found[1], int(found[2])


def named(source: Source) -> str:
    """Return the name of a source.

    >>> named(("prompts", 3))
    'prompts:3'
    """
    return f"{source[0]}:{source[1]}"
