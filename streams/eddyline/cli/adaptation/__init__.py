"""``eddyline adaptation report|export``."""

import click

from eddyline.cli.verbs import Verb, Verbs

VERBS = {
    "report": Verb(
        "eddyline.cli.adaptation.reporting", "Say how the users of a deployment changed, and how sure it is."
    ),
    "export": Verb("eddyline.cli.adaptation.exporting", "Write an app's panel to a Parquet file."),
}


@click.group(cls=Verbs, verbs=VERBS)
def verb() -> None:
    """Say how users changed because of a deployment."""
