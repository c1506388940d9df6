"""``eddyline replay``."""

from pathlib import Path

import click

from eddyline.cli.recording import EXISTING, files_of, recording_options, run
from eddyline.cli.screen import show_rows
from eddyline.cli.verbs import json_option, with_settings
from eddyline.replay import Pipeline, write
from eddyline.settings import Settings


@click.command()
@click.argument("files", type=EXISTING, nargs=-1, required=True)
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), required=True, help="Folder for the outputs.")
@recording_options
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

    A line is {"topic": ..., "value": {...}}, or a bare event with --topic. The rows of a file that ends with .parquet
    are prompts, or events of --topic. Every output topic becomes a file of its own, OUT/<topic>.jsonl, one event a line
    in the order of time and id.
    """
    history = files_of(settings, files, topic)
    pipeline = run(Pipeline, settings, history, reference=reference, app=app, what="replaying")
    written = write(pipeline.outputs, out)
    rows = [{"topic": name, "records": count, "file": str(out / f"{name}.jsonl")} for name, count in written.items()]
    show_rows(rows, as_json=as_json)
