"""Stage 2, fold: observations -> exact sums of closed windows.

One :class:`Fold` owns one partition of observations, hence its users. It adds each observation once to the cells of its
open event-time window; when the watermark passes the end of a window it emits the window's cells and forgets them.
It knows no reference and no model of the data. It has no clock and does no I/O: the records of its partition, in order,
decide everything it holds and emits.

The state is a hash of fields (see :mod:`eddyline.changes`):

======================  ==========================================================
``version``             of this layout
``progress``            watermark, sources, end of the last closed window
``c:<start>:<key>``     the cell of an open window
``p:<start>:<key>``     the pending prompts of a user, session and deployment
``g:<day>:<start>``     who was seen on a day, by closed window
``r:<day>:<key>``       a panel row of an open day
``s:<day>:<key>``       the sums of an app's open day, by group of users
``i:<minute>``          event ids
======================  ==========================================================
"""

from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo

import msgspec
import numpy as np

from eddyline import cells, gaps, observations, panel, partials, samples, versions
from eddyline.cells import Cell
from eddyline.changes import SEPARATOR, Changes, Journal
from eddyline.days import Day
from eddyline.dedupe import FORGOTTEN, SeenIds
from eddyline.gate import Key, Opening, Pending
from eddyline.observations import (
    DeploymentObservation,
    Observation,
    ObservationRecord,
    PromptObservation,
    ScoreObservation,
    Source,
)
from eddyline.outputs.alert import state_gap
from eddyline.outputs.cloudevent import Output
from eddyline.partials import Announced, Closed, DayPartial, PanelPartial, WindowPartial
from eddyline.settings import Settings
from eddyline.windows import Watermarks, day_end, local_day, window_start

VERSION = b"1"
CellKey = tuple[str, str, str]
"""(app, deployment, space id); the deployment is empty where the event named none."""


class _Progress(msgspec.Struct, array_like=True):
    """What is kept of the watermark."""

    closed_ms: int
    gap_ms: int
    inputs: dict[str, int]
    sources: list[Source]


class _Window:
    """An open window."""

    def __init__(self) -> None:
        self.cells: defaultdict[CellKey, Cell] = defaultdict(Cell)
        self.pending: dict[Key, Pending] = {}


class FoldPolicy(NamedTuple):
    """The configuration of fold."""

    topic: str
    partitions: int
    """Of the partials topic."""
    observations: str
    """The observations topic."""
    alerts: str
    """The alerts topic."""
    folds: int
    """How many fold partitions there are."""
    window_ms: int
    grace_ms: int
    dedupe_ms: int
    panel_users: int
    zone: ZoneInfo

    @classmethod
    def of(cls, settings: Settings) -> "FoldPolicy":
        """Return the part of the settings that fold reads."""
        topics, windows = settings.topics, settings.windows
        return cls(
            topics.partials,
            topics.partials_partitions,
            topics.observations,
            topics.alerts,
            topics.observations_partitions,
            windows.size_seconds * 1000,
            windows.grace_seconds * 1000,
            windows.dedupe_seconds * 1000,
            panel.share_of_panel(settings.panel.users, topics.observations_partitions),
            ZoneInfo(windows.timezone),
        )


