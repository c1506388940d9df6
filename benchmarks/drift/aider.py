"""Known change points in a real stream of model-written messages: what the live code says of them, and what it cannot.

    python -m benchmarks.drift.aider

Readings of the same 5,880 messages through the same stages, with the settings that ship. They were chosen from the
number of messages alone (15 on a day that has any; 776 before the first known change), before anything was run:

``shipped``             real time, committers as users: the answer of the product
``message_is_a_user``   real time, each message from a user of its own
``pooled``              virtual days of 200 messages, each from a user of its own: the least volume that is watched
``floors_lifted``       virtual days of 48 messages, so that 14 of them come before the first known change; neither the
                        least number of users nor the largest error of a baseline is asked for

In ``floors_lifted`` an alarm was open, or the app was learning, when the changes came. So another was added after that
run, again from the number of messages (150 between the first two changes):

``alone``               floors lifted, virtual days of 18 messages; the stream begins 8 days before the change, and ends
                        with the next one or 400 messages later. The same is done at places where no change is known;
                        there too an alarm in time is called found.

All but the first are ungated, and outside of the promise: one committer wrote most of the messages. An alarm that
comes more than 400 messages after a change is not taken for its discovery.
"""

import math
import re
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any, NamedTuple
from unittest.mock import patch
from zoneinfo import ZoneInfo

import msgspec
import numpy as np
from benchmarks.drift.commits import Message, Prompts, first_after, load, neighbours, until, virtual_ms
from benchmarks.drift.watched import RESULTS, whitening, write
from numpy.typing import NDArray

from eddyline import features
from eddyline.backtest.pipeline import Backtest
from eddyline.backtest.report import AppReport, Planted, report
from eddyline.classical import SEED, measure
from eddyline.detectors import states
from eddyline.detectors.whitening import UNIT
from eddyline.encoders.configured import build_encoder
from eddyline.outputs.drift import WatchFacts
from eddyline.protocols import Encoder
from eddyline.replay import replay
from eddyline.settings import Privacy, Settings
from eddyline.windows import DAY_MS

SETTINGS = Settings(privacy=Privacy(pepper="a pepper for benchmarks"))
"""Those that ship; the pepper deals users out to groups."""
TIMELY, SIDE, ERRORS = 400, 200, 3.0
CONVENTIONAL = re.compile(r"(?:feat|fix|docs|style|refactor|perf|test|build|ci|chore|revert)(?:\([^)]*\))?!?: ")
LOWER = re.compile(rf"{CONVENTIONAL.pattern}[a-z]")
PAST = re.compile(r"(?:aider: )?[A-Za-z]+ed\b")
OTHER = {"conventional prefix": CONVENTIONAL, "lower case after the prefix": LOWER, "first word ends in -ed": PAST}
"""What no style feature asks about."""

Flags = NDArray[np.int64]


class Reading(NamedTuple):
    """How the messages become a stream."""

    name: str
    a_day: int | None
    """Messages of a virtual day; None for real time."""
    own_user: bool
    """Whether each message has a user of its own."""
    floors: bool = True


READINGS = (
    Reading("shipped", None, own_user=False),
    Reading("message_is_a_user", None, own_user=True),
    Reading("pooled", 200, own_user=True),
    Reading("floors_lifted", 48, own_user=True, floors=False),
)
ALONE, DAYS_BEFORE = Reading("alone", 18, own_user=True, floors=False), 8


def _floors(*, kept: bool) -> AbstractContextManager[object]:
    """Ask for no least number of users and no largest error meanwhile, unless floors are ``kept``."""
    return nullcontext() if kept else patch.multiple(states, LEAST_USERS_A_DAY=0, LARGEST_RADIUS=math.inf)


def watch(
    messages: Sequence[Message], reading: Reading, encoder: Encoder, changes: Mapping[str, int]
) -> dict[str, Any]:
    """Return what the stages say of the messages, read so, and of ``changes`` by the first message after each."""
    count = range(len(messages))
    times = [messages[at].time_ms if reading.a_day is None else virtual_ms(at, reading.a_day) for at in count]
    users = [message.id if reading.own_user else message.user for message in messages]
    run = Backtest(SETTINGS, encoder, times[-1])
    with _floors(kept=reading.floors):
        replay(run, Prompts(SETTINGS.topics.prompts, messages, times, users), lambda _: None)
    (found,) = report(
        run.drift,
        run.alerts,
        [Planted(times[at], name) for name, at in changes.items()],
        ZoneInfo(SETTINGS.windows.timezone),
    )
    return {
        "reading": reading.name,
        "messages_a_day": reading.a_day,
        "days": found.days,
        "gated": found.gated_n,
        "late": found.late,
        "states": [msgspec.to_builtins(state) for state in found.states],
        "known": [{**known, **_reached(run, times, known)} for known in _known(found)],
        "alarms": [_alarm(run, messages, times, alarm.begin_ms) for alarm in found.alarms],
        "speaking_from": _place(times, next((at.end_ms for at in run.drift if _bets(at.watch)), None)),
        "allowed_a_day": next(at.watch.false_alarms_a_year for at in run.drift if at.watch) / 365,
    }


def _bets(facts: WatchFacts | None) -> bool:
    return facts is not None and facts.log_wealth is not None


def _known(found: AppReport) -> list[dict[str, Any]]:
    rows = [msgspec.to_builtins(delay) for delay in found.delays]
    late = [row for row in rows if row["outcome"] == "found" and row["gated_n"] > TIMELY]
    for row in late:
        row["outcome"] = "missed"
    return rows


