"""``eddyline deploy bucket``."""

import click

from eddyline.assignment import bucket


@click.command()
@click.argument("user")
def verb(user: str) -> None:
    """Print the bucket of the user whose id is USER, from 0 to 999: to check a router against."""
    click.echo(bucket(user))
