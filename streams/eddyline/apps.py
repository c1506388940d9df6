"""What judge remembers of one app: its deployments, its references, its recent past.

Fields of the state, ``|`` standing for the unit separator:

========================================  ==========================================================
``a:<app>``                               announcements and first appearances of deployments
``e:<app>|<id>``                          an imported reference
``h:<app>|<deployment>|<space>``          the reference that a deployment got from history
``u:<app>|<space>|<hour>``                an hour of the app's history
``o:<app>|<deployment>|<space>|<hour>``   an hour that is still filling
``w:<app>|<deployment>|<space>|<start>``  a closed window that is still in a rolling span
========================================  ==========================================================
"""

from typing import NamedTuple

import msgspec

from eddyline import cells, keys, references, rolling
from eddyline.cells import Cell
from eddyline.changes import Journal, Result
from eddyline.history import History, Hour
from eddyline.partials import Announced, ReferenceImported
from eddyline.references import Reference
from eddyline.rolling import Rolling
from eddyline.timeline import Timeline
from eddyline.windows import DAY_MS, HOUR_MS, window_start

SEPARATOR = "\x1f"


class AppPolicy(NamedTuple):
    """How much history makes a reference, and how long results are kept."""

    window_ms: int
    min_reference: int
    keep_windows_seconds: int
    keep_hours_seconds: int


class _Story(msgspec.Struct, array_like=True):
    """What an app's deployments did, as it is stored."""

    announcements: list[Announced]
    first_seen: dict[str, int]


class App:
    """The memory of the app called ``name``."""

    def __init__(self, name: str, policy: AppPolicy, journal: Journal) -> None:
        self._name, self._policy, self._journal = name, policy, journal
        self.timeline = Timeline()
        self.first_seen: dict[str, int] = {}
        """Start of the first window of every deployment."""
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
                self.timeline, self.first_seen = Timeline(story.announcements), story.first_seen
            case "e", [id_]:
                imported = msgspec.msgpack.decode(value, type=ReferenceImported)
                self._imported[id_] = (imported.effective_ms, references.from_import(imported))
            case "h", [deployment, space_id]:
                self._frozen[deployment, space_id] = references.unpack(value)
            case "u", [space_id, hour]:
                self._history(space_id).hours[int(hour)] = Hour.unpack(value)
            case "o", [deployment, space_id, hour]:
                self._hours[deployment, space_id] = (int(hour), cells.unpack(value))
            case "w", [deployment, space_id, start]:
                self._roll(deployment, space_id).restore(int(start), value)

    # Deployments and references

    def announce(self, announced: Announced) -> None:
        """Take in an announcement."""
        self.timeline.add(announced)
        self._touch_story()

    def see(self, deployment: str, start: int) -> None:
        """Note that a deployment has a window; the first one is its beginning."""
        if deployment not in self.first_seen:
            self.first_seen[deployment] = start
            self._touch_story()

    def import_reference(self, imported: ReferenceImported) -> None:
        """Take in an eval set."""
        self._imported[imported.id] = (imported.effective_ms, references.from_import(imported))
        self._journal.touch(self._field("e", imported.id), lambda: msgspec.msgpack.encode(imported))

    def reference(self, deployment: str, space_id: str, start: int) -> Reference | None:
        """Return the eval set in effect, else the history that a deployment is held against, as far as there is one."""
        in_effect = [(effective, id_) for id_, (effective, _) in self._imported.items() if effective <= start]
        if in_effect:
            return self._imported[max(in_effect)[1]][1]
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

    def remember(self, deployment: str, space_id: str, start: int, cell: Cell) -> None:
        """Let a judged window become history, part of its hour, and part of the rolling spans."""
        self._keep(deployment, self._policy.window_ms, start, cell)
        history = self._history(space_id)
        hour = history.add(start, cell)
        self._journal.touch(self._field("u", space_id, str(hour)), history.hours[hour].pack)
        for gone in history.expire(start):
            self._journal.drop(self._field("u", space_id, str(gone)))
        self._fill_hour(deployment, space_id, start, cell)
        self._roll(deployment, space_id).add(start, cell.volume, cell.gated)
        self._journal.touch(self._field("w", deployment, space_id, str(start)), lambda: rolling.pack_part(cell))

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
        for (deployment, space_id), rolled in list(self._rolling.items()):
            for gone in rolled.expire(as_of):
                self._journal.drop(self._field("w", deployment, space_id, str(gone)))
            for span in rolling.SPANS:
                key = keys.rolling(self._name, deployment, span)
                value = rolled.rolled(span, as_of)
                self._journal.keep(Result(key, space_id, value, self._policy.keep_windows_seconds))
            if not rolled:
                del self._rolling[deployment, space_id]

    def _history(self, space_id: str) -> History:
        return self._histories.setdefault(space_id, History(space_id))

    def _roll(self, deployment: str, space_id: str) -> Rolling:
        return self._rolling.setdefault((deployment, space_id), Rolling(space_id))

    def _touch_story(self) -> None:
        def story() -> bytes:
            return msgspec.msgpack.encode(_Story(self.timeline.announcements, self.first_seen))

        self._journal.touch(f"a:{self._name}", story)

    def _field(self, kind: str, *parts: str) -> str:
        return f"{kind}:{SEPARATOR.join((self._name, *parts))}"