class Fold:
    """The state of one partition of observations."""

    def __init__(self, policy: FoldPolicy, partition: int, *, gap: bool = False) -> None:
        """Start empty; ``gap``: records before the first one are gone."""
        self._policy, self._partition = policy, partition
        self._watermarks = Watermarks()
        self._closed_ms = 0
        self._gap_ms = gaps.UNKNOWN if gap else gaps.NONE
        self._windows: defaultdict[int, _Window] = defaultdict(_Window)
        self._days: dict[str, Day] = {}
        self._ids = SeenIds(policy.dedupe_ms)
        self._journal = Journal()
        self._journal.touch("version", lambda: VERSION)
        self._journal.touch("progress", self._pack_progress)
        self.counts: Counter[str] = Counter()
        """What became of observations: ``added``, ``duplicate``, ``late``."""

    @classmethod
    def restore(cls, policy: FoldPolicy, partition: int, fields: Mapping[str, bytes], *, gap: bool = False) -> "Fold":
        """Return the state that ``fields`` hold; ``gap``: the records that come after it are gone.

        Raises:
            RefusedToStart: another version of Eddyline wrote it.
        """
        versions.check_state(fields.get("version"), VERSION, f"the state of fold partition {partition}")
        fold = cls(policy, partition)
        fold._journal.take()
        if "progress" in fields:
            fold._restore_progress(msgspec.msgpack.decode(fields["progress"], type=_Progress))
        for name, value in fields.items():
            if fold._is_over(name):
                fold._journal.drop(name)
            else:
                fold._restore_field(name, value)
        fold._expire_ids()
        if gap:
            # Until every source has been heard anew, nobody knows how far the lost records went.
            fold._gap_ms, fold._watermarks = gaps.UNKNOWN, Watermarks()
            fold._journal.touch("progress", fold._pack_progress)
        return fold

    def _is_over(self, name: str) -> bool:
        """Whether a field is of a closed window or day: a crash came before its deletion, and it is counted already."""
        kind, _, rest = name.partition(":")
        head, _, _ = rest.partition(":")
        if kind in ("c", "p"):
            return int(head) < self._closed_ms
        return kind in ("g", "r", "s") and day_end(head, self._policy.zone) <= self._closed_ms

    def _restore_field(self, name: str, value: bytes) -> None:
        kind, _, rest = name.partition(":")
        head, _, key = rest.partition(":")
        match kind:
            case "c":
                self._windows[int(head)].cells[_cell_key(key)] = cells.unpack(value)
            case "p":
                pending_key, pending = msgspec.msgpack.decode(value, type=tuple[Key, Pending])
                self._windows[int(head)].pending[pending_key] = pending
            case "g":
                self._day(head).restore_seen(name, value)
            case "r":
                self._day(head).restore_row(name, value)
            case "s":
                self._day(head).restore_groups(name, value)
            case "i":
                self._ids.restore(int(head), value)

    def _restore_progress(self, progress: _Progress) -> None:
        self._closed_ms, self._gap_ms = progress.closed_ms, progress.gap_ms
        self._watermarks.update(progress.inputs, progress.sources)

    def apply(self, value: bytes) -> list[Output]:
        """Add one record of the observations topic; return what it lets out."""
        record = observations.unpack(value)
        outputs = self._add_all(record)
        before = self._gaps()
        self._watermarks.update(record.inputs, record.sources)
        self._journal.touch("progress", self._pack_progress)
        if self._gap_ms == gaps.UNKNOWN and (self._watermarks.current() or self._watermarks.ended()):
            self._gap_ms = max(self._watermarks.newest(), self._closed_ms + 1)
        outputs += [
            self._alert(place, over=False)
            for place, gap in self._gaps().items()
            if gap > 0 and gap != before.get(place)
        ]
        return outputs + self._close_until(self._watermarks.current() - self._policy.grace_ms)

    def take_changes(self) -> Changes:
        """Return what to write since the last call."""
        return self._journal.take()

    # Adding

    def _add_all(self, record: ObservationRecord) -> list[Output]:
        new = [observation for observation in record.observations if self._is_new(observation)]
        prompts: dict[tuple[int, CellKey], list[PromptObservation]] = defaultdict(list)
        outputs = []
        for observation in new:
            match observation:
                case PromptObservation():
                    if at := self._place(observation, record.space_id):
                        prompts[at].append(observation)
                case ScoreObservation():
                    if at := self._place(observation, record.space_id):
                        self._add_score(at, observation)
                case DeploymentObservation():
                    outputs.append(self._emit(_announced(observation)))
        for at, found in prompts.items():
            self._add_prompts(at, found, record.build_id)
        return outputs

    def _is_new(self, observation: Observation) -> bool:
        minute = self._ids.add(type(observation).__name__, observation.app, observation.id, observation.time_ms)
        if minute is None:
            self.counts["duplicate"] += 1
            return False
        if minute != FORGOTTEN:
            self._journal.touch(f"i:{minute}", lambda: self._ids.packed(minute))
        return True

    def _place(self, observation: PromptObservation | ScoreObservation, space_id: str) -> tuple[int, CellKey] | None:
        """Return window and cell of an observation; count one that is late and return None."""
        key = (observation.app, observation.deployment, space_id)
        start = window_start(observation.time_ms, self._policy.window_ms)
        if start >= self._closed_ms:
            self.counts["added"] += 1
            return start, key
        self.counts["late"] += 1
        self._cell((self._closed_ms, key)).late += 1
        return None

    def _add_prompts(self, at: tuple[int, CellKey], found: list[PromptObservation], build_id: str) -> None:
        cell = self._cell(at)
        cell.builds.add(build_id)
        cell.truncated += sum(prompt.truncated for prompt in found)
        users = [prompt for prompt in found if not prompt.tool]
        cell.tools += len(found) - len(users)
        if users:
            cell.volume.add(*_arrays(users))
        for prompt in users:
            if prompt.user:
                self._pend(at, prompt)
            else:
                cell.unnamed += 1

    def _pend(self, at: tuple[int, CellKey], prompt: PromptObservation) -> None:
        start, (app, deployment, space_id) = at
        pending = self._windows[start].pending
        key = (app, prompt.user, prompt.session, deployment, space_id)
        if key in pending:
            pending[key].add(prompt)
        else:
            pending[key] = Pending(1, prompt)
        self._journal.touch(_pending_field(start, key), lambda: msgspec.msgpack.encode((key, pending[key])))

    def _add_score(self, at: tuple[int, CellKey], observation: ScoreObservation) -> None:
        self._cell(at).add_score(observation.scorer, cells.group_of(observation.user), observation.value)

    def _cell(self, at: tuple[int, CellKey]) -> Cell:
        start, key = at
        found = self._windows[start].cells[key]
        self._journal.touch(_cell_field(start, key), lambda: cells.pack(found))
        return found

    # Closing

    def _close_until(self, watermark_ms: int) -> list[Output]:
        """Close every window that ends at or before the watermark, and every day; all of them at the end of input."""
        ended = self._watermarks.ended()
        size = self._policy.window_ms
        until = window_start(self._watermarks.newest(), size) + size if ended else window_start(watermark_ms, size)
        if until <= self._closed_ms:
            return []
        outputs = []
        for start in sorted(start for start in self._windows if start + size <= until):
            outputs += self._close(start)
        before, self._closed_ms = self._closed_ms, until
        outputs += self._close_days(until, ended=ended)
        self._expire_ids()
        outputs += [self._alert(place, over=True) for place, gap in self._gaps().items() if before < gap <= until]
        return outputs + self._mark(until)

    def _expire_ids(self) -> None:
        for minute in self._ids.expire(self._closed_ms):
            self._journal.drop(f"i:{minute}")

    def _close(self, start: int) -> list[Output]:
        """Open the gate of a window, emit its cells and forget it."""
        window = self._windows.pop(start)
        day = self._day(local_day(start, self._policy.zone))
        self._add_gated(window, day, day.close_window(start, window.pending))
        for key in window.cells:
            self._journal.drop(_cell_field(start, key))
        for pending_key in window.pending:
            self._journal.drop(_pending_field(start, pending_key))
        return [
            self._emit(WindowPartial(self._partition, app, start, deployment, space_id, cells.pack(cell)))
            for (app, deployment, space_id), cell in sorted(window.cells.items(), key=lambda item: item[0])
        ]

    def _add_gated(self, window: _Window, day: Day, opening: Opening) -> None:
        by_cell: dict[CellKey, list[PromptObservation]] = defaultdict(list)
        for (app, _, _, deployment, space_id), prompt in opening.gated:
            by_cell[app, deployment, space_id].append(prompt)
        for key, prompts in by_cell.items():
            cell = window.cells[key]
            vectors, flags, numeric = _arrays(prompts)
            cell.gated.add(vectors, flags, numeric)
            day.add_gated(key[0], key[2], [cells.group_of(p.user) for p in prompts], vectors, flags)
            items = [samples.Item(samples.hash_of(key[0], p.id), p.id, p.vector, p.flags) for p in prompts]
            cell.sample = samples.bottom(items, cells.SAMPLE)

    def _close_days(self, until: int, *, ended: bool) -> list[Output]:
        """Emit the panel rows and sums of the days that are over. At the end of input, the rows of an open one."""
        outputs = []
        for name, day in sorted(self._days.items()):
            over = day_end(name, self._policy.zone) <= until
            if over or ended:
                for app, part, parts, rows in day.panel_parts():
                    outputs.append(self._emit(PanelPartial(self._partition, app, name, part, parts, rows)))
            if over:
                for app, space_id, groups in day.groups():
                    outputs.append(self._emit(DayPartial(self._partition, app, name, space_id, groups)))
                day.forget()
                del self._days[name]
        return outputs

    def _day(self, name: str) -> Day:
        if name not in self._days:
            self._days[name] = Day(name, self._policy.panel_users, self._journal)
        return self._days[name]

    def _mark(self, until: int) -> list[Output]:
        gap = gaps.latest([self._gap_ms, *self._watermarks.gaps().values()])
        value = partials.pack(Closed(self._partition, self._policy.folds, until, gap))
        return [Output(self._policy.topic, value, partition=at) for at in range(self._policy.partitions)]

    # Gaps

    def _gaps(self) -> dict[tuple[str, int], int]:
        """Return the gaps that this partition speaks for: its own, and the first one speaks for the sources."""
        own = {(self._policy.observations, self._partition): self._gap_ms} if self._gap_ms else {}
        return own if self._partition else own | self._watermarks.gaps()

    def _alert(self, place: tuple[str, int], *, over: bool) -> Output:
        source: Literal["encode", "fold"] = "fold" if place[0] == self._policy.observations else "encode"
        return state_gap(self._policy.alerts, source, place, self._gaps()[place], over=over)

    def _emit(self, partial: WindowPartial | PanelPartial | DayPartial | Announced) -> Output:
        at = partials.partition_of(partial.app, self._policy.partitions)
        return Output(self._policy.topic, partials.pack(partial), partition=at)

    def _pack_progress(self) -> bytes:
        inputs, sources = self._watermarks.inputs, list(self._watermarks.sources.values())
        return msgspec.msgpack.encode(_Progress(self._closed_ms, self._gap_ms, inputs, sources))

    def summary(self) -> dict[str, object]:
        """Return what a person wants to know of this state."""
        return {
            "watermark_ms": self._watermarks.current(),
            "closed_until_ms": self._closed_ms,
            "open_windows": len(self._windows),
            "pending": sum(len(window.pending) for window in self._windows.values()),
            "event_ids": len(self._ids),
            "open_days": sorted(self._days),
            "sources": [msgspec.structs.asdict(source) for source in self._watermarks.sources.values()],
        }


