"""What is on the terminal while the demo runs: a live view, or plain lines where there is no terminal."""

from collections.abc import Sequence
from datetime import UTC, datetime
from types import TracebackType
from typing import NamedTuple, Protocol, Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from eddyline.demo.plan import Plan
from eddyline.demo.story import Arm, Moment, Shift, Story
from eddyline.features import PHRASES
from eddyline.outputs.adaptation import Adaptation, Terms
from eddyline.outputs.score import Score
from eddyline.windows import DAY_MS

BARS = "▁▂▃▄▅▆▇█"
COLOURS = ("cyan", "magenta", "yellow", "green")
REFRESH_S = 0.2
PLAIN_EVERY_MS = DAY_MS // 2
FIXED_LINES = 14
"""Lines of the live view beside deployments, arms, moments and scores."""


class Counts(NamedTuple):
    """What the demo knows of its own sending."""

    prompts: int
    responses: int
    joined: int
    sent: int
    elapsed_s: float
    waiting: str
    """Why event time stands still, if it does."""


class Screen(Protocol):
    """What shows the demo."""

    def __enter__(self) -> Self:
        """Begin to show."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the showing."""

    def show(self, story: Story, now_ms: int, counts: Counts) -> None:
        """Show how things are at event time ``now_ms``."""


class PlainScreen:
    """Lines: what happens, and twice a day of event time how things are."""

    def __init__(self, console: Console, plan: Plan) -> None:
        self._console, self._next_ms = console, plan.start_ms + PLAIN_EVERY_MS
        self._told = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass

    def show(self, story: Story, now_ms: int, counts: Counts) -> None:
        """Print what is new."""
        for moment in story.moments[self._told :]:
            self._print(f"{clock(moment.time_ms)}  {moment.origin}: {moment.text}")
        self._told = len(story.moments)
        if now_ms >= self._next_ms:
            self._next_ms = now_ms - now_ms % PLAIN_EVERY_MS + PLAIN_EVERY_MS
            self._print(f"{clock(now_ms)}  {_plain_state(story, counts)}")

    def _print(self, line: str) -> None:
        self._console.print(line, highlight=False, soft_wrap=True)


def _plain_state(story: Story, counts: Counts) -> str:
    trends = [(name, story.trend(name)) for name in story.deployments()]
    distances = [f"{name} {shift.value:.3f} (expected {shift.null:.3f})" for name, shift in trends if shift]
    totals = f"{counts.prompts:,} prompts, {len(story.scores):,} scores, {len(story.windows)} windows"
    return "; ".join([totals, *(distances or ["learning"])])


class LiveScreen:
    """A view of the whole terminal, drawn five times a second."""

    def __init__(self, console: Console, plan: Plan) -> None:
        self._console, self._plan = console, plan
        self._live = Live(console=console, screen=True, auto_refresh=False)
        self._drawn_s = 0.0

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.stop()

    def show(self, story: Story, now_ms: int, counts: Counts) -> None:
        """Draw, if it is time to."""
        if abs(counts.elapsed_s - self._drawn_s) >= REFRESH_S:
            self._drawn_s = counts.elapsed_s
            size = self._console.size
            self._live.update(view(self._plan, story, now_ms, counts, size.width, size.height), refresh=True)


def open_screen(console: Console, plan: Plan) -> Screen:
    """Return the live view on a terminal, plain lines elsewhere."""
    return LiveScreen(console, plan) if console.is_terminal else PlainScreen(console, plan)


