"""A report for a person at a terminal: the verdict first, then what it rests on."""

from rich.text import Text

from eddyline.cli.adaptation.caveats import caveats
from eddyline.cli.adaptation.report import Report
from eddyline.cli.adaptation.tables import Told, about, tables
from eddyline.cli.screen import facts, printable, show, table
from eddyline.outputs.adaptation import Verdict

COLOURS: dict[Verdict, str] = {
    "insufficient data": "yellow",
    "not identified": "yellow",
    "none detected": "green",
    "adapting": "bold red",
    "adapted": "bold red",
    "selection": "bold red",
    "mix changed": "cyan",
    "exogenous": "cyan",
}


def show_report(report: Report) -> None:
    """Print a report."""
    found = report.found
    show(Text.assemble((printable(found.deployment), "bold"), ": ", (found.verdict, COLOURS[found.verdict])))
    show(Text(printable(found.sentence)))
    for flag in found.flags:
        show(Text(f"! {printable(flag)}", "yellow"))
    for unknown in found.not_identified:
        show(Text(f"? not identified: {printable(unknown)}", "yellow"))
    show("")
    show(facts(about(found)))
    for told in tables(report):
        _show(told)
    if found.examples:
        show(Text(f"\nExamples: {printable(', '.join(found.examples))}"))
    show(Text("\nWhat this does not see", "bold"))
    for caveat in caveats(found):
        show(Text(f"* {caveat}"))


def _show(told: Told) -> None:
    show(Text(f"\n{printable(told.title)}", "bold"))
    if told.rows:
        show(table(told.rows))
    for note in told.notes:
        show(Text(printable(note), "dim"))
