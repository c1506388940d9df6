"""``eddyline reference import|show``."""

import click

from eddyline.cli.verbs import Verb, Verbs

VERBS = {
    "import": Verb("eddyline.cli.reference.importing", "Make an eval set the reference of an app."),
    "show": Verb("eddyline.cli.reference.showing", "Show the references that judge holds."),
}


@click.group(cls=Verbs, verbs=VERBS)
def verb() -> None:
    """Say what the windows of an app are compared with."""
