"""``eddyline deploy ls``."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import click

from eddyline.apps import timeline_of
from eddyline.cli.app_name import AppName
from eddyline.cli.deploy.arms import told
from eddyline.cli.screen import Row, show_rows
from eddyline.cli.stored import read_states
from eddyline.cli.verbs import json_option, with_settings
from eddyline.events import Arm
from eddyline.partials import partition_of
from eddyline.settings import Settings
from eddyline.timeline import InForce, Step, Timeline, steps


@click.command()
@click.option("--app", type=AppName(), help="Of this app only.")
@json_option
@with_settings
def verb(settings: Settings, *, app: str | None, as_json: bool) -> None:
    """List the deployments that judge knows of: announced, and inferred where nobody announced them.

    An announcement appears when judge has read it, within seconds if a worker runs.
    """
    count = settings.topics.partials_partitions
    partitions = range(count) if app is None else [partition_of(app, count)]
    states = read_states(settings, "judge", partitions)
    found = [
        known for state in states.values() for known in known_deployments(state.fields) if app in (None, known.app)
    ]
    if as_json:
        show_rows([known.row(_as_json(known.step.arm)) for known in found], as_json=True)
    elif found:
        show_rows([known.row(told(known.step.arm)) for known in found], as_json=False)
    else:
        click.echo(f"judge knows of no deployment{f' of {app}' if app else ''} yet")


class Known(NamedTuple):
    """A step of an app's deployments, and until when what it put in force was."""

    app: str
    step: Step
    until_ms: int | None

    def row(self, arm: object) -> Row:
        """Return what is shown, with the arm as given."""
        return {
            "app": self.app,
            "deployment": self.step.deployment,
            "effective_ms": self.step.effective_ms,
            "until_ms": self.until_ms,
            "source": self.step.source,
            "action": self.step.action,
            "arm": arm,
        }


def known_deployments(fields: Mapping[str, bytes]) -> Iterator[Known]:
    """Return what was announced or inferred among the fields of a judge state, by app, then time."""
    for name, value in sorted(fields.items()):
        kind, _, app = name.partition(":")
        if kind == "a":
            yield from _of_app(app, timeline_of(value))


def _of_app(app: str, timeline: Timeline) -> Iterator[Known]:
    story = steps(timeline.announcements, timeline.inferred)
    in_force = [InForce()]
    for step in story:
        in_force.append(in_force[-1].after(step))
    for number, step in enumerate(story, 1):
        later = zip(story[number:], in_force[number + 1 :], strict=True)
        ends = (other.effective_ms for other, found in later if step.deployment not in found)
        yield Known(app, step, next(ends, None) if step.deployment in in_force[number] else None)


def _as_json(arm: Arm) -> dict[str, object]:
    return {name: getattr(arm, name) for name in Arm.__struct_fields__}
