"""Stage 3, judge: partials -> whole windows -> drift events.

One :class:`Judge` owns one partition of partials, hence whole apps. A window is complete when every fold partition's
mark has passed its end; then its partials are merged, compared with the app's reference, emitted and kept. No clock, no
I/O: the records of its partition, in order, decide everything.

The state is a hash of fields (see :mod:`eddyline.changes`); ``|`` stands for the unit separator:

=============================  ==========================================================
``version``                    of this layout
``progress``                   marks, and how far windows are judged
``m:<start>|<fold>|<app>|<deployment>|<space>``  a cell of a window that is not complete yet
``a:<app>``                    announcements and first appearances of deployments
``e:<app>|<id>``               an imported reference
``h:<app>|<deployment>|<space>``  the reference that a deployment got from history
``u:<app>|<space>|<hour>``     an hour of the app's history
``o:<app>|<deployment>|<space>|<hour>``  an hour that is still filling
``w:<app>|<deployment>|<space>|<start>``  a closed window that is still in a rolling span
=============================  ==========================================================
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from typing import Literal, NamedTuple

import msgspec

from eddyline import cells, keys, partials, references, rolling
from eddyline.cells import Cell
from eddyline.changes import Changes, Journal, Result
from eddyline.comparison import Comparison, compare, mean_scores
from eddyline.errors import EddylineError
from eddyline.history import History, Hour
from eddyline.outputs.cloudevent import Output
from eddyline.outputs.drift import Drift, drift_output, window
from eddyline.partials import Announced, Closed, PanelPartial, ReferenceImported, WindowPartial
from eddyline.references import Reference
from eddyline.rolling import Rolling
from eddyline.settings import Settings
from eddyline.timeline import Timeline
from eddyline.windows import DAY_MS, HOUR_MS, window_start

VERSION = b"1"
SEPARATOR = "\x1f"
DeploymentSource = Literal["attribute", "announced", "mixed", "none"]
_Cells = dict[tuple[int, str, str], WindowPartial]
"""The cells of one app and window, by (fold partition, deployment, space id)."""


class JudgePolicy(NamedTuple):
    """The configuration of judge."""

    topic: str
    window_ms: int
    min_window: int
    min_reference: int
    keep_windows_seconds: int
    keep_hours_seconds: int
    keep_panel_seconds: int

    @classmethod
    def of(cls, settings: Settings) -> "JudgePolicy":
        """Return the part of the settings that judge reads."""
        return cls(
            settings.topics.drift,
            settings.windows.size_seconds * 1000,
            settings.judge.min_window,
            settings.judge.min_reference,
            settings.judge.keep_windows_hours * 3600,
            settings.judge.keep_hours_days * 86_400,
            settings.panel.keep_days * 86_400,
        )


class _Mark(msgspec.Struct, array_like=True):
    until_ms: int
    gap_ms: int


class _Progress(msgspec.Struct, array_like=True):
    judged_ms: int
    of: int
    marks: dict[int, _Mark]


class _Story(msgspec.Struct, array_like=True):
    """What an app's deployments did, as it is stored."""

    announcements: list[Announced]
    first_seen: dict[str, int]


