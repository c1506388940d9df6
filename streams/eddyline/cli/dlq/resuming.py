"""``eddyline dlq resume``."""

from collections.abc import Iterable, Sequence

import click
from confluent_kafka import TopicPartition

from eddyline.circuit import OpenCircuit, Resume, Source
from eddyline.cli.dlq.entries import read_entries, request
from eddyline.cli.dlq.source import SourceType, named
from eddyline.cli.verbs import with_settings
from eddyline.errors import EddylineError
from eddyline.kafka.reader import TIMEOUT, reader
from eddyline.settings import Settings


@click.command()
@click.argument("sources", type=SourceType(), metavar="[TOPIC:PARTITION]...", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="All that are paused.")
@click.option(
    "--accept-backlog", is_flag=True, help="Do not pause again for dead letters among the records there are by now."
)
@with_settings
def verb(settings: Settings, *, sources: tuple[Source, ...], everything: bool, accept_backlog: bool) -> None:
    """Read on from partitions that are paused, as 'circuits' lists them, from the record where each stopped.

    Its worker does so within a second or two; without a worker, the next one does. If it goes on as it was, it is
    paused again: --accept-backlog lets all that waits become dead letters.
    """
    if bool(sources) == everything:
        raise click.UsageError("name partitions, or --all")
    chosen = _chosen(settings, sources)
    ends = _ends(settings, chosen) if accept_backlog else {}
    done = request(settings, {at: Resume(accept_before=ends.get(at), opened=opened) for at, opened in chosen.items()})
    for source, was_open in done.items():
        click.echo(_told(source, ends.get(source)) if was_open else f"{named(source)} was not paused any more")
    if not done:
        click.echo("no circuit is open")


def _chosen(settings: Settings, sources: Sequence[Source]) -> dict[Source, OpenCircuit | None]:
    """Return what is to be resumed, with its circuit; one that is not paused among others resumes none."""
    paused = read_entries(settings)
    for source in sources:
        if source not in paused:
            message = f"{named(source)} is not paused: 'eddyline dlq circuits' lists those that are"
            raise EddylineError(message)
    return {at: entry if isinstance(entry := paused[at], OpenCircuit) else entry.opened for at in sources or paused}


def _ends(settings: Settings, sources: Iterable[Source]) -> dict[Source, int]:
    """Return the offset that the next record of each source will have."""
    with reader(settings) as consumer:
        places = {source: TopicPartition(*source) for source in sources}
        return {source: consumer.get_watermark_offsets(at, timeout=TIMEOUT)[1] for source, at in places.items()}


def _told(source: Source, accept_before: int | None) -> str:
    accepted = "" if accept_before is None else f", dead letters before offset {accept_before} accepted"
    return f"{named(source)} is read on{accepted}"
