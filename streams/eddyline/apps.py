"""What judge remembers of one app: its deployments, its references, its recent past.

Fields of the state, ``|`` standing for the unit separator:

========================================  ==========================================================
``a:<app>``                               announcements, inferred ones; when deployments were first and last seen
``e:<app>|<id>``                          an imported reference
``h:<app>|<deployment>|<space>``          the reference that a deployment got from history
``u:<app>|<space>|<hour>``                an hour of the app's history
``o:<app>|<deployment>|<space>|<hour>``   an hour that is still filling
``w:<app>|<deployment>|<space>|<start>``  a closed window that is still in a rolling span
========================================  ==========================================================

None of it grows for ever: an app tells so many deployments apart at a time and forgets one that has had no window for
so many days, or earlier where another one needs its place; of eval sets it keeps those that may still be in effect.
All of it is decided by the windows that are judged.
"""

from collections.abc import Mapping
from typing import NamedTuple

import msgspec

from eddyline import cells, keys, references, rolling
from eddyline.cells import Cell
from eddyline.changes import SEPARATOR, Journal, Result
from eddyline.history import History, Hour
from eddyline.partials import Announced, ReferenceImported
from eddyline.references import Reference
from eddyline.rolling import Rolling
from eddyline.timeline import Timeline
from eddyline.windows import DAY_MS, HOUR_MS, window_start

SILENT_MS = 2 * DAY_MS
"""A deployment without a window for so long, or for a day less, may have to make room for another one."""


class AppPolicy(NamedTuple):
    """How much history makes a reference, how long results are kept, and what is remembered of deployments."""

    window_ms: int
    min_reference: int
    keep_windows_seconds: int
    keep_hours_seconds: int
    max_deployments: int
    keep_deployments_ms: int
    inferred_after: int
    """Prompts that name a deployment until it counts as one that nobody announced."""


class _Story(msgspec.Struct, array_like=True):
    """What an app's deployments did, as it is stored."""

    announcements: list[Announced]
    first_seen: dict[str, int]
    last_seen: dict[str, int] = {}
    inferred: dict[str, int] = {}
    counted: dict[str, int] = {}


def timeline_of(value: bytes) -> Timeline:
    """Return the timeline in the stored field ``a:`` of an app."""
    story = msgspec.msgpack.decode(value, type=_Story)
    return Timeline(story.announcements, story.inferred)


