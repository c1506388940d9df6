"""``eddyline topics create|check``."""

import click

from eddyline.cli.screen import show_json
from eddyline.cli.verbs import FOUND_A_PROBLEM, json_option, with_settings
from eddyline.kafka import topics
from eddyline.settings import Settings


@click.group()
def verb() -> None:
    """Create the topics, or check them."""


@verb.command()
@json_option
@with_settings
def create(settings: Settings, *, as_json: bool) -> None:
    """Create the topics that are missing; those that exist are checked and left alone."""
    created = topics.create(settings)
    faults = topics.faults(settings)
    if as_json:
        show_json({"created": created, "faults": faults})
    else:
        for name in created:
            click.echo(f"created {name}")
        _report(faults, "all topics are there")
    _end(faults)


@verb.command()
@json_option
@with_settings
def check(settings: Settings, *, as_json: bool) -> None:
    """Say what is wrong with the topics; 1 if something is."""
    faults = topics.faults(settings)
    if as_json:
        show_json({"faults": faults})
    else:
        _report(faults, "all topics are as they should be")
    _end(faults)


def _report(faults: list[str], otherwise: str) -> None:
    for line in faults or [otherwise]:
        click.echo(line)


def _end(faults: list[str]) -> None:
    if faults:
        click.get_current_context().exit(FOUND_A_PROBLEM)