class _App:
    """What is remembered of one app."""

    def __init__(self) -> None:
        self.timeline = Timeline()
        self.first_seen: dict[str, int] = {}
        self.imported: dict[str, tuple[int, Reference]] = {}
        self.frozen: dict[tuple[str, str], Reference] = {}
        self.histories: dict[str, History] = {}
        self.hours: dict[tuple[str, str], tuple[int, Cell]] = {}
        self.rolling: dict[tuple[str, str], Rolling] = {}

    def history(self, space_id: str) -> History:
        return self.histories.setdefault(space_id, History(space_id))

    def roll(self, deployment: str, space_id: str) -> Rolling:
        return self.rolling.setdefault((deployment, space_id), Rolling(space_id))


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

    def __init__(self, policy: JudgePolicy, partition: int) -> None:
        self._policy, self._partition = policy, partition
        self._progress = _Progress(0, 0, {})
        self._waiting: dict[int, dict[str, _Cells]] = {}
        self._apps: dict[str, _App] = defaultdict(_App)
        self._journal = Journal()
        self._journal.touch("version", lambda: VERSION)
        self.counts: Counter[str] = Counter()
        """What became of partials: ``merged``, ``repeated``; and ``windows`` judged."""

    @classmethod
    def restore(cls, policy: JudgePolicy, partition: int, fields: Mapping[str, bytes]) -> "Judge":
        """Return the state that ``fields`` hold.

        Raises:
            EddylineError: a newer Eddyline wrote it.
        """
        if fields.get("version", VERSION) != VERSION:
            message = f"the state of judge partition {partition} has version {fields['version']!r}: upgrade this worker"
            raise EddylineError(message)
        judge = cls(policy, partition)
        judge._journal.take()
        for name in sorted(fields):
            judge._restore_field(name, fields[name])
        return judge

    def _restore_field(self, name: str, value: bytes) -> None:
        kind, _, rest = name.partition(":")
        parts = rest.split(SEPARATOR)
        match kind:
            case "progress":
                self._progress = msgspec.msgpack.decode(value, type=_Progress)
            case "m":
                self._wait(msgspec.msgpack.decode(value, type=WindowPartial))
            case "a":
                story = msgspec.msgpack.decode(value, type=_Story)
                self._apps[rest].timeline = Timeline(story.announcements)
                self._apps[rest].first_seen = story.first_seen
            case "e":
                imported = msgspec.msgpack.decode(value, type=ReferenceImported)
                self._apps[parts[0]].imported[parts[1]] = (imported.effective_ms, references.from_import(imported))
            case "h":
                self._apps[parts[0]].frozen[parts[1], parts[2]] = references.unpack(value)
            case "u":
                self._apps[parts[0]].history(parts[1]).hours[int(parts[2])] = Hour.unpack(value)
            case "o":
                self._apps[parts[0]].hours[parts[1], parts[2]] = (int(parts[3]), cells.unpack(value))
            case "w":
                self._apps[parts[0]].roll(parts[1], parts[2]).restore(int(parts[3]), value)

    def apply(self, value: bytes) -> list[Output]:
        """Add one record of the partials topic; return what it lets out."""
        match partials.unpack(value):
            case WindowPartial() as partial:
                self._merge(partial)
            case Closed() as closed:
                return self._mark(closed)
            case PanelPartial() as panel:
                self._keep_panel(panel)
            case Announced() as announced:
                self._apps[announced.app].timeline.add(announced)
                self._touch_story(announced.app)
            case ReferenceImported() as imported:
                self._import(imported)
        return []

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

    def _keep_panel(self, partial: PanelPartial) -> None:
        key, field = keys.panel(partial.app, partial.day), f"{partial.fold}:{partial.part}"
        value = msgspec.msgpack.encode(partial)
        self._journal.keep(Result(key, field, value, self._policy.keep_panel_seconds))

    def _import(self, imported: ReferenceImported) -> None:
        reference = references.from_import(imported)
        self._apps[imported.app].imported[imported.id] = (imported.effective_ms, reference)
        self._journal.touch(_field("e", imported.app, imported.id), lambda: msgspec.msgpack.encode(imported))

    def _mark(self, closed: Closed) -> list[Output]:
        known = self._progress.marks.get(closed.fold, _Mark(0, 0))
        until = max(known.until_ms, closed.until_ms)
        self._progress.marks[closed.fold] = _Mark(until, closed.gap_ms)
        self._progress.of = closed.of
        self._journal.touch("progress", lambda: msgspec.msgpack.encode(self._progress))
        if len(self._progress.marks) < closed.of:
            return []
        return self._judge_until(min(mark.until_ms for mark in self._progress.marks.values()))

    def _judge_until(self, until_ms: int) -> list[Output]:
        outputs = []
        for start in sorted(start for start in self._waiting if start < until_ms):
            for app, found in sorted(self._waiting.pop(start).items()):
                outputs += self._judge(app, start, found)
                for partial in found.values():
                    self._journal.drop(_waiting_field(partial))
        self._progress.judged_ms = max(until_ms, self._progress.judged_ms)
        return outputs

    def _judge(self, name: str, start: int, found: _Cells) -> list[Output]:
        """Judge one complete window of an app: compare first, then let it become history."""
        app = self._apps[name]
        wholes = list(self._wholes(app, start, found))
        outputs = [self._event(name, app, start, whole) for whole in wholes]
        for whole in wholes:
            self._remember(name, app, start, whole)
        self._roll(name, app, start + self._policy.window_ms)
        self.counts["windows"] += 1
        return outputs

    # One deployment's window

    def _wholes(self, app: _App, start: int, found: _Cells) -> Iterator[_Whole]:
        """Merge the partials of a window by deployment; of several embedding spaces keep the one with most prompts."""
        merged: dict[tuple[str, DeploymentSource], dict[str, Cell]] = defaultdict(lambda: defaultdict(Cell))
        for (_, deployment, space_id), partial in sorted(found.items(), key=lambda item: item[0]):
            merged[self._resolve(app, start, deployment)][space_id].merge(cells.unpack(partial.cell))
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

    def _resolve(self, app: _App, start: int, deployment: str) -> tuple[str, DeploymentSource]:
        """Return the deployment of a cell, and how it is known."""
        if deployment:
            return deployment, "attribute"
        if app.timeline.changes_within(start, start + self._policy.window_ms):
            return "", "mixed"
        in_force = app.timeline.in_force(start)
        return (in_force, "announced") if in_force else ("", "none")

    def _event(self, name: str, app: _App, start: int, whole: _Whole) -> Output:
        end = start + self._policy.window_ms
        comparison = self._compare(name, app, start, whole)
        drift = Drift(
            app=name,
            deployment=whole.deployment or None,
            deployment_source=whole.source,
            window=window(start, end),
            n=whole.cell.volume.n,
            gated_n=whole.cell.gated.n,
            late=whole.cell.late,
            truncated=whole.cell.truncated,
            tools=whole.cell.tools,
            completeness=round(self._completeness(start) * whole.share, 4),
            space_id=whole.space_id,
            reference=comparison.reference,
            metrics=comparison.metrics,
            scores=mean_scores(whole.cell),
            state=comparison.state,
            reason=comparison.reason,
            flags=comparison.flags + (["mixed_spaces"] if whole.share < 1 else []),
        )
        return drift_output(self._policy.topic, drift, start, end)

    def _completeness(self, start: int) -> float:
        marks = self._progress.marks.values()
        return sum(start >= mark.gap_ms for mark in marks) / len(marks)

    def _compare(self, name: str, app: _App, start: int, whole: _Whole) -> Comparison:
        if whole.source == "mixed":
            return Comparison.none("insufficient_data", "a deployment took effect inside this window")
        if whole.deployment not in app.first_seen:
            app.first_seen[whole.deployment] = start
            self._touch_story(name)
        reference = self._reference(name, app, start, whole)
        return compare(reference, whole.cell, whole.space_id, self._policy.min_window)

    # References

    def _reference(self, name: str, app: _App, start: int, whole: _Whole) -> Reference | None:
        """Return the eval set in effect, else the history that this deployment is held against."""
        in_effect = [(effective, id_) for id_, (effective, _) in app.imported.items() if effective <= start]
        if in_effect:
            return app.imported[max(in_effect)[1]][1]
        key = (whole.deployment, whole.space_id)
        if key not in app.frozen:
            reference = self._from_history(app, start, whole)
            if reference is None:
                return None
            app.frozen[key] = reference
            self._journal.touch(_field("h", name, *key), lambda: references.pack(reference))
        return app.frozen[key]

    def _from_history(self, app: _App, start: int, whole: _Whole) -> Reference | None:
        """Return the day before the deployment; where there is none, its own first day once that is over."""
        history = app.history(whole.space_id)
        first = app.first_seen[whole.deployment]
        if start == first and (before := history.before(first)).sums.n >= self._policy.min_reference:
            return before
        if start >= first + DAY_MS and (own := history.after(first)).sums.n >= self._policy.min_reference:
            return own
        return None

    # Results and memory

    def _remember(self, name: str, app: _App, start: int, whole: _Whole) -> None:
        deployment, space_id, cell = whole.deployment, whole.space_id, whole.cell
        self._keep_cell(name, deployment, self._policy.window_ms, start, cell)
        history = app.history(space_id)
        hour = history.add(start, cell)
        self._journal.touch(_field("u", name, space_id, str(hour)), history.hours[hour].pack)
        for gone in history.expire(start):
            self._journal.drop(_field("u", name, space_id, str(gone)))
        self._fill_hour(name, app, start, whole)
        app.roll(deployment, space_id).add(start, cell.volume, cell.gated)
        self._journal.touch(_field("w", name, deployment, space_id, str(start)), lambda: rolling.pack_part(cell))

    def _fill_hour(self, name: str, app: _App, start: int, whole: _Whole) -> None:
        key, hour = (whole.deployment, whole.space_id), window_start(start, HOUR_MS)
        filling, cell = app.hours.get(key, (hour, Cell()))
        if filling != hour:
            self._finish_hour(name, key, filling)
            cell = Cell()
        cell.merge(whole.cell)
        app.hours[key] = (hour, cell)
        self._journal.touch(_field("o", name, *key, str(hour)), lambda: cells.pack(cell))
        self._keep_cell(name, whole.deployment, HOUR_MS, hour, cell)

    def _finish_hour(self, name: str, key: tuple[str, str], hour: int) -> None:
        self._journal.drop(_field("o", name, *key, str(hour)))

    def _keep_cell(self, name: str, deployment: str, size_ms: int, start: int, cell: Cell) -> None:
        hourly = size_ms == HOUR_MS
        ttl = self._policy.keep_hours_seconds if hourly else self._policy.keep_windows_seconds
        key = keys.window(name, deployment, size_ms // 1000, start)
        self._journal.keep(Result(key, "cell", cells.pack(cell), ttl))

    def _roll(self, name: str, app: _App, as_of: int) -> None:
        """Write the rolling sums of every deployment of the app that had a window within a day."""
        for (deployment, space_id), rolled in list(app.rolling.items()):
            for gone in rolled.expire(as_of):
                self._journal.drop(_field("w", name, deployment, space_id, str(gone)))
            for span in rolling.SPANS:
                value = rolled.rolled(span, as_of)
                key = keys.rolling(name, deployment, span)
                self._journal.keep(Result(key, space_id, value, self._policy.keep_windows_seconds))
            if not rolled:
                del app.rolling[deployment, space_id]

    def _touch_story(self, name: str) -> None:
        app = self._apps[name]
        self._journal.touch(
            f"a:{name}", lambda: msgspec.msgpack.encode(_Story(app.timeline.announcements, app.first_seen))
        )

    def summary(self) -> dict[str, object]:
        """Return what a person wants to know of this state."""
        return {
            "judged_until_ms": self._progress.judged_ms,
            "slowest_mark_ms": min((mark.until_ms for mark in self._progress.marks.values()), default=0),
            "marks": len(self._progress.marks),
            "folds": self._progress.of,
            "waiting_windows": len(self._waiting),
            "apps": {name: sorted(app.first_seen) for name, app in sorted(self._apps.items())},
        }


def _field(kind: str, *parts: str) -> str:
    return f"{kind}:{SEPARATOR.join(parts)}"


def _waiting_field(partial: WindowPartial) -> str:
    return _field("m", str(partial.start_ms), str(partial.fold), partial.app, partial.deployment, partial.space_id)


def _part(partial: WindowPartial) -> tuple[int, str, str]:
    return partial.fold, partial.deployment, partial.space_id
