"""What ``replay`` and ``backtest`` share: which files, compared with what, and how a history is run."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import ParamSpec, TypeVar

import click

from eddyline.cli.app_name import AppName
from eddyline.cli.evalset import encode_items, read_items
from eddyline.cli.screen import progress_bar
from eddyline.encode import kinds
from eddyline.encoders.configured import build_encoder
from eddyline.protocols import Encoder
from eddyline.recorded.files import Files
from eddyline.recorded.history import History, size
from eddyline.replay import Pipeline, replay
from eddyline.settings import Settings

EXISTING = click.Path(exists=True, dir_okay=False, path_type=Path)

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T", bound=Pipeline)


def recording_options(function: Callable[P, R]) -> Callable[P, R]:
    """Add ``--topic``, ``--reference`` and ``--app`` to a verb."""
    options = (
        click.option("--topic", help="The input topic of bare events."),
        click.option("--reference", type=EXISTING, help="An eval set to compare with all the time; needs --app."),
        click.option("--app", type=AppName(), help="The app that --reference is for, like support/production."),
    )
    for option in reversed(options):
        function = option(function)
    return function


def files_of(settings: Settings, paths: Sequence[Path], topic: str | None) -> Files:
    """Return files as a history.

    Raises:
        click.BadParameter: ``topic`` is no input topic.
    """
    if topic is not None and topic not in kinds(settings):
        raise click.BadParameter(f"{topic!r} is none of {', '.join(kinds(settings))}", param_hint="--topic")
    return Files(paths, topic, kinds(settings), settings.topics.prompts)


def run(
    kind: Callable[[Settings, Encoder, int], T],
    settings: Settings,
    history: History,
    *,
    reference: Path | None,
    app: str | None,
    what: str,
) -> T:
    """Run a history through a fresh pipeline and return it; ``what`` is said beside the progress bar.

    Raises:
        click.UsageError: an eval set without an app, or the other way round.
        EddylineError: the eval set or the history cannot be read.
    """
    if (reference is None) != (app is None):
        raise click.UsageError("--reference and --app go together")
    items = read_items(reference) if reference else []
    total = size(history)  # Before the encoder is opened: a wrong line is told at once.
    with build_encoder(settings) as encoder:
        pipeline = kind(settings, encoder, time.time_ns() // 1_000_000)
        if app:
            pipeline.import_reference(encode_items(items, encoder, app=app, effective_ms=0))
        with progress_bar(what, total) as done:
            replay(pipeline, history, done)
    return pipeline
