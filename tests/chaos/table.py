"""The table of docs/reliability.md, from the file of results.

    python -m tests.chaos.table

writes it anew between its two markers.
"""

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from tests.chaos.record import ROOT, Results, Row, read

RESULTS = ROOT / "benchmarks/results/chaos.json"
PAGE = ROOT / "docs/reliability.md"
BEGIN, END = "<!-- chaos: begin -->", "<!-- chaos: end -->"
HEAD = """\
| scenario | seeds | faults | events | restarts | seconds | commit | result |
|---|---|---|---|---|---|---|---|"""


def rendered(results: Results) -> str:
    """Return the Markdown between the markers: where and when, then a line per scenario."""
    machine = results.machine
    where = (
        f"{machine['date']}, {machine['cores']} cores of an {machine['cpu']}, "
        f"Python {machine['python']}, Apache Kafka {machine['kafka']}, Redis {machine['redis']}, "
        f"faust-streaming {machine['faust']}."
    )
    scenarios: dict[str, list[Row]] = defaultdict(list)
    for row in results.rows:
        scenarios[row.scenario].append(row)
    return "\n".join([where, "", HEAD, *(_line(name, rows) for name, rows in scenarios.items())])


def _line(scenario: str, rows: Sequence[Row]) -> str:
    kinds = sorted({kind for row in rows for kind in row.faults})
    faults = ", ".join(f"{sum(row.faults.get(kind, 0) for row in rows)} {kind}" for kind in kinds)
    failed = [str(row.seed) for row in rows if row.result != "passed"]
    result = f"failed with seed {', '.join(failed)}" if failed else "passed"
    seeds = ", ".join(str(row.seed) for row in rows)
    events, restarts = sum(row.events for row in rows), sum(row.restarts for row in rows)
    seconds = sum(row.seconds for row in rows)
    commits = ", ".join(sorted({row.commit for row in rows}))
    return f"| {scenario} | {seeds} | {faults} | {events:,} | {restarts} | {seconds:.0f} | {commits} | {result} |"


def replaced(page: str, table: str) -> str:
    """Return ``page`` with ``table`` between the markers."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{table}\n{END}{after}"


def main(page: Path = PAGE, results: Path = RESULTS) -> None:
    """Write the table into the page."""
    page.write_text(replaced(page.read_text("utf-8"), rendered(read(results))), "utf-8")


if __name__ == "__main__":
    main()
