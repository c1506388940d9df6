"""``eddyline backtest``."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

import click
import msgspec

from eddyline.backtest import plot
from eddyline.backtest.comparison import compare, days_around
from eddyline.backtest.daysamples import DaySamples
from eddyline.backtest.naming import named
from eddyline.backtest.pipeline import Backtest
from eddyline.backtest.prompts import read_prompts
from eddyline.backtest.report import Planted, report
from eddyline.cli.backtest.options import changes, picture, since
from eddyline.cli.backtest.telling import show_report
from eddyline.cli.recording import EXISTING, files_of, recording_options, run
from eddyline.cli.screen import show_json
from eddyline.cli.verbs import json_option, with_settings
from eddyline.encode import kinds
from eddyline.encoders.configured import read_space
from eddyline.kafka.reader import reader
from eddyline.recorded.history import History
from eddyline.recorded.topics import Topics
from eddyline.settings import Settings

DRAWING = click.Path(dir_okay=False, path_type=Path)


@click.command()
@click.argument("files", type=EXISTING, nargs=-1)
@click.option("--from-kafka", is_flag=True, help="Read the input topics of the configured Kafka instead of files.")
@click.option(
    "--since",
    "since_ms",
    callback=since,
    metavar="TIME",
    help="With --from-kafka: records from this time on; or 'earliest'.",
)
@click.option(
    "--change", "planted", multiple=True, metavar="TIME[=NAME]", callback=changes, help="A change that is known."
)
@click.option("--terms", is_flag=True, help="Name every alarm by terms: reads the history once more, for its texts.")
@click.option("--metrics", is_flag=True, help="Tell the classical metrics of every --change, beside their null values.")
@click.option("--plot", "drawing", type=DRAWING, callback=picture, help="Draw it to this file, .png or .svg.")
@recording_options
@json_option
@with_settings
def verb(  # noqa: PLR0913 - one for each option
    settings: Settings,
    *,
    files: tuple[Path, ...],
    from_kafka: bool,
    since_ms: int | None,
    planted: Sequence[Planted],
    terms: bool,
    metrics: bool,
    drawing: Path | None,
    topic: str | None,
    reference: Path | None,
    app: str | None,
    as_json: bool,
) -> None:
    """Say what the live stages would have said of the events in FILES, or in Kafka.

    A line is {"topic": ..., "value": {...}}, or a bare event with --topic. The rows of a file that ends with .parquet
    are prompts, or events of --topic, and columns are named as fields are. Events of a topic are in the order of time.
    Nothing is written but the plot, and no consumer group is touched.

    Of every app it tells what the watch said for how many hours, every alarm, and of every --change, like
    2026-11-21T08:00:00Z=v2, how long after it the first alarm began.
    """
    if bool(files) == from_kafka:
        raise click.UsageError("give FILES, or --from-kafka")
    if (from_kafka and topic is not None) or (files and since_ms is not None):
        raise click.UsageError("--topic goes with FILES, --since with --from-kafka")
    if metrics and not planted:
        raise click.UsageError("--metrics needs a --change, before and after which it compares")
    zone = ZoneInfo(settings.windows.timezone)
    days = {day for change in planted for day in days_around(change.time_ms, zone)}
    samples = DaySamples(days, zone) if metrics else None
    with _history(settings, files, topic, since_ms) as history:
        stages = partial(Backtest, samples=samples)
        done = run(stages, settings, history, reference=reference, app=app, what="backtesting")
        reports = report(done.drift, done.alerts, planted, zone)
        if terms:
            reports = named(reports, done.drift, read_prompts(history, settings, done.now_ms), zone)
    compared = compare(reports, planted, samples, read_space(settings).whitening, zone) if samples else []
    if drawing:
        plot.save(plot.draw(reports, done.drift), drawing)
    if as_json:
        told = {"apps": reports, "metrics": compared, "dead_letters": dict(sorted(done.dead.items()))}
        show_json(msgspec.to_builtins(told))
    else:
        show_report(reports, compared, done.dead.total())


@contextmanager
def _history(settings: Settings, files: Sequence[Path], topic: str | None, since_ms: int | None) -> Iterator[History]:
    if files:
        yield files_of(settings, files, topic)
        return
    with reader(settings) as consumer:
        yield Topics(consumer, kinds(settings), since_ms)
