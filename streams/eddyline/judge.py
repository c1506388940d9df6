"""Stage 3, judge: partials -> whole windows -> drift events.

One :class:`Judge` owns one partition of partials, hence whole apps. A window is complete when every fold partition's
mark has passed its end; then its partials are merged, compared with the app's reference, emitted and kept. No clock, no
I/O: the records of its partition, in order, decide everything.

The state is a hash of fields (see :mod:`eddyline.changes`); ``|`` stands for the unit separator:

===============================================  ==========================================================
``version``                                      of this layout
``progress``                                     marks, and how far windows are judged
``m:<start>|<fold>|<app>|<deployment>|<space>``  a cell of a window that is not complete yet
``b:`` ``t:`` ``k:`` ``d:``                      days of apps, see :mod:`eddyline.pastdays`
``n:`` ``p:``                                    panels of apps, see :mod:`eddyline.pastpanels`
``v:`` ``y:`` ``q:``                             watches over apps, see :mod:`eddyline.watches`
``x:`` ``z:``                                    how users adapt, see :mod:`eddyline.adaptations`
all others                                       what is remembered of apps, see :mod:`eddyline.apps`
===============================================  ==========================================================
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo

import msgspec

from eddyline import cells, gaps, partials, versions
from eddyline.adaptation.placebo import PlaceboDay
from eddyline.adaptations import AdaptationPolicy, Adaptations
from eddyline.apps import App, AppPolicy
from eddyline.cells import Cell
from eddyline.changes import SEPARATOR, Changes, Journal
from eddyline.comparison import Comparison, compare, mean_scores
from eddyline.detectors.whitening import Space
from eddyline.history import Hour
from eddyline.outputs.alert import state_gap
from eddyline.outputs.cloudevent import Output
from eddyline.outputs.drift import Drift, drift_output, window
from eddyline.partials import Announced, Closed, DayPartial, PanelPartial, ReferenceImported, WindowPartial
from eddyline.pastdays import PastDays
from eddyline.pastpanels import PanelPolicy, PastPanels
from eddyline.references import Reference
from eddyline.rollouts import Rollout, rollouts
from eddyline.settings import Settings
from eddyline.watches import Memory, Observed, Watches, WatchPolicy
from eddyline.windows import DAY_MS, HOUR_MS, window_start

VERSION = b"1"
DeploymentSource = Literal["attribute", "announced", "mixed", "none"]
_Part = tuple[int, str, str]
"""(fold partition, deployment, space id) of a cell of one app and window."""
_Cells = dict[_Part, WindowPartial]


class JudgePolicy(NamedTuple):
    """The configuration of judge."""

    topic: str
    partials: str
    """The partials topic."""
    alerts: str
    """The alerts topic."""
    apps: AppPolicy
    min_window: int
    panel: PanelPolicy
    keep_day_seconds: int
    watch: WatchPolicy
    adaptation: AdaptationPolicy

    @classmethod
    def of(cls, settings: Settings, space: Space) -> "JudgePolicy":
        """Return the part of the settings that judge reads; apps are watched in the embedding space ``space``."""
        apps = AppPolicy(
            settings.windows.size_seconds * 1000,
            settings.judge.min_reference,
            settings.judge.keep_windows_hours * 3600,
            settings.judge.keep_hours_days * 86_400,
            settings.judge.max_deployments,
            settings.judge.keep_deployments_days * DAY_MS,
            settings.judge.inferred_after_prompts,
        )
        topics = settings.topics
        return cls(
            topics.drift,
            topics.partials,
            topics.alerts,
            apps,
            settings.judge.min_window,
            PanelPolicy(settings.panel.users, settings.panel.keep_days, ZoneInfo(settings.windows.timezone)),
            settings.judge.keep_days * 86_400,
            WatchPolicy.of(settings, space),
            AdaptationPolicy(topics.adaptation, topics.alerts, ZoneInfo(settings.windows.timezone)),
        )


class _Mark(msgspec.Struct, array_like=True):
    until_ms: int
    gap_ms: int
    """What fold said that it misses."""
    lost_ms: int = gaps.NONE
    """Windows that start earlier may miss partials of it, which were gone before judge read them."""

    def covers(self, start_ms: int) -> bool:
        return start_ms < self.lost_ms or gaps.covers(self.gap_ms, start_ms)


class _Progress(msgspec.Struct, array_like=True):
    judged_ms: int
    of: int
    marks: dict[int, _Mark]
    lost: bool = False
    """Records are gone, and not every fold partition has been heard since."""


class _Whole(NamedTuple):
    """A deployment's merged cell of a complete window."""

    deployment: str
    source: DeploymentSource
    space_id: str
    cell: Cell
    share: float
    """Share of its prompts that are in ``space_id``."""