def _arrays(
    prompts: list[PromptObservation],
) -> tuple[np.ndarray[tuple[int, int], np.dtype[np.int8]], np.ndarray[tuple[int], np.dtype[np.uint32]], cells.Ints]:
    """Return vectors ``(m, 384)``, flag words ``(m,)`` and numeric features ``(m, 8)`` of prompts."""
    vectors = np.frombuffer(b"".join(prompt.vector for prompt in prompts), np.int8).reshape(len(prompts), -1)
    flags = np.array([prompt.flags for prompt in prompts], np.uint32)
    numeric = np.zeros((len(prompts), cells.NUMERIC), np.int64)
    for row, prompt in enumerate(prompts):
        numeric[row, : len(prompt.numeric)] = prompt.numeric
    return vectors, flags, numeric


def _announced(observation: DeploymentObservation) -> Announced:
    at = observation
    return Announced(at.id, at.app, at.deployment, at.time_ms, at.action, at.arm)


def _cell_field(start: int, key: CellKey) -> str:
    return f"c:{start}:{SEPARATOR.join(key)}"


def _cell_key(text: str) -> CellKey:
    app, deployment, space_id = text.split(SEPARATOR)
    return app, deployment, space_id


def _pending_field(start: int, key: Key) -> str:
    app, user, session, deployment, space_id = key
    return f"p:{start}:{SEPARATOR.join((app, user.hex(), session.hex(), deployment, space_id))}"
