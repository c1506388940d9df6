"""``eddyline demo``."""

from typing import Literal

import click

from eddyline.demo.run import run_demo


@click.command()
@click.option(
    "--days",
    type=click.IntRange(2, 30),
    default=28,
    show_default=True,
    help="Days of traffic in the story; fewer than 14 say little about its users.",
)
@click.option(
    "--seconds", type=click.FloatRange(min=1), default=120.0, show_default=True, help="How long they are told in."
)
@click.option(
    "--broker",
    type=click.Choice(["embedded", "kafka"]),
    default="embedded",
    show_default=True,
    help="The broker that comes with the extra 'demo', or Apache Kafka (Java; Maven for the first time).",
)
def verb(*, days: int, seconds: float, broker: Literal["embedded", "kafka"]) -> None:
    """Start servers of its own, tell a story on them, stop them: settings and running servers are not touched."""
    code = run_demo(seconds=seconds, days=days, broker=broker)
    click.get_current_context().exit(code)
