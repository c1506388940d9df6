"""A backtest for people."""

from collections.abc import Sequence

import msgspec
from rich.text import Text

from eddyline.backtest.comparison import Comparison
from eddyline.backtest.report import AppReport, TermMove
from eddyline.cli.screen import facts, printable, show, table
from eddyline.outputs.drift import MovedFacts


def show_report(reports: Sequence[AppReport], compared: Sequence[Comparison], dead: int) -> None:
    """Print reports, the metrics of planted changes, and how many records could not be understood."""
    if not reports:
        show("no window closed: there is no prompt in this history")
    for found in reports:
        row = msgspec.to_builtins(found)
        tables = {name: row.pop(name) for name in ("states", "alarms", "delays")}
        tables["alarms"] = [
            row | {"moved": _moved(at.moved), "terms": _named(at.terms)}
            for row, at in zip(tables["alarms"], found.alarms, strict=True)
        ]
        show(facts(row | {"early_allowed": f"{found.early_allowed:.2g}"}))
        for name, rows in tables.items():
            show("")
            show(table(rows) if rows else f"no {name}")
        show("")
    for pair in compared:
        _show_metrics(pair)
    if dead:
        show(
            f"records that could not be understood: {dead}; --json counts them by reason, 'eddyline replay' keeps them"
        )


def _show_metrics(pair: Comparison) -> None:
    samples = f"{pair.n} prompts of {pair.day} against {pair.reference_n} of {pair.reference_day}"
    show(Text(printable(f"{pair.app}, {pair.name}: {samples}")))
    rows = [
        {name: at if isinstance(at, str) else f"{at:.3g}" for name, at in value.items()}
        for value in msgspec.to_builtins(pair.values)
    ]
    show(table(rows) if rows else "too few for metrics: each needs ten")
    show("")


def _moved(moved: MovedFacts | None) -> str | None:
    """Return what moved in a few words."""
    if moved is None:
        return None
    styles = [f"{at.feature} {at.before:.1%} → {at.now:.1%}" for at in moved.styles]
    came = [f"somewhere new {moved.region.before:.1%} → {moved.region.share:.1%}"] if moved.region else []
    return ", ".join(styles + came)


def _named(terms: Sequence[TermMove] | None) -> str | None:
    """Return terms with their shares; where none was found it says so."""
    if terms is None:
        return None
    return ", ".join(f"{at.term} {at.before:.1%} → {at.now:.1%}" for at in terms) or "none"
