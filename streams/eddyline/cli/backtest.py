"""``eddyline backtest``."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from zoneinfo import ZoneInfo

import click
import msgspec

from eddyline.backtest import AppReport, Backtest, Planted, plot, report
from eddyline.cli.instant import instant
from eddyline.cli.recording import EXISTING, files_of, recording_options, run
from eddyline.cli.screen import facts, show, show_json, table
from eddyline.cli.verbs import json_option, with_settings
from eddyline.encode import kinds
from eddyline.extras import need
from eddyline.kafka.reader import reader
from eddyline.recorded.history import History
from eddyline.recorded.topics import Topics
from eddyline.settings import Settings

EARLIEST = "earliest"
DRAWING = click.Path(dir_okay=False, path_type=Path)


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
    with _history(settings, files, topic, since_ms) as history:
        done = run(Backtest, settings, history, reference=reference, app=app, what="backtesting")
    reports = report(done.drift, done.alerts, planted, ZoneInfo(settings.windows.timezone))
    if drawing:
        plot.save(plot.draw(reports, done.drift), drawing)
    if as_json:
        show_json({"dead_letters": dict(sorted(done.dead.items())), "apps": msgspec.to_builtins(reports)})
    else:
        _show(reports, done.dead.total())


@contextmanager
def _history(settings: Settings, files: Sequence[Path], topic: str | None, since_ms: int | None) -> Iterator[History]:
    if files:
        yield files_of(settings, files, topic)
        return
    with reader(settings) as consumer:
        yield Topics(consumer, kinds(settings), since_ms)


def _show(reports: Sequence[AppReport], dead: int) -> None:
    for found in reports:
        row = msgspec.to_builtins(found)
        states, alarms, delays = row.pop("states"), row.pop("alarms"), row.pop("delays")
        row["early_allowed"] = f"{found.early_allowed:.2g}"
        show(facts(row))
        for title, rows in (("states", states), ("alarms", alarms), ("planted changes", delays)):
            show("")
            show(table(rows) if rows else f"no {title}")
        show("")
    if dead:
        show(
            f"records that could not be understood: {dead}; --json counts them by reason, 'eddyline replay' keeps them"
        )
    if not reports:
        show("no window closed: there is no prompt in this history")
