"""``eddyline worker``."""

import click

from eddyline import worker
from eddyline.cli.verbs import with_settings
from eddyline.settings import Settings


@click.command()
@click.option(
    "--stage",
    "stages",
    type=click.Choice(worker.STAGES),
    multiple=True,
    help="Run this stage alone; may be repeated. Without it all three run in this process.",
)
@with_settings
def verb(settings: Settings, stages: tuple[worker.StageName, ...]) -> None:
    """Run the stages until SIGTERM or Ctrl-C.

    An error ends the process with 1: let a supervisor start it again, it goes on from its last checkpoint.
    """
    code = worker.run_worker(settings, stages or worker.STAGES)
    click.get_current_context().exit(code)
