"""``eddyline replay``."""

import time
from collections.abc import Sequence
from pathlib import Path

import click

from eddyline.cli.app_name import AppName
from eddyline.cli.evalset import encode_items, read_items
from eddyline.cli.screen import progress_bar, show_rows
from eddyline.cli.verbs import json_option, with_settings
from eddyline.encode import kinds
from eddyline.encoders.configured import build_encoder
from eddyline.replay import Pipeline, replay
from eddyline.settings import Settings

BLOCK = 1 << 20
EXISTING = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.argument("files", type=EXISTING, nargs=-1, required=True)
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), required=True, help="Folder for the outputs.")
@click.option("--topic", help="The input topic of bare events.")
@click.option("--reference", type=EXISTING, help="An eval set to compare with all the time; needs --app.")
@click.option("--app", type=AppName(), help="The app that --reference is for, like support/production.")
@json_option
@with_settings
def verb(
    settings: Settings,
    *,
    files: tuple[Path, ...],
    out: Path,
    topic: str | None,
    reference: Path | None,
    app: str | None,
    as_json: bool,
) -> None:
    """Run the events in FILES through the stages of the worker, without Kafka and Redis.

    A line is {"topic": ..., "value": {...}}, or a bare event with --topic. Every output topic becomes a file of its
    own, OUT/<topic>.jsonl, one event a line in the order of time and id.
    """
    if topic is not None and topic not in kinds(settings):
        raise click.BadParameter(f"{topic!r} is none of {', '.join(kinds(settings))}", param_hint="--topic")
    if (reference is None) != (app is None):
        raise click.UsageError("--reference and --app go together")
    items = read_items(reference) if reference else []
    with build_encoder(settings) as encoder:
        pipeline = Pipeline(settings, encoder, time.time_ns() // 1_000_000)
        if app:
            pipeline.import_reference(encode_items(items, encoder, app=app, effective_ms=0))
        with progress_bar("replaying", count_lines(files)) as done:
            written = replay(pipeline, files, out, topic=topic, progress=done)
    rows = [{"topic": name, "records": count, "file": str(out / f"{name}.jsonl")} for name, count in written.items()]
    show_rows(rows, as_json=as_json)


def count_lines(files: Sequence[Path]) -> int:
    """Return how many lines ``files`` have together: how long the progress bar is."""
    total = 0
    for path in files:
        with path.open("rb") as file:
            while block := file.read(BLOCK):
                total += block.count(b"\n")
    return total