def view(plan: Plan, story: Story, now_ms: int, counts: Counts, width: int, height: int) -> RenderableType:
    """Return the live view at event time ``now_ms`` for a terminal of that size."""
    deployments, arms = story.deployments() or [plan.old], story.arms()
    spare = max(4, height - FIXED_LINES - len(deployments) - max(1, len(arms)))
    moments = min(spare - spare // 3, 12)
    return Group(
        _head(plan, now_ms, counts, width),
        _totals(story, counts),
        Rule(style="dim"),
        _drift(plan, story, deployments, width),
        Rule(style="dim"),
        _scores(story, arms),
        Rule(style="dim"),
        _users(story.adaptation(plan.new)),
        Rule(style="dim"),
        _moments(story.moments[-moments:]),
        *([] if spare < 6 else [_latest(list(story.latest)[-(spare - moments) :])]),  # noqa: PLR2004 - room for both
    )


def _head(plan: Plan, now_ms: int, counts: Counts, width: int) -> RenderableType:
    done = min(1.0, (now_ms - plan.start_ms) / (plan.end_ms - plan.start_ms))
    speed = (now_ms - plan.start_ms) / 1000 / counts.elapsed_s if counts.elapsed_s else 0.0
    note = counts.waiting or f"{speed:,.0f}x real time"
    table = Table.grid(expand=True, padding=(0, 1))
    for ratio in (0, 0, 1, 0):
        table.add_column(ratio=ratio or None, no_wrap=True)
    bar = ProgressBar(total=1.0, completed=done, width=max(10, width - 68))
    table.add_row(
        f"[bold]Eddyline[/] {plan.app}/{plan.environment}", f"[bold]{clock(now_ms)}[/]", bar, f"[dim]{note}[/]"
    )
    return table


def _totals(story: Story, counts: Counts) -> Text:
    facts = {
        "prompts": counts.prompts,
        "scored": len(story.scored),
        "joined": counts.joined,
        "windows": len(story.windows),
        "dead letters": story.dead.total(),
    }
    text = Text("  ".join(f"{count:,} {name}" for name, count in facts.items()), no_wrap=True)
    rate = counts.sent / counts.elapsed_s if counts.elapsed_s else 0.0
    return text.append(f"  {rate:,.0f}/s", "dim")


def _drift(plan: Plan, story: Story, deployments: Sequence[str], width: int) -> Table:
    table = _table("distance of prompts", ("users", "found", "expected", "ratio"))
    table.add_column(f"daily, {BARS[0]} 1 {BARS[-1]} 2", no_wrap=True, header_style="dim")
    trends = {name: story.trends(name) for name in deployments}
    first = plan.start_ms
    last = max((start for start, _ in story.windows), default=first)
    shown = max(10, min(plan.days, width - 63))
    starts = list(range(first, last + 1, DAY_MS))[-shown:]
    for at, name in enumerate(deployments):
        line = sparkline([trends[name].get(start) for start in starts])
        colour = COLOURS[at % len(COLOURS)]
        table.add_row(Text(name, colour), *_numbers(story.trend(name)), Text(line, colour))
    return table


def _numbers(shift: Shift | None) -> list[str]:
    if shift is None:
        return ["", "learning", "", ""]
    return [f"{shift.users}", f"{shift.value:.3f}", f"{shift.null:.3f}", f"{shift.ratio:.2f}"]


def _scores(story: Story, arms: Sequence[Arm]) -> Table:
    scorers = story.scorers()
    table = _table("mean scores", ("responses", *scorers))
    for deployment, candidate in arms:
        arm = (deployment, candidate)
        name = Text(candidate or str(deployment)).append(f"  in shadow of {deployment}" if candidate else "", "dim")
        found = [story.mean(arm, scorer) for scorer in scorers]
        count = max(mean[0] for mean in found if mean)
        table.add_row(name, f"{count:,}", *(f"{mean[1]:.3f}" if mean else "" for mean in found))
    return table


def _users(found: Adaptation | None) -> Text:
    text = Text("users  ", "bold", no_wrap=True, overflow="ellipsis")
    if found is None:
        return text.append("not yet", "dim")
    text.append(found.verdict, "green").append(f"  {found.sentence}", "not bold")
    return text.append("\n").append(_terms(found.terms), "dim not bold") if found.terms else text


def _terms(found: Terms) -> str:
    terms = {name: getattr(found, name) for name in ("adaptation", "selection", "exogenous", "mix")}
    told = [f"{name} {100 * term.value:+.1f}" for name, term in terms.items() if term]
    return ", ".join(told) + f" points of prompts that {PHRASES[found.feature]}" if told else ""


def _table(title: str, numbers: Sequence[str]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, show_edge=False)
    table.add_column(title, no_wrap=True, header_style="bold", min_width=19)
    for name in numbers:
        table.add_column(name, justify="right", no_wrap=True, header_style="dim", min_width=8)
    return table


def _moments(moments: Sequence[Moment]) -> Text:
    text = Text(no_wrap=True, overflow="ellipsis")
    for moment in moments:
        text.append(f"{clock(moment.time_ms)}  ", "dim")
        text.append(f"{moment.origin}  ", "yellow" if moment.origin == "sent" else "green")
        text.append(f"{moment.text}\n")
    return text


def _latest(scores: Sequence[Score]) -> Text:
    text = Text(no_wrap=True, overflow="ellipsis", style="dim")
    for score in scores:
        text.append(f"{score.ts[11:19]}  {score.request_id}  {score.deployment}  relevance {score.value:+.3f}\n")
    return text


def sparkline(shifts: Sequence[Shift | None]) -> str:
    """Return a bar per shift, from what is expected without a change to twice that; a space where there is none.

    >>> sparkline([None, Shift(0.1, 0.1, None, 9), Shift(0.16, 0.1, None, 9), Shift(0.5, 0.1, None, 9)])
    ' ▁▅█'
    """
    return "".join(" " if shift is None else _bar(shift.ratio - 1.0) for shift in shifts)


def _bar(share: float) -> str:
    return BARS[round(min(1.0, max(0.0, share)) * (len(BARS) - 1))]


def clock(time_ms: int) -> str:
    """Return a time for people.

    >>> clock(1_791_158_400_000)
    'Mon 05 Oct 00:00'
    """
    return datetime.fromtimestamp(time_ms / 1000, UTC).strftime("%a %d %b %H:%M")
