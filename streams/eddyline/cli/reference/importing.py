"""``eddyline reference import``."""

import time
from pathlib import Path

import click

from eddyline import partials
from eddyline.cli.app_name import AppName
from eddyline.cli.evalset import encode_items, read_items
from eddyline.cli.instant import instant
from eddyline.cli.verbs import with_settings
from eddyline.encoders.configured import build_encoder
from eddyline.kafka import topics
from eddyline.kafka.producer import OutputProducer
from eddyline.outputs.cloudevent import Output, rfc3339
from eddyline.partials import ReferenceImported
from eddyline.settings import Settings


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--app", type=AppName(), required=True, help="The app, like support/production.")
@click.option(
    "--effective-at",
    "effective_ms",
    metavar="RFC3339",
    callback=instant,
    help="Windows that start then or later are compared with it; without this option, from now on.",
)
@with_settings
def verb(settings: Settings, *, file: Path, app: str, effective_ms: int | None) -> None:
    """Make the eval set in FILE the reference of an app, from a moment on.

    FILE has one item a line: {"id": ..., "prompt": ...}, or the bare text of a prompt. If any line is bad, nothing is
    imported. The prompts are encoded here; no text is sent or stored.
    """
    items = read_items(file)
    topics.check(settings)
    effective = time.time_ns() // 1_000_000 if effective_ms is None else effective_ms
    with build_encoder(settings) as encoder:
        imported = encode_items(items, encoder, app=app, effective_ms=effective)
    _produce(settings, imported)
    click.echo(f"{app} is compared with {imported.n} items (reference {imported.id}) from {rfc3339(effective)} on")


def _produce(settings: Settings, imported: ReferenceImported) -> None:
    partition = partials.partition_of(imported.app, settings.topics.partials_partitions)
    producer = OutputProducer(settings)
    producer.send([Output(settings.topics.partials, partials.pack(imported), partition=partition)])
    producer.flush_now()
