"""``eddyline lag``."""

import time

import click

from eddyline.cli.positions import Position, positions
from eddyline.cli.screen import Row, show_rows
from eddyline.cli.verbs import json_option, with_settings
from eddyline.settings import Settings


@click.command()
@json_option
@with_settings
def verb(settings: Settings, *, as_json: bool) -> None:
    """Show how far every stage is behind.

    Seconds are since the next record was written (or since the time that its producer gave it).
    """
    found = positions(settings)
    show_rows(rows(found, time.time_ns() // 1_000_000), as_json=as_json)


def rows(found: list[Position], now_ms: int) -> list[Row]:
    """Return positions as rows of a table."""
    return [
        {
            "stage": at.stage,
            "topic": at.topic,
            "partition": at.partition,
            "end_offset": at.end_offset,
            "position": at.position,
            "lag": at.lag,
            "seconds": at.lag_seconds(now_ms),
        }
        for at in found
    ]