class App:
    """The memory of the app called ``name``."""

    def __init__(self, name: str, policy: AppPolicy, journal: Journal) -> None:
        self._name, self._policy, self._journal = name, policy, journal
        self.timeline = Timeline()
        self.first_seen: dict[str, int] = {}
        """Start of the first window of every deployment."""
        self._last_seen: dict[str, int] = {}
        """Start of the last window of every deployment, or of one up to a day before it: it is stored once a day."""
        self._counted: dict[str, int] = {}
        """Prompts that name a deployment which is neither announced nor inferred, as long as they are too few."""
        self._imported: dict[str, tuple[int, Reference]] = {}
        self._frozen: dict[tuple[str, str], Reference] = {}
        self._histories: dict[str, History] = {}
        self._hours: dict[tuple[str, str], tuple[int, Cell]] = {}
        self._rolling: dict[tuple[str, str], Rolling] = {}

    def restore(self, kind: str, parts: list[str], value: bytes) -> None:
        """Take back a field; ``parts`` are those of its name after the app. Fields come in the order of their names."""
        match kind, parts:
            case "a", []:
                story = msgspec.msgpack.decode(value, type=_Story)
                self.timeline = Timeline(story.announcements, story.inferred)
                self.first_seen, self._last_seen = story.first_seen, story.last_seen
                self._counted = story.counted
            case "e", [id_]:
                imported = msgspec.msgpack.decode(value, type=ReferenceImported)
                self._imported[id_] = (imported.effective_ms, references.from_import(imported))
            case "h", [deployment, space_id]:
                self._frozen[deployment, space_id] = references.unpack(value)
            case "u", [space_id, hour]:
                self._history(space_id).hours[int(hour)] = Hour.unpack(value)
            case "o", [deployment, space_id, hour]:
                self._restore_hour((deployment, space_id), int(hour), cells.unpack(value))
            case "w", [deployment, space_id, start]:
                self._roll(deployment, space_id).restore(int(start), value)

    def _restore_hour(self, key: tuple[str, str], hour: int, cell: Cell) -> None:
        """Take back an hour that fills; an earlier one of the same key is whole, and only its deletion was missed."""
        if key in self._hours:
            self._journal.drop(self._field("o", *key, str(self._hours[key][0])))
        self._hours[key] = (hour, cell)

    def drop_leftovers(self) -> None:
        """Forget what was forgotten before the restore, but kept from being deleted by a crash."""
        stored = {deployment for deployment, _ in (*self._frozen, *self._hours, *self._rolling)}
        if leftovers := stored - self._last_seen.keys():
            self._forget(leftovers)
        newest: dict[str, int] = {}
        for (_, space_id), rolled in self._rolling.items():
            newest[space_id] = max(rolled.newest_ms, newest.get(space_id, 0))
        for space_id, start in newest.items():
            self._expire_history(space_id, start)
        self._expire_rolling(max(newest.values(), default=0) + self._policy.window_ms)
        self._rolling = {key: rolled for key, rolled in self._rolling.items() if rolled}

    # Deployments and references

    def announce(self, announced: Announced) -> None:
        """Take in an announcement."""
        self.timeline.add(announced)
        self._touch_story()

    def see(self, deployment: str, start: int) -> None:
        """Note that a deployment has a window; the first one is its beginning."""
        if deployment not in self.first_seen:
            self.first_seen[deployment] = start
            self._note_last(deployment, start)

    def admit(self, prompts: Mapping[str, int], start: int) -> bool:
        """Note the deployments that a window's events name, the first by name while there is room.

        Args:
            prompts: how many prompts name each.
            start: of the window.

        Returns:
            Whether there was room for all of them.
        """
        room = True
        for deployment in sorted(prompts):
            if deployment not in self.first_seen and (room := room and self._has_room(start)):
                self.see(deployment, start)
            if deployment in self.first_seen:
                self._count(deployment, prompts[deployment])
        return room

    def _count(self, deployment: str, prompts: int) -> None:
        """Infer a deployment that nobody announced once enough prompts name it: from its first window on."""
        if not prompts or self.timeline.knows(deployment):
            return
        self._counted[deployment] = self._counted.get(deployment, 0) + prompts
        if self._counted[deployment] >= self._policy.inferred_after:
            del self._counted[deployment]
            self.timeline.infer(deployment, self.first_seen[deployment], self._policy.max_deployments)
        self._touch_story()

    def _has_room(self, start: int) -> bool:
        """Make room for one more deployment, if need be by forgetting the one that has been silent for longest."""
        if len(self.first_seen) < self._policy.max_deployments:
            return True
        last, deployment = min((last, name) for name, last in self._last_seen.items())
        if last >= start - SILENT_MS:
            return False
        self._forget({deployment})
        return True

    def import_reference(self, imported: ReferenceImported) -> None:
        """Take in an eval set."""
        self._imported[imported.id] = (imported.effective_ms, references.from_import(imported))
        self._journal.touch(self._field("e", imported.id), lambda: msgspec.msgpack.encode(imported))

    def eval_set(self, time_ms: int) -> Reference | None:
        """Return the eval set that is in effect at a time."""
        in_effect = [(effective, id_) for id_, (effective, _) in self._imported.items() if effective <= time_ms]
        return self._imported[max(in_effect)[1]][1] if in_effect else None

    def reference(self, deployment: str, space_id: str, start: int) -> Reference | None:
        """Return the eval set in effect, else the history that a deployment is held against, as far as there is one."""
        if imported := self.eval_set(start):
            return imported
        key = (deployment, space_id)
        if key not in self._frozen:
            reference = self._from_history(deployment, space_id, start)
            if reference is None:
                return None
            self._frozen[key] = reference
            self._journal.touch(self._field("h", *key), lambda: references.pack(reference))
        return self._frozen[key]

    def _from_history(self, deployment: str, space_id: str, start: int) -> Reference | None:
        """Return the day before the deployment; where there is none, its own first day once that is over."""
        history, first = self._history(space_id), self.first_seen[deployment]
        if start == first and (before := history.before(first)).sums.n >= self._policy.min_reference:
            return before
        if start >= first + DAY_MS and (own := history.after(first)).sums.n >= self._policy.min_reference:
            return own
        return None

    # The recent past

    def day_before(self, space_id: str, time_ms: int) -> dict[int, Hour]:
        """Return the app's hours of the day before ``time_ms`` by their starts."""
        return self._history(space_id).day_before(time_ms)

    def remember(self, deployment: str, space_id: str, start: int, cell: Cell) -> None:
        """Let a judged window become history, part of its hour, and part of the rolling spans."""
        self._note_last(deployment, start)
        self._keep(deployment, self._policy.window_ms, start, cell)
        history = self._history(space_id)
        hour = history.add(start, cell)
        self._journal.touch(self._field("u", space_id, str(hour)), history.hours[hour].pack)
        self._expire_history(space_id, start)
        self._fill_hour(deployment, space_id, start, cell)
        self._roll(deployment, space_id).add(start, cell.volume, cell.gated)
        self._journal.touch(self._field("w", deployment, space_id, str(start)), lambda: rolling.pack_part(cell))

    def _expire_history(self, space_id: str, start: int) -> None:
        for gone in self._history(space_id).expire(start):
            self._journal.drop(self._field("u", space_id, str(gone)))

    def _expire_rolling(self, as_of: int) -> None:
        for key, rolled in self._rolling.items():
            for gone in rolled.expire(as_of):
                self._journal.drop(self._field("w", *key, str(gone)))

    def _fill_hour(self, deployment: str, space_id: str, start: int, cell: Cell) -> None:
        key, hour = (deployment, space_id), window_start(start, HOUR_MS)
        filling, whole = self._hours.get(key, (hour, Cell()))
        if filling != hour:
            self._journal.drop(self._field("o", *key, str(filling)))
            whole = Cell()
        whole.merge(cell)
        self._hours[key] = (hour, whole)
        self._journal.touch(self._field("o", *key, str(hour)), lambda: cells.pack(whole))
        self._keep(deployment, HOUR_MS, hour, whole)

    def _keep(self, deployment: str, size_ms: int, start: int, cell: Cell) -> None:
        hourly = size_ms == HOUR_MS
        ttl = self._policy.keep_hours_seconds if hourly else self._policy.keep_windows_seconds
        key = keys.window(self._name, deployment, size_ms // 1000, start)
        self._journal.keep(Result(key, "cell", cells.pack(cell), ttl))

    def roll(self, as_of: int) -> None:
        """Write the rolling sums of every deployment that had a window within a day of ``as_of``."""
        self._expire_rolling(as_of)
        for (deployment, space_id), rolled in list(self._rolling.items()):
            for span in rolling.SPANS:
                key = keys.rolling(self._name, deployment, span)
                value = rolled.rolled(span, as_of)
                self._journal.keep(Result(key, space_id, value, self._policy.keep_windows_seconds))
            if not rolled:
                del self._rolling[deployment, space_id]

    # Forgetting

    def expire(self, as_of: int) -> None:
        """Forget what no window from ``as_of`` on needs: deployments that are gone, eval sets that were followed."""
        for deployment in self.first_seen:
            self._last_seen.setdefault(deployment, as_of)
        oldest = as_of - self._policy.keep_deployments_ms
        if gone := {deployment for deployment, last in self._last_seen.items() if last < oldest}:
            self._forget(gone)
        in_effect = sorted((effective, id_) for id_, (effective, _) in self._imported.items() if effective <= as_of)
        for _, id_ in in_effect[:-1]:
            del self._imported[id_]
            self._journal.drop(self._field("e", id_))

    def _forget(self, gone: set[str]) -> None:
        """Forget deployments; with the last one goes the app's history, and what was inferred of it."""
        self._touch_story()
        for deployment in gone:
            self.first_seen.pop(deployment, None)
            self._last_seen.pop(deployment, None)
            self._counted.pop(deployment, None)
        for key in [key for key in self._frozen if key[0] in gone]:
            del self._frozen[key]
            self._journal.drop(self._field("h", *key))
        for key in [key for key in self._hours if key[0] in gone]:
            self._journal.drop(self._field("o", *key, str(self._hours.pop(key)[0])))
        for key in [key for key in self._rolling if key[0] in gone]:
            for start in self._rolling.pop(key).starts():
                self._journal.drop(self._field("w", *key, str(start)))
        if not self._last_seen:
            self.timeline.inferred.clear()
            self._forget_history()

    def _forget_history(self) -> None:
        for space_id, history in self._histories.items():
            for hour in history.hours:
                self._journal.drop(self._field("u", space_id, str(hour)))
        self._histories.clear()

    def drop_if_empty(self) -> bool:
        """Drop what is stored of an app of which nothing is left; return whether it is so."""
        if self._last_seen or self._histories or self._imported or self.timeline.announcements:
            return False
        self._journal.drop(f"a:{self._name}")
        return True

    def _note_last(self, deployment: str, start: int) -> None:
        if start >= self._last_seen.get(deployment, start - DAY_MS) + DAY_MS:
            self._last_seen[deployment] = start
            self._touch_story()

    def _history(self, space_id: str) -> History:
        return self._histories.setdefault(space_id, History(space_id))

    def _roll(self, deployment: str, space_id: str) -> Rolling:
        return self._rolling.setdefault((deployment, space_id), Rolling(space_id))

    def _touch_story(self) -> None:
        def story() -> bytes:
            timeline = self.timeline
            seen = self.first_seen, self._last_seen
            return msgspec.msgpack.encode(_Story(timeline.announcements, *seen, timeline.inferred, self._counted))

        self._journal.touch(f"a:{self._name}", story)

    def _field(self, kind: str, *parts: str) -> str:
        return f"{kind}:{SEPARATOR.join((self._name, *parts))}"
