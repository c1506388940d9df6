"""The drift events of an app: its windows in their order, each compared before it becomes history."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from tests.oracle.arithmetic import mean_and_error
from tests.oracle.envelope import event, identifier, rfc3339
from tests.oracle.log import Deployment
from tests.oracle.references import DAY_MS, History, Reference, in_effect
from tests.oracle.rules import Rules
from tests.oracle.scored import Score
from tests.oracle.windows import Key, Window

LEARNING = "there is no eval set, and not enough history yet"
MIXED = "a deployment took effect inside this window"
SOME = "only some of the users have the deployment"
EVERYBODY = 1000


class Whole(NamedTuple):
    """A window of a deployment, however the deployment is known."""

    app: str
    start: int
    deployment: str
    source: str
    window: Window
    why: str
    """Why nobody knows the deployment, where it is mixed."""


class Timeline:
    """The announcements of one app."""

    def __init__(self, announcements: Iterable[Deployment]) -> None:
        self._announcements = sorted(announcements, key=lambda one: (one.at, one.id))

    def in_force(self, time_ms: int) -> tuple[str, str]:
        """Return the deployment of those who have no other, and the one that only some have; each may be nothing."""
        rest = some = ""
        for one in self._announcements:
            if one.at > time_ms:
                break
            if one.action == "retire":
                rest, some = (name if name != one.name else "" for name in (rest, some))
            elif one.action == "rollback" or one.reach == EVERYBODY:
                rest, some = one.name, ""
            elif one.reach:
                rest, some = rest if rest != one.name else "", one.name
        return rest, some

    def known(self, start: int, end: int) -> tuple[str, str, str]:
        """Return the deployment of a window's unnamed events, how it is known, and why it is not."""
        current, some = self.in_force(start)
        changes = [self.in_force(one.at) for one in self._announcements if start < one.at < end]
        if any(change != (current, some) for change in changes):
            return "", "mixed", MIXED
        if some:
            return "", "mixed", SOME
        return (current, "announced", "") if current else ("", "none", "")


def wholes_of(windows: Mapping[Key, Window], deployments: Sequence[Deployment], rules: Rules) -> list[Whole]:
    """Return the windows by the deployments that they belong to, in the order of time."""
    announced: defaultdict[str, list[Deployment]] = defaultdict(list)
    for deployment in deployments:
        announced[deployment.app].append(deployment)
    found: dict[Key, tuple[str, Window, str]] = {}
    # Named ones first: what only an announcement names joins what events name.
    for key, window in sorted(windows.items(), key=lambda item: not item[0].deployment):
        name, source, why = key.deployment, "attribute", ""
        if not name:
            name, source, why = Timeline(announced[key.app]).known(key.start, key.start + rules.window_ms)
        whole = key._replace(deployment=name)
        source, before, why = found.get(whole, (source, Window(), why))
        found[whole] = (source, before + window, why)
    return [Whole(*key, *found[key]) for key in sorted(found, key=lambda key: (key.app, key.start, key.deployment))]


@dataclass
class Judge:
    """One app: who was seen first when, what each deployment is compared with, and the past."""

    rules: Rules
    space_id: str
    evalsets: Sequence[tuple[int, Reference]]
    watched: Mapping[tuple[str, int], Mapping[str, Any]]
    """What the detectors say, by app and start of the window."""

    def __post_init__(self) -> None:
        """Start without a past."""
        self._first: dict[str, int] = {}
        self._chosen: dict[str, Reference] = {}
        self._history = History()

    def judge(self, wholes: Sequence[Whole]) -> Iterator[tuple[str, bytes]]:
        """Return id and bytes of the events of an app's windows, which come in the order of time."""
        for start in sorted({whole.start for whole in wholes}):
            now = [whole for whole in wholes if whole.start == start]
            yield from [self._event(whole) for whole in now]
            for whole in now:
                self._history.add(start, whole.window)

    def _event(self, whole: Whole) -> tuple[str, bytes]:
        end, size = whole.start + self.rules.window_ms, self.rules.window_ms // 1000
        id_ = identifier(whole.app, whole.deployment, str(size), rfc3339(whole.start))
        data = {
            "app": whole.app,
            "deployment": whole.deployment or None,
            "deployment_source": whole.source,
            "window": {"start": rfc3339(whole.start), "end": rfc3339(end), "size_s": size},
            "n": len(whole.window.volume),
            "gated_n": len(whole.window.gated),
            "unnamed": sum(not seen.prompt.user for seen in whole.window.volume),
            "late": 0,
            "truncated": whole.window.truncated,
            "tools": len(whole.window.tools),
            "completeness": 1.0,
            "space_id": self.space_id,
            **self.watched[whole.app, whole.start],
            "scores": _scores(whole.window.scores),
            "flags": [],
            **self._compared(whole),
        }
        return id_, event("drift.window.v1", id_, end, data)

    def _compared(self, whole: Whole) -> dict[str, Any]:
        if whole.source == "mixed":
            return _nothing("insufficient_data", whole.why)
        self._first.setdefault(whole.deployment, whole.start)
        reference = self._reference(whole)
        if reference is None:
            return _nothing("learning", LEARNING)
        enough = len(whole.window.gated) >= self.rules.min_window
        return {
            "reference": reference.facts(),
            "metrics": reference.metrics(whole.window),
            "styles": reference.styles(whole.window),
            "state": "quiet" if enough else "insufficient_data",
            "reason": None if enough else f"fewer than {self.rules.min_window} users",
        }

    def _reference(self, whole: Whole) -> Reference | None:
        return in_effect(self.evalsets, whole.start) or self._own(whole.deployment, whole.start)

    def _own(self, deployment: str, start: int) -> Reference | None:
        """Return the history that a deployment is compared with: chosen once, and kept."""
        first = self._first[deployment]
        if deployment not in self._chosen:
            if start == first:
                self._choose(deployment, self._history.day(first - DAY_MS))
            elif start >= first + DAY_MS:
                self._choose(deployment, self._history.day(first))
        return self._chosen.get(deployment)

    def _choose(self, deployment: str, reference: Reference) -> None:
        if reference.n >= self.rules.min_reference:
            self._chosen[deployment] = reference


def _nothing(state: str, reason: str) -> dict[str, Any]:
    return {"reference": None, "metrics": {}, "styles": {}, "state": state, "reason": reason}


def _scores(scores: Sequence[Score]) -> dict[str, Any]:
    labels = sorted({score.label for score in scores})
    return {label: mean_and_error([score for score in scores if score.label == label]) for label in labels}
