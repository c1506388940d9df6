"""``eddyline deploy announce|rollback|ls|bucket``."""

import click

from eddyline.cli.verbs import Verb, Verbs

VERBS = {
    "announce": Verb("eddyline.cli.deploy.announcing", "Say that a deployment takes effect, and for whom."),
    "rollback": Verb("eddyline.cli.deploy.returning", "Say that an app is back at a deployment."),
    "ls": Verb("eddyline.cli.deploy.listing", "List the deployments that judge knows of, announced or inferred."),
    "bucket": Verb("eddyline.cli.deploy.bucket", "Print the bucket of a user's id."),
}


@click.group(cls=Verbs, verbs=VERBS)
def verb() -> None:
    """Say which deployment of an app is in force, for which of its users, and see what is known of it."""
