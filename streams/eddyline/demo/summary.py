"""The end of the demo: what came out, against what was planted."""

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from eddyline.demo.plan import Plan
from eddyline.demo.screen import Counts, clock
from eddyline.demo.story import Shift, Story
from eddyline.demo.terms import Term, terms
from eddyline.demo.traffic import Asked
from eddyline.demo.verdict import Distances, Finding, distances, findings
from eddyline.features import PHRASES
from eddyline.outputs.adaptation import Adaptation, Estimate, Terms

READ_ON = (
    ("docs/architecture.md", "how it works, and why every number is exact"),
    ("docs/events.md", "what to send, what comes out"),
    ("docs/settings.md", "every setting"),
)

COLUMNS = ("planted", "found", "95 % interval")


def summary(plan: Plan, asked: Sequence[Asked], story: Story, counts: Counts, missing: Sequence[str]) -> RenderableType:
    """Return the last page."""
    adaptation = story.adaptation(plan.new)
    split = terms(plan, asked, adaptation)
    return Group(
        Rule(f"{plan.days} days of {plan.app}/{plan.environment} in {counts.elapsed_s:.0f} s", style="dim"),
        _totals(story, counts),
        Text(),
        _distances(plan, story, distances(plan, story)),
        Text(),
        _scores(story),
        Text(),
        _users(adaptation, split),
        Text(),
        _findings(findings(plan, asked, story, split)),
        Text(),
        *(Text(f"Missing: {line}", "bold red") for line in missing),
        _read_on(),
    )


def _totals(story: Story, counts: Counts) -> Table:
    late = sum(drift.late for drift in story.windows.values())
    complete = min((drift.completeness for drift in story.windows.values()), default=0.0)
    counted = sum(drift.n for drift in story.windows.values())
    reasons = ", ".join(f"{reason} {count}" for reason, count in sorted(story.dead.items()))
    table = _grid()
    table.add_row(
        "prompts", f"{counted:,}", f"{counts.sent:,} events sent, {counts.sent / counts.elapsed_s:,.0f} a second"
    )
    table.add_row("responses", f"{counts.responses:,}", f"{counts.joined:,} came alone and were joined to their prompt")
    table.add_row("scored", f"{len(story.scored):,}", f"{len(story.scores):,} scores by {', '.join(story.scorers())}")
    table.add_row("windows", f"{len(story.windows):,}", f"completeness {complete:g}, {late} late events")
    table.add_row("dead letters", f"{story.dead.total():,}", reasons)
    return table


def _grid() -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(justify="right", no_wrap=True)
    table.add_column(style="dim")
    return table


def _distances(plan: Plan, story: Story, found: Distances) -> Table:
    table = _table("distance to the reference", "users", "found", "expected", "above it")
    rows = (
        (f"before {clock(plan.effective_ms)}, everybody", found.before),
        (f"since then, {plan.old} (holdout)", found.holdout),
        (f"since then, {plan.new}", found.new),
        (f"{plan.new}, latest day", found.latest),
    )
    for name, shift in rows:
        table.add_row(name, *_shift(shift))
    references = sorted({f"{name}: {_reference(story, name)}" for name in story.deployments()})
    table.caption = "reference of " + "\nreference of ".join(references)
    return table


def _shift(shift: Shift | None) -> list[str]:
    if shift is None:
        return ["", "learning", "", ""]
    error = "" if shift.error is None else f" ± {shift.error:.3f}"
    return [f"{shift.users:,}", f"{shift.value:.3f}", f"{shift.null:.3f}", f"{shift.excess:+.3f}{error}"]


def _reference(story: Story, deployment: str) -> str:
    found = [drift.reference for drift in story.of(deployment) if drift.reference is not None]
    if not found:
        return "none yet"
    reference = found[-1]
    return f"{_period(reference.id) if reference.kind == 'history' else reference.id}, {reference.n:,} users"


def _period(history_id: str) -> str:
    start, _, end = history_id.partition("-")
    return f"{clock(int(start))} to {clock(int(end))}"


def _scores(story: Story) -> Table:
    scorers = story.scorers()
    table = _table("mean scores", "responses", *scorers)
    for deployment, candidate in story.arms():
        found = [story.mean((deployment, candidate), scorer) for scorer in scorers]
        name = f"{candidate}, in shadow of {deployment}" if candidate else str(deployment)
        count = max(mean[0] for mean in found if mean)
        table.add_row(name, f"{count:,}", *(f"{mean[1]:.3f}" if mean else "" for mean in found))
    return table


def _users(found: Adaptation | None, split: Sequence[Term]) -> RenderableType:
    """Return the last day's word on the users: the verdict, and what their change is made of."""
    if found is None:
        return Text("no word on the users", "yellow")
    verdict = Text.assemble((f"{found.verdict}: ", "bold green"), found.sentence)
    return Group(verdict, Text(), _terms(found.terms, split)) if found.terms and split else verdict


def _terms(found: Terms, split: Sequence[Term]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="bold", caption_justify="left")
    table.title = f"why the share of prompts that {PHRASES[found.feature]} changed"
    table.title_justify = "left"
    table.add_column("", no_wrap=True)
    table.add_column("")
    for title in (*COLUMNS, ""):
        table.add_column(title, justify="right", no_wrap=True)
    for term in split:
        verdict = Text("covered", "green") if term.covered else Text("missed", "yellow")
        table.add_row(term.name, Text(term.cause, "dim"), *_held(term.planted, term.found), verdict)
    together = sum(term.planted for term in split)
    table.add_row("together", Text("what before and after alone would tell", "dim"), *_held(together, found.total))
    table.caption = "in points, every user counts alike; planted: against a world without the deployment"
    return table


def _held(planted: float, found: Estimate) -> tuple[str, str, str]:
    return _points(planted), _points(found.value), f"{_points(found.low)} to {_points(found.high)}"


def _points(share: float) -> str:
    return f"{100 * share:+.1f}"


def _findings(found: Sequence[Finding]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="bold")
    for title in ("planted", "what the outputs say", ""):
        table.add_column(title)
    for finding in found:
        verdict = Text("seen", "green") if finding.seen else Text("not seen", "yellow")
        table.add_row(finding.planted, finding.evidence, verdict)
    return table


def _table(title: str, *numbers: str) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, caption_justify="left")
    table.add_column(title, no_wrap=True, header_style="bold")
    for name in numbers:
        table.add_column(name, justify="right", no_wrap=True, header_style="dim")
    return table


def _read_on() -> Table:
    table = Table.grid(padding=(0, 2))
    for path, what in READ_ON:
        table.add_row(Text(path, "cyan"), Text(what, "dim"))
    return table
