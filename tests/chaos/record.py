"""What the fault suite was put through and came to: JSON lines, the machine first, then a scenario and seed each."""

import json
import platform
import re
import subprocess
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import psutil

from eddyline.demo.servers.kafka_jars import VERSION as KAFKA_VERSION
from eddyline.demo.servers.redis import find_redis

ROOT = Path(__file__).parents[2]


class Row(NamedTuple):
    """One scenario with one seed."""

    scenario: str
    seed: int
    faults: Mapping[str, int]
    """How often what was done."""
    events: int
    restarts: int
    """How many workers ended by an error of their own and were started again."""
    result: str
    """``passed``, or ``failed``."""
    seconds: float
    commit: str
    """What was tried."""

    @property
    def key(self) -> tuple[str, int]:
        """What there is one row of."""
        return self.scenario, self.seed


class Results(NamedTuple):
    """A file of results."""

    machine: Mapping[str, str]
    rows: Sequence[Row]


def read(path: Path) -> Results:
    """Read a file of results."""
    first, *others = map(json.loads, path.read_text("utf-8").splitlines())
    return Results(first, [Row(**other) for other in others])


def add(path: Path, row: Row, machine: Mapping[str, str]) -> None:
    """Add a row, or put it in the place of an earlier one; results of another machine are thrown away."""
    old = read(path).rows if path.exists() and _same(read(path).machine, machine) else ()
    rows = sorted([*(other for other in old if other.key != row.key), row], key=lambda row: row.key)
    lines: list[Mapping[str, Any]] = [machine, *(row._asdict() for row in rows)]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")


def this_machine() -> dict[str, str]:
    """Return what the results depend on, and the day."""
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "cpu": _first(["lscpu"], r"(?<=Model name:).*").strip(),
        "cores": str(psutil.cpu_count()),
        "python": platform.python_version(),
        "kafka": KAFKA_VERSION,
        "redis": _first([str(find_redis()), "--version"], r"(?<=v=)[\d.]+"),
        "faust": version("faust-streaming"),
    }


def this_commit() -> str:
    """Return the commit that is checked out, in short."""
    return _first(["git", "-C", str(ROOT), "rev-parse", "--short", "HEAD"], r"\w+")


def _same(one: Mapping[str, str], other: Mapping[str, str]) -> bool:
    return {**one, "date": ""} == {**other, "date": ""}


def _first(command: Sequence[str], pattern: str) -> str:
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found = re.search(pattern, said)
    return found[0] if found else "unknown"
