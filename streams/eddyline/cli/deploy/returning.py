"""``eddyline deploy rollback``."""

import click

from eddyline.cli.app_name import AppName
from eddyline.cli.deploy.announcement import announce, fields_of, now_or
from eddyline.cli.instant import instant
from eddyline.cli.verbs import with_settings
from eddyline.outputs.cloudevent import rfc3339
from eddyline.settings import Settings


@click.command()
@click.argument("deployment")
@click.option("--app", type=AppName(), required=True, help="The app, like support/production.")
@click.option(
    "--effective-at",
    "effective_ms",
    metavar="RFC3339",
    callback=instant,
    help="Since when; without this option, now.",
)
@click.option("--id", "id_", metavar="TEXT", help="Identifies the announcement; without it, its content does.")
@with_settings
def verb(settings: Settings, *, deployment: str, app: str, effective_ms: int | None, id_: str | None) -> None:
    """Announce that all users are back at DEPLOYMENT: the one that works, not the one that does not."""
    fields = fields_of(app, deployment, now_or(effective_ms), action="rollback", id=id_)
    event = announce(settings, fields)
    click.echo(f"{event.app}: back at {event.deployment} from {rfc3339(event.time_ms)} on")
