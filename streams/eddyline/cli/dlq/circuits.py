"""``eddyline dlq circuits``."""

from collections.abc import Mapping

import click

from eddyline.circuit import OpenCircuit, Resume, Source
from eddyline.cli.dlq.entries import read_entries
from eddyline.cli.dlq.source import named
from eddyline.cli.screen import Row, show_rows
from eddyline.cli.verbs import FOUND_A_PROBLEM, json_option, with_settings
from eddyline.settings import Settings


@click.command()
@json_option
@with_settings
def verb(settings: Settings, *, as_json: bool) -> None:
    """List the partitions from which nothing is read because they brought little but dead letters.

    'resume' in the place of 'open' was asked for, and waits for a worker. Ends with 1 if any is listed.
    """
    rows = table(read_entries(settings))
    if rows or as_json:
        show_rows(rows, as_json=as_json)
    else:
        click.echo("no circuit is open")
    if rows:
        click.get_current_context().exit(FOUND_A_PROBLEM)


def table(entries: Mapping[Source, OpenCircuit | Resume]) -> list[Row]:
    """Return entries as rows of a table."""
    return [_row(source, entry) for source, entry in entries.items()]


def _row(source: Source, entry: OpenCircuit | Resume) -> Row:
    circuit = entry if isinstance(entry, OpenCircuit) else None
    return {
        "source": named(source),
        "circuit": "open" if circuit else "resume",
        "since_ms": circuit and circuit.since_ms,
        "offset": circuit and circuit.offset,
        "run": circuit and circuit.run,
        "dead": circuit and circuit.dead,
        "of": circuit and circuit.of,
        "reason": circuit and circuit.reason,
    }
