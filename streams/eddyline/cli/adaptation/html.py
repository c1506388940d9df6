"""A report as one HTML page: plots and tables, nothing loaded, nothing run."""

from collections.abc import Iterator
from xml.etree.ElementTree import Element

from eddyline.cli.adaptation import plots
from eddyline.cli.adaptation import tables as told_as
from eddyline.cli.adaptation.caveats import caveats
from eddyline.cli.adaptation.markup import page, tag
from eddyline.cli.adaptation.report import Report
from eddyline.cli.adaptation.tables import Told
from eddyline.outputs.adaptation import Adaptation

STYLE = """
:root { color-scheme: light dark; }
:root { --line: #1f5a96; --soft: #1f5a9633; --grid: #8a8a8a44; --muted: #6a6a6a; --mark: #b3261e; }
@media (prefers-color-scheme: dark) { :root { --line: #8ab8e8; --soft: #8ab8e833; --muted: #a8a8a8; --mark: #f2877f; } }
body { font: 16px/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.1rem; margin-top: 2.5rem; }
.verdict { display: inline-block; padding: .1rem .6rem; border: 2px solid var(--line); border-radius: .3rem; }
.sentence { font-size: 1.15rem; } .note { color: var(--muted); }
.flags { border-left: 4px solid var(--mark); padding-left: 1.5rem; }
.wide { overflow-x: auto; } table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
caption { text-align: left; font-weight: bold; }
th, td { text-align: left; padding: .2rem .9rem .2rem 0; border-bottom: 1px solid var(--grid); overflow-wrap: normal; }
figure { margin: 1rem 0; } svg { width: 100%; height: auto; } svg text { font-size: 12px; fill: currentColor; }
.right { text-anchor: end; } .middle { text-anchor: middle; }
.grid { stroke: var(--grid); } .zero { stroke: var(--muted); } .mark { stroke: var(--mark); stroke-dasharray: 5 4; }
line.day { stroke: var(--line); stroke-width: 1.5; } circle.day { fill: var(--line); }
rect.week { fill: var(--soft); } line.week { stroke: var(--line); stroke-width: 2.5; }
rect.placebo { fill: var(--grid); } .fit { fill: none; stroke: var(--mark); stroke-width: 2; }
"""


def html(report: Report, change: int) -> str:
    """Return the page of a report; ``change`` is the local date of the deployment, as a proleptic ordinal."""
    found = report.found
    title = f"{found.deployment}: {found.verdict}"
    return page(title, STYLE, tag("main", *_head(found), *_sections(report, change), *_limits(found)))


def _head(found: Adaptation) -> Iterator[Element]:
    yield tag("h1", f"How users changed after {found.deployment}")
    yield tag("p", tag("strong", found.verdict, class_="verdict"))
    yield tag("p", found.sentence, class_="sentence")
    flags = [*found.flags, *(f"Not identified: {unknown}" for unknown in found.not_identified)]
    if flags:
        yield tag("ul", *(tag("li", flag) for flag in flags), class_="flags")
    rows = [
        tag("tr", tag("th", name, scope="row"), tag("td", _cell(fact))) for name, fact in told_as.about(found).items()
    ]
    yield tag("table", tag("caption", "About"), tag("tbody", *rows))


def _sections(report: Report, change: int) -> Iterator[Element]:
    drawn = dict(_plots(report, change))
    for told in told_as.tables(report):
        plot = drawn.get(told.title)
        yield tag("section", tag("h2", told.title), *([tag("figure", plot)] if plot is not None else []), *_table(told))
    if report.study:
        daily = told_as.event_study(report.study, report.study.days)
        yield tag("details", tag("summary", "Day by day"), *_table(daily._replace(title="Day by day")))
    if report.found.examples:
        yield tag("section", tag("h2", "Examples"), tag("p", ", ".join(report.found.examples)))


def _plots(report: Report, change: int) -> Iterator[tuple[str, Element]]:
    """Yield plots with the titles of the tables that they stand beside."""
    found = report.found
    if found.features:
        yield told_as.FEATURES, plots.changed(found.features)
    if found.terms:
        yield told_as.MADE_OF, plots.terms(found.terms)
    if found.curve:
        yield told_as.EXPOSURE, plots.curve(found.curve)
    if report.study:
        yield told_as.AROUND, plots.event_study(report.study, change, found.placebo)


def _table(told: Told) -> Iterator[Element]:
    if told.rows:
        heads = tag("tr", *(tag("th", name, scope="col") for name in told.rows[0]))
        rows = [tag("tr", *(tag("td", _cell(value)) for value in row.values())) for row in told.rows]
        whole = tag("table", tag("caption", told.title), tag("thead", heads), tag("tbody", *rows))
        yield tag("div", whole, class_="wide")
    for note in told.notes:
        yield tag("p", note, class_="note")


def _cell(value: object) -> str:
    return "-" if value is None else str(value)


def _limits(found: Adaptation) -> Iterator[Element]:
    yield tag("h2", "What this does not see")
    yield tag("ul", *(tag("li", caveat) for caveat in caveats(found)))