def _reached(run: Backtest, times: Sequence[int], known: Mapping[str, Any]) -> dict[str, Any]:
    """Return how many messages after a change the wealth first came to the limit, in an open alarm or not."""
    begin_ms = known["planted_ms"]
    found = next((at for at in run.drift if at.end_ms > begin_ms and at.watch and at.watch.leading), None)
    if found is None or found.watch is None:
        return {"limit_after": None}
    after = [at for at in run.drift if found.end_ms <= at.end_ms <= begin_ms + 2 * DAY_MS and at.watch]
    moved = after[-1].watch.moved if after and after[-1].watch else None
    return {
        "limit_after": sum(begin_ms <= time < found.end_ms for time in times),
        "limit_led_by": found.watch.leading,
        "moved_by_second_day": msgspec.to_builtins(moved),
    }


def alone(messages: Sequence[Message], place: int, end: int, encoder: Encoder) -> dict[str, Any]:
    """Watch a stream that begins ``DAYS_BEFORE`` virtual days before the message at ``place``, and ends at ``end``."""
    first = place - DAYS_BEFORE * (ALONE.a_day or 0)
    return watch(messages[first:end], ALONE, encoder, {"place": place - first})


def _alarm(run: Backtest, messages: Sequence[Message], times: Sequence[int], begin_ms: int) -> dict[str, Any]:
    """Return when an alarm came, which bet led, and what moved: in the hours before it, and on its day."""
    told = [at for at in run.drift if begin_ms <= at.end_ms <= begin_ms + DAY_MS and at.watch and at.watch.moved]
    first, last = told[0].watch, told[-1].watch
    assert first is not None
    assert last is not None
    place = _place(times, begin_ms)
    return {
        "messages": place,
        "date": messages[(place or 1) - 1].ts[:10],
        "leading": first.leading,
        "moved": msgspec.to_builtins(first.moved),
        "moved_a_day_later": msgspec.to_builtins(last.moved),
    }


def _place(times: Sequence[int], end_ms: int | None) -> int | None:
    """Return how many messages there were by a time."""
    return None if end_ms is None else sum(time < end_ms for time in times)


def visible(vectors: NDArray[np.int8], texts: Sequence[str], before: range, after: range) -> dict[str, Any]:
    """Hold the messages of one stretch against those of another: every share, and how far apart the vectors are."""
    flags, asked = _flags(texts), [[bool(told.match(text)) for told in OTHER.values()] for text in texts]
    joined, names = np.column_stack([flags, np.array(asked, np.int64)]), (*features.NAMES, *OTHER)
    shares = {
        name: _shift(joined[before, at], joined[after, at])
        for at, name in enumerate(names)
        if joined[before, at].any() or joined[after, at].any()
    }
    auc = measure(vectors[before], vectors[after], whitening())["domain_classifier_auc"]
    return {
        "messages": [len(before), len(after)],
        "shares": shares,
        "shift": round(_distance(vectors[before], vectors[after]), 3),
        "auc": round(auc.value, 3),
        "auc_upper_null": round(auc.null.upper, 3),
        "features_moved": [name for name in features.NAMES if name in shares and abs(shares[name]["z"]) > ERRORS],
    }


def _flags(texts: Sequence[str]) -> Flags:
    flags = np.array([features.style(text).flags for text in texts])
    found: Flags = (flags[:, None] >> np.arange(len(features.NAMES))) & 1
    return found


def _shift(before: Flags, after: Flags) -> dict[str, float]:
    """Return two shares and their difference in standard errors, with both samples pooled."""
    pooled = (before.sum() + after.sum() + 2.0) / (len(before) + len(after) + 4.0)
    error = math.sqrt(pooled * (1 - pooled) * (1 / len(before) + 1 / len(after)))
    old, new = float(before.mean()), float(after.mean())
    return {"before": round(old, 3), "after": round(new, 3), "z": round((new - old) / error, 1)}


def _distance(before: NDArray[np.int8], after: NDArray[np.int8]) -> float:
    """Return how far the whitened means are apart beyond chance, in standard deviations of a prompt in general."""
    seen = [whitening().apply(part.astype(np.int64)) / UNIT for part in (before, after)]
    chance = sum(float(part.var(axis=0, ddof=1).sum()) / len(part) for part in seen)
    apart = float(((seen[1].mean(axis=0) - seen[0].mean(axis=0)) ** 2).sum())
    return math.sqrt(max(0.0, apart - chance))


def stretches(messages: Sequence[Message]) -> dict[str, tuple[range, range]]:
    """Return the two sides of every known change, and of places in the long stretch in which none is known."""
    found = neighbours(messages, SIDE)
    names = list(found)
    quiet = range(found[names[1]][1].stop, found[names[2]][0].start - 2 * SIDE + 1, 2 * SIDE)
    none = {f"none known {at}": (range(at, at + SIDE), range(at + SIDE, at + 2 * SIDE)) for at in quiet}
    return {**found, **none}


def main() -> None:
    """Measure and write."""
    messages = load()
    texts, sides, ends = [message.text for message in messages], stretches(messages), until(messages)
    with build_encoder(SETTINGS) as encoder:
        parts = [encoder.encode(texts[at : at + 256]).vectors for at in range(0, len(texts), 256)]
        results = [watch(messages, reading, encoder, first_after(messages)) for reading in READINGS]
        for name, (before, after) in sides.items():
            if len(before) >= DAYS_BEFORE * (ALONE.a_day or 0):
                end = min(after.start + TIMELY, ends.get(name, len(messages)))
                results.append({"at": name, **alone(messages, after.start, end, encoder)})
    vectors = np.concatenate(parts)
    results += [{"between": name, **visible(vectors, texts, *both)} for name, both in sides.items()]
    arguments = {"seed": SEED, "timely": TIMELY, "side": SIDE, "errors": ERRORS, "messages": len(messages)}
    write(RESULTS / "drift_aider.json", arguments, results)


if __name__ == "__main__":
    main()
