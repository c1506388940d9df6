"""The command line: one file per verb, imported when the verb is used.

Exit codes: 0 done, 1 found a problem (or a server is down), 2 wrong use or configuration, 130 Ctrl-C.
"""

from pathlib import Path

import click

from eddyline import __version__
from eddyline.cli.verbs import Verb, Verbs

VERBS = {
    "demo": Verb("eddyline.cli.demo", "Watch a story: a deployment, and what its users do."),
    "worker": Verb("eddyline.cli.worker", "Run the stages: all three, or one."),
    "topics": Verb("eddyline.cli.topics", "Create the topics, or check them."),
    "doctor": Verb("eddyline.cli.doctor", "What is wrong with what a worker needs, and what to do."),
    "lag": Verb("eddyline.cli.lag", "How far every stage is behind, in records and seconds."),
    "tail": Verb("eddyline.cli.tail", "Follow an output topic."),
    "dlq": Verb("eddyline.cli.dlq", "Dead letters: list, show, replay, drop."),
    "replay": Verb("eddyline.cli.replay", "Run files of events through the same stages, without servers."),
    "backtest": Verb("eddyline.cli.backtest", "What the watch would have said of recorded history: alarms, delays."),
    "adaptation": Verb("eddyline.cli.adaptation", "How users changed because of a deployment: report, export."),
    "reference": Verb("eddyline.cli.reference", "What windows are compared with: import, show."),
    "deploy": Verb("eddyline.cli.deploy", "Announce deployments and rollbacks, and list them."),
    "state": Verb("eddyline.cli.state", "What the partitions of fold and judge hold."),
}


@click.group(
    cls=Verbs,
    verbs=VERBS,
    subcommand_metavar="VERB [ARGS]...",
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.option(
    "--config",
    type=click.Path(path_type=Path),
    envvar="EDDYLINE_CONFIG",
    help="Settings file; without it ./eddyline.toml, if there is one. EDDYLINE_* variables win over it.",
)
@click.version_option(__version__, prog_name="eddyline", message="%(prog)s %(version)s")
def main(config: Path | None) -> None:
    """Show how deploying a model changes its users' prompts, while it happens.

    \b
    Exit codes: 0 done, 1 found a problem, 2 wrong use or configuration, 130 Ctrl-C.
    """  # noqa: D301 - \b keeps click from wrapping
    # Verbs read the option from the root of their context, see with_settings().
    del config
