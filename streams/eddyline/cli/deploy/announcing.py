"""``eddyline deploy announce``."""

from typing import Any

import click

from eddyline.cli.app_name import AppName
from eddyline.cli.deploy.announcement import announce, fields_of, now_or
from eddyline.cli.deploy.arms import told
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
    help="When it takes effect, or took; without this option, now.",
)
@click.option("--model", metavar="NAME", help="What it is made of, for whoever reads the topic.")
@click.option("--canary", type=float, metavar="SHARE", help="This share of the users gets it, like 0.1.")
@click.option("--holdout", type=float, metavar="SHARE", help="This share of the users keeps what it has.")
@click.option("--first-bucket", type=int, metavar="BUCKET", help="First of the buckets that this share is, 0 to 999.")
@click.option("--id", "id_", metavar="TEXT", help="Identifies the announcement; without it, its content does.")
@with_settings
def verb(settings: Settings, /, **given: Any) -> None:  # noqa: ANN401 - one argument an option
    """Announce that DEPLOYMENT takes effect.

    Announcing the same thing again changes nothing; announcing it for more users is a further wave of its rollout.
    """
    fields = fields_of(
        given["app"],
        given["deployment"],
        now_or(given["effective_ms"]),
        model=given["model"],
        arm=_arm(given["canary"], given["holdout"], given["first_bucket"]),
        id=given["id_"],
    )
    event = announce(settings, fields)
    click.echo(f"{event.app}: {event.deployment} from {rfc3339(event.time_ms)} on, for {told(event.arm)}")


def _arm(canary: float | None, holdout: float | None, first: int | None) -> dict[str, Any] | None:
    if canary is not None and holdout is not None:
        raise click.UsageError("a rollout has --canary or --holdout, not both")
    kind, share = ("canary", canary) if holdout is None else ("holdout", holdout)
    if share is not None:
        return {"kind": kind, "share": share} | ({} if first is None else {"first": first})
    if first is not None:
        raise click.UsageError("--first-bucket says where the share of --canary or --holdout begins")
    return None
