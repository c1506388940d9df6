"""What every window and every whole day holds, which prompts the gate lets through, and the rows of the panel."""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, NamedTuple

from tests.oracle.rules import Rules
from tests.oracle.scored import Score
from tests.oracle.seen import Seen, total

SAMPLE = 64
STYLES, SIZES = 24, 3
"""Features that there are, of those that there is room for."""


@dataclass
class Window:
    """The prompts and scores of one app, deployment and window; or of several of them together."""

    volume: list[Seen] = field(default_factory=list)
    """Prompts of users."""
    gated: list[Seen] = field(default_factory=list)
    tools: list[Seen] = field(default_factory=list)
    scores: list[Score] = field(default_factory=list)

    @property
    def truncated(self) -> int:
        """How many prompts were longer than the encoder reads."""
        return sum(int(seen.row.truncated) for seen in self.volume + self.tools)

    def __add__(self, other: "Window") -> "Window":
        """Return both together."""
        return Window(
            self.volume + other.volume, self.gated + other.gated, self.tools + other.tools, self.scores + other.scores
        )


class Key(NamedTuple):
    """A window as the events name it; the deployment is empty where they name none."""

    app: str
    start: int
    deployment: str


def windows_of(prompts: Iterable[Seen], scores: Iterable[Score], rules: Rules) -> dict[Key, Window]:
    """Return every window in which something happened."""
    found: defaultdict[Key, Window] = defaultdict(Window)
    prompts = list(prompts)
    gated = {id(seen) for seen in gated_of(prompts, rules)}
    for seen in prompts:
        window = found[Key(seen.prompt.app, rules.start_of(seen.prompt.at), seen.prompt.deployment)]
        (window.tools if seen.prompt.tool else window.volume).append(seen)
        window.gated += [seen] if id(seen) in gated else []
    for score in scores:
        found[Key(score.prompt.app, rules.start_of(score.at), score.prompt.deployment)].scores.append(score)
    return dict(found)


def gated_of(prompts: Iterable[Seen], rules: Rules) -> list[Seen]:
    """Return each user's first prompt of the day."""
    return _firsts(prompts, lambda seen: (seen.prompt.app, seen.prompt.user, _day(seen, rules)))


def openers_of(prompts: Iterable[Seen], rules: Rules) -> list[Seen]:
    """Return the first prompt of the day of each session; all that a user says outside of sessions is one."""
    return _firsts(prompts, lambda s: (s.prompt.app, s.prompt.user, s.prompt.session, _day(s, rules)))


def _firsts(prompts: Iterable[Seen], group: Callable[[Seen], Hashable]) -> list[Seen]:
    groups: dict[Hashable, Seen] = {}
    for seen in prompts:
        if seen.prompt.user and not seen.prompt.tool:
            key = group(seen)
            groups[key] = min(groups.get(key, seen), seen, key=lambda one: one.order)
    return list(groups.values())


def _day(seen: Seen, rules: Rules) -> str:
    """Return the day of a prompt: that on which its window starts."""
    return datetime.fromtimestamp(rules.start_of(seen.prompt.at) // 1000, UTC).date().isoformat()


def whole_days_of(windows: Mapping[Key, Window], rules: Rules, newest: int) -> dict[tuple[str, str], Window]:
    """Return what the windows with prompts hold by (app, day), of the days that end with the last window or before."""
    found: defaultdict[tuple[str, str], Window] = defaultdict(Window)
    for key, window in windows.items():
        day = datetime.fromtimestamp(key.start // 1000, UTC).date()
        if window.volume and day < _open_day(rules, newest):
            found[key.app, day.isoformat()] += window
    return dict(found)


def _open_day(rules: Rules, newest: int) -> date:
    """Return the first day that does not end with the last closed window or before."""
    return datetime.fromtimestamp((rules.start_of(newest) + rules.window_ms) // 1000, UTC).date()


def sample(prompts: Iterable[Seen], size: int = SAMPLE) -> list[tuple[int, str, Seen]]:
    """Return the prompts with the smallest hash, as (hash, id, prompt)."""
    return sorted((hash_of(seen.prompt.app, seen.prompt.id), seen.prompt.id, seen) for seen in prompts)[:size]


def hash_of(*parts: str) -> int:
    """Return the 64 bits that samples are chosen by."""
    return int.from_bytes(hashlib.blake2b("\0".join(parts).encode(), digest_size=8).digest(), "big")


def panel_of(prompts: list[Seen], rules: Rules, newest: int) -> dict[tuple[str, str], dict[str, Any]]:
    """Return, by app and date of a whole day, the rows of the panel by rank of the user and deployment."""
    openers = {id(seen) for seen in openers_of(prompts, rules)}
    grouped: defaultdict[tuple[str, str], defaultdict[str, list[Seen]]] = defaultdict(lambda: defaultdict(list))
    for seen in prompts:
        if seen.prompt.bucket >= 0 and not seen.prompt.tool:
            who = f"{seen.prompt.user[8:].hex()} {seen.prompt.deployment}"
            if _day(seen, rules) < _open_day(rules, newest).isoformat():
                grouped[seen.prompt.app, _day(seen, rules)][who].append(seen)
    return {key: {who: _row(found, openers) for who, found in users.items()} for key, users in grouped.items()}


def _row(prompts: list[Seen], openers: set[int]) -> dict[str, Any]:
    opening = [seen for seen in prompts if id(seen) in openers]
    sums = total(opening)
    return {
        "first_ms": min(seen.prompt.at for seen in prompts),
        "n": len(prompts),
        "openers": len(opening),
        "styles": sums.features[:STYLES].tolist(),
        "sizes": sums.numeric[:SIZES].tolist(),
        "projected": sum((seen.row.projected for seen in opening[1:]), opening[0].row.projected).tolist()
        if opening
        else [0] * 64,
        "first": min(opening, key=lambda seen: seen.order).flags if opening else 0,
        "bucket": prompts[0].prompt.bucket,
    }
