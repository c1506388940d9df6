"""``eddyline dlq drop``."""

import sys
from collections.abc import Sequence

import click
from confluent_kafka import KafkaException, TopicPartition

from eddyline.cli.dlq.handle import Handle, HandleType
from eddyline.cli.dlq.reading import Shelf, Span, shelf
from eddyline.cli.verbs import FOUND_A_PROBLEM, INTERRUPTED, with_settings
from eddyline.errors import EddylineError, Unavailable
from eddyline.kafka.topics import TIMEOUT, admin
from eddyline.settings import Settings


@click.command()
@click.option("--before", type=HandleType(), metavar="HANDLE", help="Those before this one, in its partition.")
@click.option("--all", "everything", is_flag=True, help="All there are.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@with_settings
def verb(settings: Settings, *, before: Handle | None, everything: bool, yes: bool) -> None:
    """Delete dead letters for good. Kafka deletes from the oldest on: there is no deleting of one in the middle.

    What arrives while you decide is kept.
    """
    if (before is not None) == everything:
        raise click.UsageError("say --before HANDLE, or --all")
    if not (yes or on_terminal()):
        raise click.UsageError("there is no terminal to ask on: say --yes")
    with shelf(settings) as dead:
        doomed = [span for span in _doomed(dead, before) if span.size > 0]
    if not doomed:
        click.echo("nothing to delete")
        return
    for span in doomed:
        first, last = Handle(span.partition, span.start), Handle(span.partition, span.end - 1)
        click.echo(f"{span.size} dead letters, {first} to {last}")
    if not (yes or _agreed(dead.topic)):
        click.echo("nothing was deleted")
        click.get_current_context().exit(FOUND_A_PROBLEM)
    _delete(settings, dead.topic, doomed)
    click.echo(f"deleted {sum(span.size for span in doomed)} from {dead.topic}")


def on_terminal() -> bool:
    """Return whether somebody can be asked."""
    return sys.stdin.isatty()


def _doomed(dead: Shelf, before: Handle | None) -> Sequence[Span]:
    """Return what is to be deleted."""
    if before is None:
        return dead.spans
    for span in dead.spans:
        if span.partition == before.partition and before.offset <= span.end:
            return [span._replace(end=before.offset)]
    message = f"there is no dead letter {before} on {dead.topic}: 'eddyline dlq ls' lists them"
    raise EddylineError(message)


def _agreed(topic: str) -> bool:
    try:
        return click.confirm(f"Delete them from {topic} for good?")
    except click.Abort:
        raise click.exceptions.Exit(INTERRUPTED) from None


def _delete(settings: Settings, topic: str, doomed: Sequence[Span]) -> None:
    upto = [TopicPartition(topic, span.partition, span.end) for span in doomed]
    # Held until the answers are there: a client that is collected before never answers.
    client = admin(settings)
    try:
        for future in client.delete_records(upto, request_timeout=TIMEOUT).values():
            future.result()
    except KafkaException as error:
        message = f"dead letters cannot be deleted from {topic}: {error.args[0].str()}"
        raise Unavailable(message) from None
