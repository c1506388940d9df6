"""``eddyline state show`` and ``eddyline state rebuild``."""

import sys
from collections.abc import Sequence

import click

from eddyline import keys
from eddyline.cli.screen import Row, facts, show, show_json, show_rows
from eddyline.cli.stored import forget, read_states
from eddyline.cli.verbs import json_option, with_settings
from eddyline.encode import kinds
from eddyline.encoders.configured import read_space
from eddyline.fold import Fold, FoldPolicy
from eddyline.judge import Judge, JudgePolicy
from eddyline.kafka.topics import partition_counts
from eddyline.protocols import Stored
from eddyline.settings import Settings

STAGES = ("fold", "judge")


@click.group()
def verb() -> None:
    """Show what the partitions of fold and judge hold, or have it built anew."""


@verb.command("show")
@click.argument("stage", type=click.Choice(STAGES), required=False)
@click.argument("partition", type=click.IntRange(min=0), required=False)
@json_option
@with_settings
def show_states(settings: Settings, *, stage: str | None, partition: int | None, as_json: bool) -> None:
    """Show the state as it is stored: of both stages, of one, or of one partition in full.

    Only reads: a worker that runs notices nothing.
    """
    if partition is not None and stage is not None:
        rows = _rows(settings, stage, [partition])
        _show_one(rows, as_json=as_json)
        return
    found = {name: _rows(settings, name, range(_partitions(settings, name))) for name in ([stage] if stage else STAGES)}
    if as_json:
        show_json([row for rows in found.values() for row in rows])
        return
    for name, rows in found.items():
        _show_all(name, rows)


@verb.command("rebuild")
@click.argument("stage", type=click.Choice(("encode", *STAGES)))
@click.argument("partition", type=click.IntRange(min=0), required=False)
@click.option("--yes", is_flag=True, help="Do not ask.")
@with_settings
def rebuild(settings: Settings, *, stage: str, partition: int | None, yes: bool) -> None:
    """Forget what a stage has stored, so that its worker builds it anew from what its topics retain.

    For a state that cannot be true: its topic was made anew, or its brokers lost records. Encode forgets how far it has
    read and goes on where its group stands. Events are not counted twice, but windows that miss records say so.
    """
    names = _names(settings, stage, partition)
    if not yes and not (
        sys.stdin.isatty() and click.confirm(f"Forget the state of {stage} in {len(names)} partitions?")
    ):
        raise click.UsageError("nothing was forgotten; without a terminal say --yes")
    forgotten = forget(settings, names)
    click.echo(f"forgot the state of {len(forgotten)} partitions of {stage}; its workers start again by themselves")


def _names(settings: Settings, stage: str, partition: int | None) -> list[str]:
    """Return the keys of the states of a stage, or of one partition of it; of encode always all."""
    if stage != "encode":
        partitions = range(_partitions(settings, stage)) if partition is None else [partition]
        return [keys.state(stage, at) for at in partitions]
    if partition is not None:
        raise click.UsageError("encode reads several topics: it has no partition of its own")
    counts = partition_counts(settings)
    return [keys.position(topic, at) for topic in kinds(settings) for at in range(counts.get(topic, 0))]


def _show_all(name: str, rows: Sequence[Row]) -> None:
    if rows:
        show_rows(rows, as_json=False)
    else:
        click.echo(f"{name}: no partition has a state yet")


def _show_one(rows: Sequence[Row], *, as_json: bool) -> None:
    if as_json:
        show_json(rows)
    elif rows:
        show(facts(rows[0]))
    else:
        click.echo("this partition has no state yet")


def _partitions(settings: Settings, stage: str) -> int:
    topics = settings.topics
    return topics.observations_partitions if stage == "fold" else topics.partials_partitions


def _rows(settings: Settings, stage: str, partitions: Sequence[int]) -> list[Row]:
    states = read_states(settings, stage, partitions)
    return [_row(settings, stage, partition, stored) for partition, stored in states.items()]


def _row(settings: Settings, stage: str, partition: int, stored: Stored) -> Row:
    return {
        "stage": stage,
        "partition": partition,
        "applied": stored.applied,
        "epoch": stored.epoch,
        "bytes": sum(len(name) + len(value) for name, value in stored.fields.items()),
        **_summary(settings, stage, partition, stored),
    }


def _summary(settings: Settings, stage: str, partition: int, stored: Stored) -> Row:
    if stage == "fold":
        return Fold.restore(FoldPolicy.of(settings), partition, stored.fields).summary()
    return Judge.restore(JudgePolicy.of(settings, read_space(settings)), partition, stored.fields).summary()