class Judge:
    """The state of one partition of partials."""

    def __init__(self, policy: JudgePolicy, partition: int, *, gap: bool = False) -> None:
        """Start empty; ``gap``: records before the first one are gone."""
        self._policy, self._partition = policy, partition
        self._progress = _Progress(0, 0, {}, gap)
        self._waiting: dict[int, dict[str, _Cells]] = {}
        self._apps: dict[str, App] = {}
        self._journal = Journal()
        self.past = PastDays(policy.watch.zone, policy.keep_day_seconds, self._journal)
        """The whole days of its apps."""
        self.panels = PastPanels(policy.panel, self._journal)
        """Their panels."""
        self._watches = Watches(policy.watch, Memory(self.past, self._eval_set, self._hours), self._journal)
        self._adaptations = Adaptations(policy.adaptation, self.panels, self.rollouts, self._journal)
        self._journal.touch("version", lambda: VERSION)
        self._touch_progress()
        self.counts: Counter[str] = Counter()
        """What became of partials: ``merged``, ``repeated``; and ``windows`` judged."""

    @classmethod
    def restore(cls, policy: JudgePolicy, partition: int, fields: Mapping[str, bytes], *, gap: bool = False) -> "Judge":
        """Return the state that ``fields`` hold; ``gap``: the records that come after it are gone.

        Raises:
            RefusedToStart: another version of Eddyline wrote it.
        """
        versions.check_state(fields.get("version"), VERSION, f"the state of judge partition {partition}")
        judge = cls(policy, partition)
        judge._journal.take()
        if "progress" in fields:
            judge._progress = msgspec.msgpack.decode(fields["progress"], type=_Progress)
        if judge._progress.judged_ms:
            judge.past.close(judge._progress.judged_ms)
            judge.panels.resume(judge._progress.judged_ms)
        for name in sorted(fields):
            judge._restore_field(name, fields[name])
        for app in judge._apps.values():
            app.drop_leftovers()
        if gap:
            judge._progress.marks, judge._progress.lost = {}, True
            judge._touch_progress()
        return judge

    def _restore_field(self, name: str, value: bytes) -> None:
        kind, _, rest = name.partition(":")
        match kind:
            case "version" | "progress":
                pass
            case "m":
                self._restore_waiting(name, msgspec.msgpack.decode(value, type=WindowPartial))
            case "b" | "t" | "k" | "d":
                self.past.restore(kind, rest.split(SEPARATOR), value)
            case "n" | "p":
                self.panels.restore(kind, rest.split(SEPARATOR), value)
            case "x" | "z":
                self._adaptations.restore(kind, rest.split(SEPARATOR), value, self._progress.judged_ms)
            case "v" | "y" | "q":
                self._watches.restore(kind, rest, value)
            case _:
                app, *parts = rest.split(SEPARATOR)
                self._app(app).restore(kind, parts, value)

    def _restore_waiting(self, name: str, partial: WindowPartial) -> None:
        """Take back a cell that waits, unless its window is judged: then a crash came before its deletion."""
        if partial.start_ms < self._progress.judged_ms:
            self._journal.drop(name)
        else:
            self._wait(partial)

    def apply(self, value: bytes) -> list[Output]:
        """Add one record of the partials topic; return what it lets out."""
        match partials.unpack(value):
            case WindowPartial() as partial:
                self._merge(partial)
            case Closed() as closed:
                return self._mark(closed)
            case PanelPartial() as panel:
                self.panels.add(panel)
            case DayPartial() as day:
                self.past.add_groups(day)
            case Announced() as announced:
                self._app(announced.app).announce(announced)
            case ReferenceImported() as imported:
                self._app(imported.app).import_reference(imported)
        return []

    def _app(self, name: str) -> App:
        if name not in self._apps:
            self._apps[name] = App(name, self._policy.apps, self._journal)
        return self._apps[name]

    def _eval_set(self, name: str, time_ms: int) -> Reference | None:
        return self._apps[name].eval_set(time_ms) if name in self._apps else None

    def _hours(self, name: str, time_ms: int) -> Mapping[int, Hour]:
        return self._app(name).day_before(self._policy.watch.space.id, time_ms)

    def placebos(self, name: str) -> Sequence[PlaceboDay]:
        """Return the estimates at an app's days without a deployment."""
        return self._adaptations.placebos(name)

    def rollouts(self, name: str, time_ms: int) -> list[Rollout]:
        """Return what was rolled out to an app's users until a time, by time."""
        if name not in self._apps:
            return []
        timeline = self._apps[name].timeline
        return rollouts(timeline.announcements, timeline.inferred, time_ms)

    def take_changes(self) -> Changes:
        """Return what to write since the last call."""
        return self._journal.take()

    def _merge(self, partial: WindowPartial) -> None:
        """Take in a partial, once: fold repeats itself after a crash."""
        if partial.start_ms < self._progress.judged_ms or self._has(partial):
            self.counts["repeated"] += 1
            return
        self.counts["merged"] += 1
        self._wait(partial)
        self._journal.touch(_waiting_field(partial), lambda: msgspec.msgpack.encode(partial))

    def _has(self, partial: WindowPartial) -> bool:
        return _part(partial) in self._waiting.get(partial.start_ms, {}).get(partial.app, {})

    def _wait(self, partial: WindowPartial) -> None:
        apps = self._waiting.setdefault(partial.start_ms, {})
        apps.setdefault(partial.app, {})[_part(partial)] = partial

    def _mark(self, closed: Closed) -> list[Output]:
        progress = self._progress
        known = progress.marks.get(closed.fold) or _Mark(0, 0, closed.until_ms if progress.lost else gaps.NONE)
        until = max(known.until_ms, closed.until_ms)
        progress.marks[closed.fold] = _Mark(until, closed.gap_ms, known.lost_ms)
        progress.of = closed.of
        self._touch_progress()
        if len(progress.marks) < closed.of:
            return []
        outputs = [self._alert(over=False)] if progress.lost else []
        progress.lost = False
        return outputs + self._judge_until(min(mark.until_ms for mark in progress.marks.values()))

    def _touch_progress(self) -> None:
        self._journal.touch("progress", lambda: msgspec.msgpack.encode(self._progress))

    def _lost_ms(self) -> int:
        return max(mark.lost_ms for mark in self._progress.marks.values())

    def _alert(self, *, over: bool) -> Output:
        place = (self._policy.partials, self._partition)
        return state_gap(self._policy.alerts, "judge", place, self._lost_ms(), over=over)

    def _judge_until(self, until_ms: int) -> list[Output]:
        outputs = []
        for start in sorted(start for start in self._waiting if start < until_ms):
            outputs += self._begin_days(start)
            for app, found in sorted(self._waiting.pop(start).items()):
                outputs += self._judge(app, start, found)
                for partial in found.values():
                    self._journal.drop(_waiting_field(partial))
        outputs += self._begin_days(until_ms)
        if window_start(until_ms, HOUR_MS) > self._progress.judged_ms:
            self._expire(until_ms)
        before, self._progress.judged_ms = self._progress.judged_ms, max(until_ms, self._progress.judged_ms)
        if before < self._lost_ms() <= until_ms:
            outputs.append(self._alert(over=True))
        return outputs

    def _begin_days(self, until_ms: int) -> list[Output]:
        """Complete the local days that end by ``until_ms``, one after the other as long as anybody watches."""
        outputs: list[Output] = []
        while self.past.until_ms and self._apps_with_days() and (midnight := self.past.until_ms) <= until_ms:
            self._complete_days(midnight)
            outputs += self._watches.start_day(midnight)
            outputs += self._adaptations.start_day(midnight)
        self._complete_days(until_ms)
        return outputs

    def _apps_with_days(self) -> bool:
        return bool(self._watches or self.panels or self._adaptations)

    def _complete_days(self, as_of_ms: int) -> None:
        if as_of_ms >= self.past.until_ms:
            self.panels.close(as_of_ms, lambda start_ms: self._completeness(start_ms) < 1)
            self.past.close(as_of_ms)

    def _expire(self, until_ms: int) -> None:
        """Let every app forget what it would forget at its next window: it may never have one."""
        for name, app in list(self._apps.items()):
            app.expire(until_ms)
            if app.drop_if_empty():
                del self._apps[name]

    def _judge(self, name: str, start: int, found: _Cells) -> list[Output]:
        """Judge one complete window of an app: compare first, then let it become history."""
        app = self._app(name)
        app.expire(start)
        unpacked = {part: cells.unpack(found[part].cell) for part in sorted(found)}
        wholes = list(self._wholes(app, start, unpacked))
        observed = self._watch(name, start, unpacked)
        outputs = [] if observed is None else observed.alerts
        outputs += [self._event(name, app, start, whole, observed) for whole in wholes]
        for whole in wholes:
            app.remember(whole.deployment, whole.space_id, start, whole.cell)
            if whole.deployment:
                self._adaptations.note(name, whole.deployment, start, whole.cell.sample)
        app.roll(start + self._policy.apps.window_ms)
        self.counts["windows"] += 1
        return outputs

    def _watch(self, name: str, start: int, found: Mapping[_Part, Cell]) -> Observed | None:
        """Let a window become part of its day, and hold it against the days before."""
        lost = self._completeness(self.past.since_ms) < 1
        for (_, _, space_id), cell in found.items():
            self.past.add_window(name, space_id, start, cell, lost=lost)
        watched = [cell.gated for (_, _, space_id), cell in found.items() if space_id == self._policy.watch.space.id]
        return self._watches.observe(name, start, watched) if watched else None

    # One deployment's window

    def _wholes(self, app: App, start: int, found: Mapping[_Part, Cell]) -> Iterator[_Whole]:
        """Merge the partials of a window by deployment; of several embedding spaces keep the one with most prompts."""
        merged: dict[tuple[str, DeploymentSource], dict[str, Cell]] = defaultdict(lambda: defaultdict(Cell))
        room = app.admit(_named(found), start)
        for (_, deployment, space_id), part in found.items():
            merged[self._resolve(app, start, deployment, room=room)][space_id].merge(part)
        named = {deployment for deployment, source in merged if source == "attribute"}
        for (deployment, source), spaces in sorted(merged.items()):
            if source == "announced" and deployment in named:
                continue
            for space_id, cell in merged.get((deployment, "announced"), {}).items():
                if source == "attribute":
                    spaces[space_id].merge(cell)
            space_id, cell = max(spaces.items(), key=lambda item: (item[1].volume.n, item[0]))
            total = sum(other.volume.n for other in spaces.values())
            yield _Whole(deployment, source, space_id, cell, cell.volume.n / total if total else 1.0)

    def _resolve(self, app: App, start: int, deployment: str, *, room: bool) -> tuple[str, DeploymentSource]:
        """Return the deployment of a cell, and how it is known; ``room`` says that all named ones are told apart."""
        if deployment:
            return (deployment, "attribute") if deployment in app.first_seen else ("", "mixed")
        if self._doubt(app, start):
            return "", "mixed"
        if in_force := app.timeline.in_force(start):
            return in_force, "announced"
        return "", "none" if room else "mixed"

    def _event(self, name: str, app: App, start: int, whole: _Whole, observed: Observed | None) -> Output:
        seen = observed if whole.space_id == self._policy.watch.space.id else None
        end = start + self._policy.apps.window_ms
        comparison = self._compare(app, start, whole)
        drift = Drift(
            app=name,
            deployment=whole.deployment or None,
            deployment_source=whole.source,
            window=window(start, end),
            n=whole.cell.volume.n,
            gated_n=whole.cell.gated.n,
            unnamed=whole.cell.unnamed,
            late=whole.cell.late,
            truncated=whole.cell.truncated,
            tools=whole.cell.tools,
            completeness=round(self._completeness(start) * whole.share, 4),
            space_id=whole.space_id,
            reference=comparison.reference,
            metrics=comparison.metrics,
            styles=comparison.styles,
            watch=seen and seen.watch,
            eval_set=seen and seen.eval_set,
            scores=mean_scores(whole.cell),
            state=comparison.state,
            reason=comparison.reason,
            flags=comparison.flags + _flags(whole),
        )
        return drift_output(self._policy.topic, drift, start, end)

    def _completeness(self, start: int) -> float:
        marks = self._progress.marks.values()
        return sum(not mark.covers(start) for mark in marks) / len(marks)

    def _compare(self, app: App, start: int, whole: _Whole) -> Comparison:
        if whole.source == "mixed":
            return Comparison.none("insufficient_data", self._why_mixed(app, start))
        app.see(whole.deployment, start)
        reference = app.reference(whole.deployment, whole.space_id, start)
        return compare(reference, whole.cell, whole.space_id, self._policy.min_window)

    def _why_mixed(self, app: App, start: int) -> str:
        return self._doubt(app, start) or "the app has more deployments than are told apart"

    def _doubt(self, app: App, start: int) -> str | None:
        """Return why prompts of a window that name no deployment belong to none that was announced."""
        if app.timeline.changes_within(start, start + self._policy.apps.window_ms):
            return "a deployment took effect inside this window"
        return "only some of the users have the deployment" if app.timeline.for_some(start) else None

    def summary(self) -> dict[str, object]:
        """Return what a person wants to know of this state."""
        return {
            "judged_until_ms": self._progress.judged_ms,
            "slowest_mark_ms": min((mark.until_ms for mark in self._progress.marks.values()), default=0),
            "marks": len(self._progress.marks),
            "folds": self._progress.of,
            "waiting_windows": len(self._waiting),
            "apps_with_complete_days": self.past.count(),
            "apps": {name: sorted(app.first_seen) for name, app in sorted(self._apps.items())},
        }


def _named(found: Mapping[_Part, Cell]) -> Counter[str]:
    """Return how many prompts of users name each deployment."""
    named = Counter[str]()
    for (_, deployment, _), cell in found.items():
        if deployment:
            named[deployment] += cell.volume.n
    return named


def _flags(whole: _Whole) -> list[str]:
    return ["mixed_spaces"] * (whole.share < 1) + ["many_scorers"] * (len(whole.cell.scores) >= cells.MOST_SCORERS)


def _waiting_field(partial: WindowPartial) -> str:
    parts = (str(partial.start_ms), str(partial.fold), partial.app, partial.deployment, partial.space_id)
    return f"m:{SEPARATOR.join(parts)}"


def _part(partial: WindowPartial) -> _Part:
    return partial.fold, partial.deployment, partial.space_id
