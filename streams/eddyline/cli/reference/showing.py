"""``eddyline reference show``."""

from collections.abc import Iterator, Mapping

import click
import msgspec

from eddyline import references
from eddyline.changes import SEPARATOR
from eddyline.cli.app_name import AppName
from eddyline.cli.screen import Row, show_rows
from eddyline.cli.stored import read_states
from eddyline.cli.verbs import json_option, with_settings
from eddyline.partials import ReferenceImported, partition_of
from eddyline.settings import Settings


@click.command()
@click.option("--app", type=AppName(), help="Of this app only.")
@json_option
@with_settings
def verb(settings: Settings, *, app: str | None, as_json: bool) -> None:
    """Show the references that judge holds: eval sets, and the history that a deployment is held against.

    An imported eval set appears when judge has read it, within seconds if a worker runs.
    """
    count = settings.topics.partials_partitions
    partitions = range(count) if app is None else [partition_of(app, count)]
    states = read_states(settings, "judge", partitions)
    rows = [row for state in states.values() for row in stored_references(state.fields) if app in (None, row["app"])]
    if rows or as_json:
        show_rows(rows, as_json=as_json)
    else:
        click.echo(f"judge holds no reference{f' of {app}' if app else ''} yet")


def stored_references(fields: Mapping[str, bytes]) -> Iterator[Row]:
    """Return the references among the fields of a judge state, a row each; :mod:`eddyline.judge` has the layout."""
    for name, value in sorted(fields.items()):
        kind, _, rest = name.partition(":")
        if kind == "e":
            yield _evalset(msgspec.msgpack.decode(value, type=ReferenceImported))
        elif kind == "h":
            app, deployment, _ = rest.split(SEPARATOR)
            yield _history(app, deployment, value)


def _evalset(imported: ReferenceImported) -> Row:
    return {
        "app": imported.app,
        "kind": "evalset",
        "id": imported.id,
        "deployment": None,
        "effective_ms": imported.effective_ms,
        "n": imported.n,
        "sample": len(imported.items),
        "space_id": imported.space_id,
    }


def _history(app: str, deployment: str, value: bytes) -> Row:
    reference = references.unpack(value)
    return {
        "app": app,
        "kind": reference.kind,
        "id": reference.id,
        "deployment": deployment or None,
        "effective_ms": None,
        "n": reference.sums.n,
        "sample": len(reference.items),
        "space_id": reference.space_id,
    }
