"""What all verbs share: they are imported late, read settings in one way, and end in one way."""

import os
from collections.abc import Callable, Mapping
from functools import wraps
from importlib import import_module
from pathlib import Path
from typing import Any, Concatenate, NamedTuple, ParamSpec, TypeVar

import click

from eddyline.errors import EddylineError, RefusedToStart
from eddyline.settings import Settings, load_settings

DEFAULT_CONFIG = Path("eddyline.toml")
FOUND_A_PROBLEM, WRONG_USE, INTERRUPTED = 1, 2, 130

P = ParamSpec("P")
R = TypeVar("R")


class Verb(NamedTuple):
    """A verb by the module whose ``verb`` it is: what it needs is imported only when it is used."""

    module: str
    help: str


class Verbs(click.Group):
    """A group of late-imported verbs, in the given order; an error of Eddyline ends it with one line on stderr."""

    def __init__(self, *, verbs: Mapping[str, Verb], **options: Any) -> None:  # noqa: ANN401 - click's own
        super().__init__(**options)
        self._verbs = verbs

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002, D102
        return list(self._verbs)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002, D102
        if cmd_name not in self._verbs:
            return None
        verb: click.Command = import_module(self._verbs[cmd_name].module).verb
        return verb

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002, D102
        with formatter.section("Verbs"):
            formatter.write_dl([(name, verb.help) for name, verb in self._verbs.items()])

    def invoke(self, ctx: click.Context) -> object:  # noqa: D102
        try:
            return super().invoke(ctx)
        except EddylineError as error:
            raise Failed(error) from None
        except KeyboardInterrupt:
            raise click.exceptions.Exit(INTERRUPTED) from None


class Failed(click.ClickException):
    """The end of a verb by an error of Eddyline."""

    def __init__(self, error: EddylineError) -> None:
        super().__init__(" ".join(str(error).split()))
        self.exit_code = WRONG_USE if isinstance(error, RefusedToStart) else FOUND_A_PROBLEM

    def show(self, file: Any = None) -> None:  # noqa: ANN401, D102 - click's own
        click.echo(f"eddyline: {self.message}", file=file, err=file is None)


def with_settings(function: Callable[Concatenate[Settings, P], R]) -> Callable[P, R]:
    """Give a verb the settings as its first argument; they are read only when it runs, so that help always works."""

    @wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        return function(_settings(), *args, **kwargs)

    return run


def _settings() -> Settings:
    given: Path | None = click.get_current_context().find_root().params.get("config")
    found = DEFAULT_CONFIG if DEFAULT_CONFIG.is_file() else None
    return load_settings(given or found, os.environ)


def json_option(function: Callable[P, R]) -> Callable[P, R]:
    """Add ``--json`` to a verb, as ``as_json``."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text for people.")(function)
