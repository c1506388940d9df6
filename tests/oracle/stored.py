"""What is finished in Redis, as docs/architecture.md lays it out: cells, hours, rolling sums, days, the panel."""

import zlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any
from urllib.parse import quote

import msgspec
import numpy as np
from tests.oracle.arithmetic import GROUPS, group_of
from tests.oracle.judged import Whole
from tests.oracle.references import DAY_MS, HOUR_MS
from tests.oracle.rules import Rules
from tests.oracle.seen import Ints, Seen, total
from tests.oracle.windows import SAMPLE, SIZES, STYLES, Window, sample

Values = dict[str, Any]
"""By Redis key, what it must hold, as JSON-like values."""
HOURS = 24
OF_A_DAY = 40
"""Prompts in the sample of a day."""
SPANS = {"1h": HOUR_MS, "24h": DAY_MS}


def cells(wholes: Sequence[Whole], rules: Rules, build_id: str) -> Values:
    """Return the closed windows and the closed hours."""
    hours: defaultdict[tuple[str, str, int], Window] = defaultdict(Window)
    found = {}
    for whole in wholes:
        key = _window_key(whole.app, whole.deployment, rules.window_ms, whole.start)
        found[key] = _cell(whole.window, build_id)
        hour = (whole.app, whole.deployment, whole.start // HOUR_MS * HOUR_MS)
        hours[hour] = hours[hour] + whole.window
    return found | {_window_key(*key[:2], HOUR_MS, key[2]): _cell(window, build_id) for key, window in hours.items()}


def _window_key(app: str, deployment: str, size_ms: int, start: int) -> str:
    return f"eddyline:window:{_quoted(app)}:{_quoted(deployment)}:{size_ms // 1000}:{start // 1000}"


def _quoted(name: str) -> str:
    return quote(name, safe="/ ")


def _cell(window: Window, build_id: str) -> dict[str, Any]:
    return {
        "late": 0,
        "truncated": window.truncated,
        "tools": len(window.tools),
        "unnamed": sum(not seen.prompt.user for seen in window.volume),
        "volume": _sums(window.volume),
        "gated": _sums(window.gated),
        "sample": _sample(window.gated),
        "scores": _scores(window),
        "builds": [build_id] if window.volume or window.tools else [],
    }


def _sample(prompts: Sequence[Seen], size: int = SAMPLE) -> list[list[Any]]:
    return [[hashed, id_, seen.row.vector.tolist(), seen.flags] for hashed, id_, seen in sample(prompts, size)]


def _sums(prompts: Sequence[Seen]) -> dict[str, Any]:
    sums = total(prompts)
    return {"n": sums.n, "x": sums.x.tolist(), "features": sums.features.tolist(), "numeric": sums.numeric.tolist()}


def _scores(window: Window) -> dict[str, list[int]]:
    found: dict[str, Any] = defaultdict(lambda: np.zeros((GROUPS, 3), np.int64))
    for score in window.scores:
        found[score.label][group_of(score.prompt.user)] += (1, score.value, score.value**2)
    return {label: sums.ravel().tolist() for label, sums in found.items()}


def rolling(wholes: Sequence[Whole], rules: Rules, space_id: str) -> Values:
    """Return the rolling sums as they were last written."""
    found = {}
    for app in {whole.app for whole in wholes}:
        ends = sorted({whole.start + rules.window_ms for whole in wholes if whole.app == app})
        for deployment in {whole.deployment for whole in wholes if whole.app == app}:
            mine = [whole for whole in wholes if (whole.app, whole.deployment) == (app, deployment)]
            as_of = _last_written(mine, ends)
            for span, span_ms in SPANS.items():
                key = f"eddyline:rolling:{_quoted(app)}:{_quoted(deployment)}:{span}"
                found[key] = _rolled([one for one in mine if one.start >= as_of - span_ms], as_of, space_id)
    return found


def _last_written(mine: Sequence[Whole], ends: Sequence[int]) -> int:
    """Return the last end of a window of the app at which this deployment was still rolled: until it has nothing."""
    last = max(whole.start for whole in mine)
    gone = [end for end in ends if end - DAY_MS > last]
    return gone[0] if gone else ends[-1]


def _rolled(wholes: Sequence[Whole], as_of: int, space_id: str) -> dict[str, Any]:
    volume = [seen for whole in wholes for seen in whole.window.volume]
    gated = [seen for whole in wholes for seen in whole.window.gated]
    return {"as_of": as_of, "space_id": space_id, "volume": _sums(volume), "gated": _sums(gated)}


def days(found: Mapping[tuple[str, str], Window], rules: Rules, space_id: str) -> Values:
    """Return the sums of whole days by key."""
    return {f"eddyline:day:{_quoted(app)}:{day}": {space_id: _day(whole, rules)} for (app, day), whole in found.items()}


def _day(whole: Window, rules: Rules) -> dict[str, Any]:
    groups: list[list[Seen]] = [[] for _ in range(GROUPS)]
    hours: list[list[Seen]] = [[] for _ in range(HOURS)]
    for seen in whole.gated:
        groups[group_of(seen.prompt.user)].append(seen)
        hours[rules.start_of(seen.prompt.at) % DAY_MS // HOUR_MS].append(seen)
    unnamed = sum(not seen.prompt.user for seen in whole.volume)
    counts = {"volume": len(whole.volume), "unnamed": unnamed}
    return {"groups": _by_row(groups), "hours": _by_row(hours), **counts, "sample": _sample(whole.gated, OF_A_DAY)}


def _by_row(rows: Sequence[Sequence[Seen]]) -> dict[str, Any]:
    sums = [total(row) for row in rows]
    parts = {"n": [[one.n] for one in sums], "x": [one.x for one in sums], "features": [one.features for one in sums]}
    return {name: _fewest_bytes(np.array(part)) for name, part in parts.items()}


def _fewest_bytes(numbers: Ints) -> dict[str, Any]:
    """Return numbers, and how many bytes each takes."""
    width = next(width for width in (1, 2, 4, 8) if int(np.abs(numbers).max()) < 2 ** (8 * width - 1))
    return {"width": width, "values": numbers.ravel().tolist()}


def panel(rows: Mapping[tuple[str, str], Mapping[str, Any]]) -> Values:
    """Return the panel's whole days; in Redis they are fields of judge, see :func:`panels_of`."""
    return {
        f"judge:panel:{app}:{day}": {
            "day": date.fromisoformat(day).toordinal(),
            "below": 2**64,
            "lost": False,
            "rows": dict(found),
        }
        for (app, day), found in rows.items()
    }


# Decoding what is there


def decode(found: Mapping[str, Mapping[str, bytes]]) -> Values:
    """Return hashes of finished results, by key and field, as :func:`cells` and the others state them."""
    readers = {"window": _read_window, "rolling": _read_rolling, "day": _read_day, "panel": _read_panel}
    return {key: readers[key.split(":")[1]](fields) for key, fields in found.items()}


def _read_window(fields: Mapping[str, bytes]) -> dict[str, Any]:
    version, *counts, volume, gated, items, scores, builds = msgspec.msgpack.decode(fields["cell"])
    assert version == 1
    return {
        **dict(zip(("late", "truncated", "tools", "unnamed"), counts, strict=True)),
        "volume": _read_sums(volume),
        "gated": _read_sums(gated),
        "sample": _read_sample(items),
        "scores": {name: _ints(sums) for name, sums in scores.items()},
        "builds": builds,
    }


def _read_sample(items: Iterable[Sequence[Any]]) -> list[list[Any]]:
    return [[hashed, id_, np.frombuffer(vector, np.int8).tolist(), flags] for hashed, id_, vector, flags in items]


def _read_sums(wire: Sequence[Any]) -> dict[str, Any]:
    n, x, features, numeric = wire
    return {"n": n, "x": _ints(x), "features": _ints(features), "numeric": _ints(numeric)}


def _ints(value: bytes) -> list[int]:
    found: list[int] = np.frombuffer(value, "<i8").tolist()
    return found


def _read_rolling(fields: Mapping[str, bytes]) -> dict[str, Any]:
    ((space_id, value),) = fields.items()
    version, as_of, space, volume, gated = msgspec.msgpack.decode(value)
    assert (version, space) == (1, space_id)
    volume, gated = (_read_sums(msgspec.msgpack.decode(part)) for part in (volume, gated))
    return {"as_of": as_of, "space_id": space_id, "volume": volume, "gated": gated}


def _read_day(fields: Mapping[str, bytes]) -> dict[str, Any]:
    return {space_id: _read_whole_day(value) for space_id, value in fields.items()}


def _read_whole_day(value: bytes) -> dict[str, Any]:
    version, groups, hours, volume, unnamed, lost, items = msgspec.msgpack.decode(value)
    assert (version, lost) == (1, False)
    sums = {"groups": _read_rows_of_sums(groups, GROUPS), "hours": _read_rows_of_sums(hours, HOURS)}
    return sums | {"volume": volume, "unnamed": unnamed, "sample": _read_sample(items)}


def _read_rows_of_sums(parts: Sequence[bytes], rows: int) -> dict[str, Any]:
    names = {"n": 1, "x": 384, "features": 32}
    return {
        name: _read_narrow(part, rows * columns) for (name, columns), part in zip(names.items(), parts, strict=True)
    }


def _read_narrow(part: bytes, count: int) -> dict[str, Any]:
    width = len(part) // count
    return {"width": width, "values": np.frombuffer(part, f"<i{width}").tolist()}


def panels_of(fields: Mapping[str, bytes]) -> dict[str, dict[str, bytes]]:
    """Return the whole days of the panel among the fields of a state of judge, as :func:`decode` reads them."""
    days = [(name[2:].split("\x1f"), value) for name, value in fields.items() if name.startswith("p:")]
    return {f"judge:panel:{app}:{day}": {"day": value} for (app, day), value in days}


def _read_panel(fields: Mapping[str, bytes]) -> dict[str, Any]:
    version, day, below, lost, deployments, ranks, columns, projected, large = msgspec.msgpack.decode(fields["day"])
    assert version == 1
    users = [f"{rank:016x}" for rank in np.frombuffer(ranks, "<u8").tolist()]
    assert not large
    rows = _read_columns(zlib.decompress(columns) + b"\x02" + projected, len(users))
    names = [f"{user} {deployments[row.pop('deployment')]}" for user, row in zip(users, rows, strict=True)]
    assert names == sorted(names)
    return {
        "day": day,
        "below": int.from_bytes(below, "big"),
        "lost": lost,
        "rows": dict(zip(names, rows, strict=True)),
    }


def _read_columns(packed: bytes, count: int) -> list[dict[str, Any]]:
    """Return rows of numbers by name; what has several numbers a row is a list."""
    rows: list[dict[str, Any]] = [{} for _ in range(count)]
    numbers = dict.fromkeys(("deployment", "bucket", "first_ms", "n", "openers", "first"), 1)
    for name, each in (numbers | {"styles": STYLES, "sizes": SIZES, "projected": 64}).items():
        width = packed[0]
        end = 1 + width * count * each
        values = np.frombuffer(packed[1:end], f"<i{width}").reshape(count, each).tolist()
        for row, found in zip(rows, values, strict=True):
            row[name] = found if each > 1 else found[0]
        packed = packed[end:]
    assert not packed
    return rows
