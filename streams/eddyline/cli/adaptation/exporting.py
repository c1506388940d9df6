"""``eddyline adaptation export``."""

from pathlib import Path

import click

from eddyline.cli.adaptation.options import writable
from eddyline.cli.adaptation.source import stored
from eddyline.cli.app_name import AppName
from eddyline.cli.verbs import with_settings
from eddyline.extras import need
from eddyline.recorded.panel import EXTRA, write
from eddyline.settings import Settings


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path), callback=writable, metavar="FILE.parquet")
@click.option("--app", type=AppName(), required=True, help="The app, like support/production.")
@with_settings
def verb(settings: Settings, *, file: Path, app: str) -> None:
    """Write an app's panel to FILE.parquet: a row for what a user did with a deployment on a local day.

    'eddyline adaptation report --panel FILE.parquet' gives the same report as without it. Users are told apart by a
    part of their pseudonym, which no event holds: what the file says of them is personal data all the same.
    """
    need("pyarrow", EXTRA)
    source = stored(settings, app)
    rows = write(file, source.about, source.panel)
    days = source.panel.known()
    click.echo(f"{file}: {rows} rows of {len(days)} days, {len(source.about.rollouts)} rollouts")
