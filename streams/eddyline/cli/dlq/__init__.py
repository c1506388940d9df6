"""``eddyline dlq ls|show|replay|drop|circuits|resume``."""

import click

from eddyline.cli.verbs import Verb, Verbs

VERBS = {
    "ls": Verb("eddyline.cli.dlq.listing", "List dead letters, and count them by reason."),
    "show": Verb("eddyline.cli.dlq.showing", "Show one dead letter in full."),
    "replay": Verb("eddyline.cli.dlq.replaying", "Write the original records to their input topics again."),
    "drop": Verb("eddyline.cli.dlq.dropping", "Delete dead letters from their topic."),
    "circuits": Verb("eddyline.cli.dlq.circuits", "List the partitions that are paused because of dead letters."),
    "resume": Verb("eddyline.cli.dlq.resuming", "Read on from partitions that are paused."),
}


@click.group(cls=Verbs, verbs=VERBS)
def verb() -> None:
    """Handle the dead letters: the records that could not be understood.

    Of a partition that brings little else, nothing more is read until you say 'resume'.

    A dead letter is named by its HANDLE, partition:offset on the dead-letter topic, as 'ls' prints it.
    """
