"""``eddyline tail``."""

import sys
from collections.abc import Iterator

import click
from confluent_kafka import OFFSET_BEGINNING, OFFSET_END, Consumer, TopicPartition

from eddyline.cli.lines import json_line, line
from eddyline.cli.screen import show
from eddyline.cli.verbs import json_option, with_settings
from eddyline.events import Record
from eddyline.kafka.reader import partitions_of, raise_if_lasting, reader, record_of
from eddyline.settings import Settings

POLL_SECONDS = 0.2


@click.command()
@click.argument("topic")
@click.option("--from-start", is_flag=True, help="Begin with the earliest record there is, not with the next new one.")
@click.option("--count", type=click.IntRange(min=1), help="End after so many records.")
@json_option
@with_settings
def verb(settings: Settings, *, topic: str, from_start: bool, count: int | None, as_json: bool) -> None:
    """Follow an output topic until Ctrl-C.

    TOPIC is drift, scores, alerts, adaptation or dead-letters, or the name of one of them. No consumer group is
    touched.
    --json prints every event as one line; of a dead letter its place, its headers, and its value in base64.
    """
    kind, name = _output(settings, topic)
    with reader(settings) as consumer:
        _assign(consumer, name, OFFSET_BEGINNING if from_start else OFFSET_END)
        for number, record in enumerate(_records(consumer), 1):
            if as_json:
                sys.stdout.write(json_line(kind, record) + "\n")
            else:
                show(line(kind, record))
            sys.stdout.flush()
            if number == count:
                break


def _output(settings: Settings, topic: str) -> tuple[str, str]:
    """Return kind and name of an output topic."""
    topics = settings.topics
    names = {
        "drift": topics.drift,
        "scores": topics.scores,
        "alerts": topics.alerts,
        "adaptation": topics.adaptation,
        "dead-letters": topics.dead_letters,
    }
    for kind, name in names.items():
        if topic in (kind, name):
            return kind, name
    raise click.BadParameter(f"{topic!r} is none of {', '.join(names)}", param_hint="TOPIC")


def _assign(consumer: Consumer, name: str, offset: int) -> None:
    consumer.assign([TopicPartition(name, partition, offset) for partition in partitions_of(consumer, name)])


def _records(consumer: Consumer) -> Iterator[Record]:
    while True:
        message = consumer.poll(POLL_SECONDS)
        if message is None:
            continue
        error = message.error()
        if error is None:
            yield record_of(message)
        else:
            raise_if_lasting(error)
